"""Every service of the shipped content, at the terminal and by telephone: both end, and leave the same.

The services are those of the content, whatever they are: a new one is tried without a line here, and a kind
that neither `VISITS` nor `CALLS` knows fails.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio
from huimin.v1 import form_pb2
from sqlalchemy import Executable, select

from backend.authoring.reading import read_content
from backend.settings import PACKAGED
from backend.storage.tables import AppointmentRow, CaseRow, DocumentLinkRow, OrderRow, RatingRow
from backend_client.catalog import ServiceKind
from tests.backend import house as running
from tests.backend.house import Clock, House
from tests.cashier import Cashier, cashier
from tests.ivr.conftest import Phone
from tests.ivr.county import County
from tests.ivr.people import suffix
from tests.kiosk.visit.terminal import Terminal, kept, terminal
from tests.services.answering import CALLER, OWNER
from tests.services.calling import CALLS, in_order
from tests.services.visiting import VISITS, apply, ask_for

pytestmark = pytest.mark.asyncio(loop_scope="module")

MONDAY = datetime(2026, 11, 30, 2, 0, tzinfo=UTC)
"""Ten o'clock in the county, on a working day."""
SERVICES = [entry.name.removeprefix("services/") for entry in read_content(PACKAGED).services]
CASES = (ServiceKind.FORM, ServiceKind.PAYMENT, ServiceKind.APPOINTMENT)
TRACES: Mapping[ServiceKind, Executable] = {
    ServiceKind.DOCUMENT: select(DocumentLinkRow.form),
    ServiceKind.RATING: select(RatingRow.service, RatingRow.satisfaction),
}
"""What is kept of kinds that leave no case."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def till(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Cashier]:
    """The gateway, without which nothing is owed."""
    async with cashier(tmp_path_factory.mktemp("gateway")) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory, till: Cashier) -> AsyncIterator[House]:
    """A backend with the content that Huimin comes with, on a Monday morning."""
    data = tmp_path_factory.mktemp("house") / "data"
    async with running.house(
        data, PACKAGED, Clock(MONDAY), payment=till.payment, web_listen="127.0.0.1:0"
    ) as started:
        yield started


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def at(house: House, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Terminal]:
    """A terminal at that backend."""
    async with terminal(house.address, tmp_path_factory.mktemp("terminal")) as here:
        yield here


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def phone(house: House, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Phone]:
    """The phone line of that backend."""
    made = Phone(County(house.data, PACKAGED), tmp_path_factory.mktemp("phone"), house.address)
    made.now = house.clock
    await made.open()
    yield made
    await made.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def reference(at: Terminal) -> str:
    """Of a case of whoever asks."""
    listed = await at.client.list_services(page_size=200)
    return await apply(at, next(one for one in listed.items if one.kind is ServiceKind.FORM))


def answers(sent: form_pb2.Submission) -> Mapping[str, object]:
    """By question; of words (written or spoken), of times and of who it is, only that it is there."""
    found: dict[str, object] = {}
    for answer in sent.answers:
        kind = answer.WhichOneof("value")
        assert kind
        own = {"text": "words", "recording": "words", "slot": "time"}
        value = str(getattr(answer, kind))
        found[answer.field] = "who" if value in (OWNER, CALLER) else own.get(kind) or value
    return found


async def left_by(house: House, reference: str) -> Mapping[str, Any]:
    """What the backend keeps of a case, apart from who sent it, how and when."""
    sent = await kept(house.database, reference)
    case = select(CaseRow.form, CaseRow.state).where(CaseRow.reference == reference)
    order = select(OrderRow.amount_fen, OrderRow.state).where(OrderRow.reference == reference)
    booked = select(AppointmentRow.counters, AppointmentRow.minutes, AppointmentRow.state).where(
        AppointmentRow.reference == reference
    )
    return {
        "form": sent.form,
        "answers": answers(sent),
        "case": await rows(house, case),
        "order": await rows(house, order),
        "place": await rows(house, booked),
    }


async def rows(house: House, query: Executable) -> list[tuple[Any, ...]]:
    """What the database holds."""
    return await house.database.read(lambda connection: [tuple(row) for row in connection.execute(query)])


async def added(house: House, query: Executable, before: list[tuple[Any, ...]]) -> Counter[Any]:
    """What was not there before, once it is there: the queue of a door may bring it."""
    async with asyncio.timeout(10):
        while len(now := await rows(house, query)) == len(before):  # noqa: ASYNC110 (a database)
            await asyncio.sleep(0.02)
    return Counter(now) - Counter(before)


@pytest.mark.parametrize("name", SERVICES)
async def test_a_visit_and_a_call_reach_the_end_and_leave_the_same(
    at: Terminal, phone: Phone, house: House, reference: str, name: str
) -> None:
    service = await at.client.get_service(f"services/{name}")
    if service.kind is ServiceKind.STATUS:
        await halfway(at, phone, reference, (await kept(house.database, reference)).form)
        return
    traces = TRACES.get(service.kind)
    before = await rows(house, traces) if traces is not None else []
    shown = await VISITS[service.kind](at, service)
    if traces is not None:
        of_visit, before = await added(house, traces, before), await rows(house, traces)
    told = await CALLS[service.kind](phone, service, reference)
    if traces is not None:
        assert of_visit == await added(house, traces, before)
    if service.kind not in CASES:
        assert shown == told
        return
    assert await left_by(house, shown) == await left_by(house, told)
    await halfway(at, phone, shown, service.form)
    assert (await ask_for(at, told, CALLER)).case.form == service.form


async def halfway(at: Terminal, phone: Phone, reference: str, form: str) -> None:
    """Begun at the terminal, asked by phone."""
    heard = await phone.call(f"3\n{reference}\n{suffix(OWNER)}\n!")
    in_order(heard)
    assert form in heard.prompts, heard.text
    assert (await ask_for(at, reference)).case.reference == reference
