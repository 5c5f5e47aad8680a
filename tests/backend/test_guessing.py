"""Guessing is limited by reference, by door, by caller and in all, and no count is cleared by a trick."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import grpc
import pytest
from huimin.v1 import form_pb2, identity_pb2
from sqlalchemy import Connection, select

from backend.rpc import guard
from backend.rpc.door import Door, DoorKind
from backend.storage import codes, tries
from backend.storage.tables import CaseCode, WrongTries
from backend.storage.tries import LIMITS, Limit, Scope, Subject
from backend_client.forms.reference import new_reference
from tests.backend import house as running
from tests.backend.house import Failed, House, command, failed
from tests.backend.sample import RESIDENT
from tests.backend.test_sessions_and_cases import apply, by_card, get
from tests.postgres import BOTH

WRONG, CLOSED = "CREDENTIAL_WRONG", "TOO_MANY_TRIES"


async def guess(house: House, reference: str = "", *, right: bool = False, **more: Any) -> str:
    """Tries a reference; what came of it."""
    outcome = await tried(house, reference, right=right, **more)
    return "OK" if outcome is None else outcome.reason


async def tried(house: House, reference: str = "", *, right: bool = False, caller: str = "") -> Failed | None:
    credential = identity_pb2.ReferenceCredential(
        reference=reference or new_reference(), identity_suffix=RESIDENT[-6:] if right else "000000"
    )
    request = identity_pb2.CreateSessionRequest(reference=credential, caller=caller)
    try:
        await house.stubs.identity.CreateSession(request)
    except grpc.aio.AioRpcError as error:
        return failed(error)
    return None


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Smaller figures, so that a limit in all is reached soon, and that of the door before it is not."""
    quarter = timedelta(minutes=15)
    monkeypatch.setitem(LIMITS, Scope.DOOR, Limit(1000, quarter, quarter, quarter))
    monkeypatch.setitem(LIMITS, Scope.ALL, Limit(12, quarter, quarter, quarter))


@BOTH
async def test_a_door_through_which_many_are_guessed_is_closed_for_a_while(
    house: House, form: form_pb2.Form
) -> None:
    mine = await apply(house, form)
    for _ in range(20):
        assert await guess(house) == WRONG
    refusal = await tried(house, mine, right=True)
    assert refusal is not None
    assert (refusal.reason, refusal.code) == (CLOSED, grpc.StatusCode.RESOURCE_EXHAUSTED)
    assert refusal.retry_after == 900
    await by_card(house)  # is not guessed, and so not closed
    house.clock.forward(minutes=15)
    assert await guess(house, mine, right=True) == "OK"


async def test_the_own_case_clears_nothing_but_its_own_count(house: House, form: form_pb2.Form) -> None:
    mine = await apply(house, form)
    outcomes = []
    for _ in range(25):
        outcomes += [await guess(house), await guess(house, mine, right=True)]
    assert outcomes == [WRONG, "OK"] * 19 + [WRONG] + [CLOSED] * 11


async def test_a_caller_is_closed_through_whatever_line(
    house: House, form: form_pb2.Form, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = await apply(house, form)
    caller, other = "+8687112345678", "+8687187654321"
    for number in range(10):
        assert await guess(house, caller=caller) == WRONG
        if number % 3 == 2:
            assert await guess(house, mine, right=True, caller=caller) == "OK"  # which clears nothing
    for spelt in (caller, f" {caller} "):
        refusal = await tried(house, mine, right=True, caller=spelt)
        assert refusal is not None
        assert (refusal.reason, refusal.retry_after) == (CLOSED, 3600)
    for others in (other, ""):
        assert await guess(house, mine, right=True, caller=others) == "OK"
    house.clock.forward(hours=1)
    assert await guess(house, mine, right=True, caller=caller) == "OK"


async def test_one_who_withholds_his_number_does_not_close_the_line_for_all(
    house: House, form: form_pb2.Form, monkeypatch: pytest.MonkeyPatch
) -> None:
    quarter = timedelta(minutes=15)
    monkeypatch.setattr(guard, "LOCAL", Door("doors/line-1", DoorKind.LINE))
    monkeypatch.setitem(LIMITS, Scope.LINE, Limit(30, quarter, quarter, quarter))
    mine = await apply(house, form)
    for number in range(30):
        assert await guess(house, mine, right=True) == "OK", number
        assert await guess(house) == WRONG
    assert await guess(house, mine, right=True) == CLOSED
    assert LIMITS[Scope.DOOR].tries < LIMITS[Scope.LINE].tries < LIMITS[Scope.ALL].tries


async def test_callers_who_show_no_number_are_closed_together_and_nobody_else(
    house: House, form: form_pb2.Form, monkeypatch: pytest.MonkeyPatch
) -> None:
    quarter = timedelta(minutes=15)
    monkeypatch.setattr(guard, "LOCAL", Door("doors/line-1", DoorKind.LINE))
    monkeypatch.setitem(LIMITS, Scope.WITHHELD, Limit(3, quarter, quarter, quarter))
    mine = await apply(house, form)
    for _ in range(3):
        assert await guess(house) == WRONG
    assert await guess(house, mine, right=True) == CLOSED
    assert await guess(house, mine, right=True, caller="+8687112345678") == "OK"
    monkeypatch.setattr(guard, "LOCAL", Door("doors/line-2", DoorKind.LINE))
    assert await guess(house, mine, right=True) == "OK"


async def test_all_together_are_closed(house: House, form: form_pb2.Form, small: None) -> None:
    mine = await apply(house, form)
    for number in range(12):
        assert await guess(house, caller=f"caller-{number}") == WRONG
    assert await guess(house, mine, right=True, caller="another") == CLOSED
    house.clock.forward(minutes=15)
    assert await guess(house, mine, right=True, caller="another") == "OK"


@BOTH
async def test_five_wrong_tries_close_a_reference_for_the_place_that_made_them_only(
    house: House, form: form_pb2.Form, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = await apply(house, form)
    line, terminal = Door("doors/line-1", DoorKind.LINE), Door("doors/hall-1", DoorKind.TERMINAL)
    numbers = {"stranger": "+8687112345678", "owner": "+8687187654321"}
    places = [(line, numbers["stranger"]), (line, ""), (terminal, "")]
    others = [(line, numbers["owner"]), (Door("doors/line-2", DoorKind.LINE), "")]
    others.append((Door("doors/hall-2", DoorKind.TERMINAL), ""))
    for closed, (door, caller) in enumerate(places):
        monkeypatch.setattr(guard, "LOCAL", door)
        for _ in range(5):
            assert await guess(house, mine, caller=caller) == WRONG
        refusal = await tried(house, mine, right=True, caller=caller)
        assert refusal is not None
        assert (refusal.reason, refusal.retry_after) == (CLOSED, 900)
        for still, number in [*places[closed + 1 :], *others]:
            monkeypatch.setattr(guard, "LOCAL", still)
            assert await guess(house, mine, right=True, caller=number) == "OK"
    monkeypatch.setattr(guard, "LOCAL", others[1][0])
    assert await guess(house, mine, right=True, caller=numbers["stranger"]) == CLOSED, (
        "another line is no way"
    )


async def test_whom_a_terminal_says_to_be_called_by_gives_it_no_more_tries(
    house: House, form: form_pb2.Form, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "LOCAL", Door("doors/hall-1", DoorKind.TERMINAL))
    mine = await apply(house, form)
    for number in range(5):
        assert await guess(house, mine, caller=f"{number}") == WRONG
    assert await guess(house, mine, right=True, caller="5") == CLOSED


@BOTH
async def test_a_reference_is_closed_for_all_only_after_many_and_not_for_long(
    house: House, form: form_pb2.Form, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "LOCAL", Door("doors/line-1", DoorKind.LINE))
    mine = await apply(house, form)
    minutes = []
    for again in range(5):
        for number in range(40):
            assert await guess(house, mine, caller=f"{again} {number // 5}") == WRONG
        refusal = await tried(house, mine, right=True, caller="owner")
        assert refusal is not None
        assert (refusal.reason, refusal.code) == (CLOSED, grpc.StatusCode.RESOURCE_EXHAUSTED)
        assert refusal.retry_after is not None
        minutes.append(refusal.retry_after / 60)
        house.clock.forward(minutes=minutes[-1])
        assert await guess(house, mine, right=True, caller="owner") == "OK"
    assert minutes == [15, 30, 60, 120, 120]


async def test_a_right_try_forgets_the_wrong_ones_of_its_own_place_and_not_those_of_all(
    house: House, form: form_pb2.Form, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "LOCAL", Door("doors/line-1", DoorKind.LINE))
    monkeypatch.setitem(LIMITS, Scope.REFERENCE, replace(LIMITS[Scope.REFERENCE], tries=12))
    mine = await apply(house, form)
    for caller in ("owner", "stranger"):
        for _ in range(4):
            assert await guess(house, mine, caller=caller) == WRONG
    assert await guess(house, mine, right=True, caller="owner") == "OK"
    assert await guess(house, mine, caller="stranger") == WRONG
    assert await guess(house, mine, right=True, caller="stranger") == CLOSED
    for _ in range(3):
        assert await guess(house, mine, right=True, caller="owner") == "OK"
        assert await guess(house, mine, caller="owner") == WRONG
    assert await guess(house, mine, right=True, caller="owner") == CLOSED, "4, 5 and 3 are 12"


async def test_one_place_alone_never_closes_a_reference_for_all(house: House) -> None:
    mine, hour = new_reference(), timedelta(hours=1)
    whole = Subject(Scope.REFERENCE, mine)
    for place in (Subject(Scope.CALLER, "+8687112345678"), Subject(Scope.DOOR, "doors/hall-1")):

        def closed(connection: Connection, place: Subject, start: datetime) -> list[datetime]:
            """When it was closed for all, of a week of one who tries whenever the place is open."""
            here, now, found = tries.at_from(mine, place), start, []
            while now < start + 7 * 24 * hour:
                if wait := tries.closed_for(connection, [here], now):
                    now += wait
                    continue
                tries.count_wrong(connection, [here, whole], now)
                if tries.closed_for(connection, [whole], now):
                    found.append(now)
            return found

        assert await house.database.write(closed, place, house.clock()) == []
        house.clock.forward(days=30)


async def test_a_reference_is_closed_for_longer_each_time(house: House, form: form_pb2.Form) -> None:
    mine = await apply(house, form)
    minutes = []
    for _ in range(9):
        for _ in range(5):
            assert await guess(house, mine) == WRONG
        refusal = await tried(house, mine, right=True)
        assert refusal is not None
        assert refusal.retry_after is not None
        minutes.append(refusal.retry_after / 60)
        house.clock.forward(minutes=minutes[-1])
    assert minutes == [15, 30, 60, 120, 240, 480, 960, 1440, 1440]
    house.clock.forward(days=1)
    for _ in range(5):
        assert await guess(house, mine) == WRONG
    refusal = await tried(house, mine, right=True)
    assert refusal is not None
    assert refusal.retry_after == 900


async def test_who_guesses_on_for_weeks_is_closed_out_each_time(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    for scope, limit in LIMITS.items():
        monkeypatch.setitem(LIMITS, scope, replace(limit, tries=1))

        def closed(connection: Connection, subject: Subject) -> list[timedelta | None]:
            now, found = house.clock(), []
            for _ in range(60):
                tries.count_wrong(connection, [subject], now)
                found.append(wait := tries.closed_for(connection, [subject], now))
                now += wait or timedelta()
            return found[10:]

        assert await house.database.write(closed, Subject(scope)) == [limit.longest] * 50


async def test_who_guesses_slowly_is_closed_out_too(house: House, form: form_pb2.Form) -> None:
    mine = await apply(house, form)
    for _ in range(5):
        assert await guess(house, mine) == WRONG
        house.clock.forward(hours=1)
    house.clock.forward(hours=-1)
    assert await guess(house, mine, right=True) == CLOSED


@BOTH
async def test_several_backends_count_together(house: House, form: form_pb2.Form, database: str) -> None:
    mine = await apply(house, form)
    async with running.house(house.data, clock=house.clock, database=database) as second:
        outcomes = await asyncio.gather(*(guess(one, mine) for _ in range(6) for one in (house, second)))
        assert sorted(outcomes) == [WRONG] * 5 + [CLOSED] * 7
        assert await guess(second, mine, right=True) == CLOSED


async def test_codes_are_guessed_no_oftener_than_anything_else(house: House, form: form_pb2.Form) -> None:
    mine = await apply(house, form)
    code = await house.database.write(codes.give, mine, house.clock() + codes.LIFETIME)
    wrong = f"{(int(code) + 1) % 10**8:08}"

    async def tried_code(typed: str) -> str:
        credential = identity_pb2.CodeCredential(reference=mine, code=typed)
        try:
            await house.stubs.identity.CreateSession(identity_pb2.CreateSessionRequest(code=credential))
        except grpc.aio.AioRpcError as error:
            return failed(error).reason
        return "OK"

    assert [await tried_code(wrong) for _ in range(3)] == [WRONG] * 3
    assert [await guess(house, mine) for _ in range(2)] == [WRONG] * 2
    assert await tried_code(code) == CLOSED
    house.clock.forward(minutes=15)
    assert await tried_code(code) == "OK"
    assert await tried_code(code) == WRONG


@BOTH
async def test_neither_what_was_guessed_nor_who_guessed_nor_a_code_is_on_the_disk(
    house: House, form: form_pb2.Form
) -> None:
    mine, caller = await apply(house, form), "+8687112345678"
    code = await house.database.write(codes.give, mine, house.clock() + codes.LIFETIME)
    await guess(house, mine, caller=caller)

    def held(connection: Connection) -> str:
        rows = [
            *connection.execute(select(WrongTries.__table__)),
            *connection.execute(select(CaseCode.code_hash)),
        ]
        return " ".join(str(value) for row in rows for value in row)

    found = await house.database.read(held)
    assert "caller" in found
    assert "reference" in found
    assert not any(secret in found for secret in (mine, caller, code, "doors/local"))


def test_a_subject_does_not_show_itself() -> None:
    assert "138" not in repr(Subject(Scope.CALLER, "13800000000"))


async def test_wrong_tries_are_forgotten_after_a_while(house: House) -> None:
    await guess(house, caller="somebody")

    def count(connection: Connection) -> int:
        return len(connection.execute(select(WrongTries.scope)).all())

    assert await house.database.read(count) == 5
    await house.database.write(tries.sweep, house.clock() + timedelta(days=1, hours=23))
    assert await house.database.read(count) == 5
    await house.database.write(tries.sweep, house.clock() + timedelta(days=2))
    assert await house.database.read(count) == 0


async def test_a_clerk_gives_out_a_code(house: House, form: form_pb2.Form) -> None:
    mine = await apply(house, form)
    code, out, err = await command("case", "code", mine, "--hours", "2", "--data", house.data)
    assert (code, err) == (0, "")
    [digits] = [word for word in [out.split("is ")[1].split(".")[0].replace(" ", "")] if word.isdigit()]
    assert len(digits) == 8
    credential = identity_pb2.CodeCredential(reference=mine, code=digits)
    answer = await house.stubs.identity.CreateSession(identity_pb2.CreateSessionRequest(code=credential))
    assert answer.kind == identity_pb2.CREDENTIAL_KIND_CODE
    assert (await get(house, answer.token, mine)).reference == mine
    code, out, err = await command("case", "code", new_reference(), "--data", house.data)
    assert (code, out) == (2, "")
    assert "There is no case" in err
