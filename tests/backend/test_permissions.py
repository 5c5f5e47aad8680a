"""The table of permissions: what operators read is what is enforced, and every method is in it."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2
from sqlalchemy import Connection

from backend.rpc import permissions
from backend.rpc.door import DoorKind
from backend.rpc.permissions import TABLE, Credential, Rights, Scope, needs_session, rights, scope
from backend.rpc.refusal import Refusal
from backend.storage import tries
from backend.storage.tries import Subject
from tests.backend.house import House, failed
from tests.backend.reflected import methods

PAGE = (Path(__file__).parent.parent.parent / "docs" / "permissions.md").read_text("utf-8")
KINDS = (DoorKind.TERMINAL, DoorKind.LINE, DoorKind.LOCAL, DoorKind.NEWCOMER)
WRITTEN = {
    "door alone": Credential.NONE,
    "card": Credential.CARD,
    "service card": Credential.SERVICE_CARD,
    "code": Credential.CODE,
    "reference": Credential.REFERENCE,
}
PERIODS = {"minutes": timedelta(minutes=1), "hour": timedelta(hours=1), "hours": timedelta(hours=1)}


def rows(heading: str) -> dict[str, list[str]]:
    """The rows of the page's table with that first heading."""
    table = PAGE[PAGE.index(f"| {heading} |") :].split("\n\n")[0].splitlines()[2:]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
    return {first: others for first, *others in cells}


def written(cell: str) -> Rights:
    """The rights that a cell says."""
    if cell == "–":
        return {}
    return {
        WRITTEN[credential.strip()]: Scope(after.strip())
        for part in cell.split(";")
        for before, _, after in [part.partition(":")]
        for credential in before.split(",")
    }


def test_operators_read_what_is_enforced() -> None:
    page = {
        call: {kind: written(cell) for kind, cell in zip(KINDS, cells, strict=True) if written(cell)}
        for call, cells in rows("call").items()
    }
    code = {
        re.sub(r"^/(\w+\.)+", "", method): {kind: dict(found) for kind, found in row.items()}
        for method, row in TABLE.items()
    }
    assert page == code


def test_operators_read_how_often_one_may_be_wrong() -> None:
    def period(text: str) -> timedelta:
        number, unit = text.split()
        return int(number) * PERIODS[unit]

    page = [
        (int(count), period(window), period(closed), period(longest))
        for count, window, closed, longest in rows("at, or from").values()
    ]
    assert page == [
        (limit.tries, limit.window, limit.closed, limit.longest) for limit in tries.LIMITS.values()
    ]


async def test_operators_read_how_often_a_reference_can_be_tried_in_a_day(house: House) -> None:
    reference = "202600000001"
    here = tries.at_from(reference, Subject(tries.Scope.CALLER, "+8687112345678"))
    day = timedelta(days=1)

    def tried(connection: Connection, subject: Subject) -> list[int]:
        """On the first day, and on the third of one who tries whenever it is open."""
        start = now = house.clock()
        counts = [0] * 3
        while now < start + 3 * day:
            tries.count_wrong(connection, [subject], now)
            counts[(now - start) // day] += 1
            now += tries.closed_for(connection, [subject], now) or timedelta()
        return [counts[0], counts[2]]

    page = [[int(first), int(further)] for first, further, *_ in rows("who tries at one reference").values()]
    assert page == [
        await house.database.write(tried, here),
        await house.database.write(tried, Subject(tries.Scope.REFERENCE, reference)),
    ]


async def test_every_method_that_is_offered_is_in_the_table_or_refused(house: House) -> None:
    offered = await methods(house.stubs.channel)
    assert {path for path in offered if path.startswith("/huimin.")} <= set(TABLE)
    assert set(offered) - set(TABLE) == {"/grpc.health.v1.Health/List"}
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await offered["/grpc.health.v1.Health/List"].call(
            house.stubs.channel, health_pb2.HealthCheckRequest()
        )
    assert caught.value.code() is grpc.StatusCode.PERMISSION_DENIED


async def test_a_method_that_nobody_put_into_the_table_is_refused(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    method = "/huimin.v1.CatalogService/ListServices"
    monkeypatch.setattr(permissions, "TABLE", {path: row for path, row in TABLE.items() if path != method})
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await (await methods(house.stubs.channel))[method].call(house.stubs.channel, b"")
    refusal = failed(caught.value)
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.PERMISSION_DENIED, "NOT_THROUGH_THIS_DOOR")


def test_what_the_table_does_not_name_is_refused() -> None:
    line = rights("/huimin.v1.CaseService/GetCase", DoorKind.LINE)
    assert needs_session(line)
    for credential in (Credential.CARD, Credential.NONE):
        with pytest.raises(Refusal):
            scope(line, credential)
    for method, kind in (
        ("/huimin.v1.CaseService/GetCase", DoorKind.NEWCOMER),
        ("/huimin.v1.CaseService/DeleteCase", DoorKind.LOCAL),
        ("/huimin.v1.EnrolmentService/Enrol", DoorKind.TERMINAL),
    ):
        with pytest.raises(Refusal):
            rights(method, kind)
