"""The end of a visit: nothing of the resident stays, neither in the terminal nor in its log."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from backend_client.errors import SessionEnded
from hardware.simulators.line import LineFault
from hardware.simulators.receipt_printer import PrinterFault
from kiosk.visit import events as did
from kiosk.visit.pages import (
    CardTaken,
    CardWanted,
    CaseHistory,
    CaseList,
    Confirmation,
    Declaration,
    Door,
    Home,
    Introduction,
    PolicyResults,
    ProgressWays,
    Question,
    Review,
    Slip,
    Topics,
)
from kiosk.visit.visit import Pace
from tests.backend.house import House
from tests.kiosk.visit.terminal import CARD, PERMIT, SUFFIX, Terminal, eventually, terminal
from tests.kiosk.visit.traces import traces

pytestmark = pytest.mark.asyncio(loop_scope="module")

TYPED = {
    "full_name": "欧阳试擦",
    "sex": "male",
    "identity_number": "119999194805120038",
    "phone": "13911112222",
    "licence": "7654321",
    "start": "2027-08-09",
    "born": "1948-05-12",
    "amount": "4321.09",
    "goods": "grain",
    "neighbours_agree": "no",
    "remarks": "东河镇福寿村八组的路灯坏了。",
}
SECRETS = [TYPED[name] for name in ("full_name", "identity_number", "phone", "licence", "remarks")]
ON_CARD = [CARD.full_name, CARD.identity_number, CARD.address]


async def left(at: Terminal, secrets: list[str]) -> set[str]:
    """What can still be found once what runs has run to its end."""
    await at.applications.settle()
    await at.progress.settle()
    for _ in range(40):
        await asyncio.sleep(0.05)
        gc.collect()
        if not (found := traces(at.visit, secrets)):
            break
    return found


def fill(at: Terminal) -> None:
    """Answers every question that is asked from here on."""
    while isinstance(at.visit.page, Question):
        at.answer(TYPED[at.question.field.id])


@pytest_asyncio.fixture(loop_scope="module")
async def hasty(house: House, tmp_path: Path) -> AsyncIterator[Terminal]:
    """A terminal that nobody may leave alone for long."""
    async with terminal(house.address, tmp_path, Pace(patience=0.5, countdown=1)) as here:
        yield here


async def test_leaving_asks_first_where_something_would_be_lost(at: Terminal) -> None:
    await at.first_question()
    fill(at)
    asked = at.do(did.Leave(), did.Next())
    assert isinstance(asked, Review)
    assert at.visit.view.leaving
    assert at.do(did.Stay(), did.Next()) != asked
    assert isinstance(at.do(did.Leave(), did.LeaveAnyway()), Home)


async def test_leaving_does_not_ask_where_nothing_would_be_lost(at: Terminal) -> None:
    await at.introduction()
    assert isinstance(at.do(did.Leave()), Home)


async def test_nothing_that_was_typed_stays(at: Terminal) -> None:
    await at.first_question()
    fill(at)
    at.do(did.Reveal())
    assert traces(at.visit, SECRETS) == set(SECRETS)
    at.do(did.LeaveAnyway())
    assert await left(at, SECRETS) == set()


async def test_nothing_of_a_wrong_or_unfinished_entry_stays(at: Terminal) -> None:
    await at.first_question()
    at.answer(TYPED["full_name"])
    at.answer("male")
    wrong = "119999199003071021"
    at.answer(wrong)
    assert at.question.error
    assert traces(at.visit, [wrong]) == {wrong}
    at.do(did.LeaveAnyway())
    assert await left(at, [wrong, TYPED["full_name"]]) == set()


async def test_nothing_of_a_card_stays(at: Terminal) -> None:
    await at.card_taken()
    assert traces(at.visit, ON_CARD) >= {CARD.full_name, CARD.identity_number}
    at.reader.lift()
    at.do(did.LeaveAnyway())
    assert await left(at, ON_CARD) == set()
    await at.introduction()
    assert not (await at.page(CardWanted, did.Next())).known


async def test_nothing_of_a_card_that_was_not_read_whole_stays(at: Terminal) -> None:
    await at.introduction()
    await at.page(CardWanted, did.Next())
    at.lay(CARD, LineFault.CUT_SHORT)
    await at.until(lambda: isinstance(at.visit.page, CardWanted) and at.visit.page.fault is not None)
    at.reader.lift()
    at.do(did.Leave())
    assert await left(at, ON_CARD) == set()


async def test_nothing_of_a_form_that_was_sent_stays(at: Terminal) -> None:
    await at.card_taken()
    at.do(did.Next())
    fill(at)
    await at.page(Declaration, did.Next())
    accepted = (await at.page(Confirmation, did.Send())).accepted
    at.printer.fault = PrinterFault.COVER_OPEN
    at.do(did.PrintSlip())
    await at.until(lambda: isinstance(at.visit.page, Confirmation) and at.visit.page.slip is Slip.FAILED)
    at.printer.fault = PrinterFault.NONE
    at.do(did.PrintSlip())
    await at.until(lambda: isinstance(at.visit.page, Confirmation) and at.visit.page.slip is Slip.PRINTED)
    secrets = [*SECRETS, *ON_CARD, accepted.reference]
    assert accepted.reference in traces(at.visit, secrets)
    at.reader.lift()
    at.do(did.Leave())
    assert await left(at, secrets) == set()


async def test_the_answers_go_as_soon_as_the_form_is_sent(at: Terminal) -> None:
    await at.first_question()
    fill(at)
    await at.page(Declaration, did.Next())
    await at.page(Confirmation, did.Send())
    assert await left(at, SECRETS) == set()


async def test_nothing_of_a_form_that_waits_for_the_line_stays_in_the_visit(at: Terminal) -> None:
    await at.first_question()
    fill(at)
    await at.page(Declaration, did.Next())
    await at.cable.pull_out()
    assert traces(at.visit, SECRETS)
    assert not (await at.page(Confirmation, did.Send())).accepted.delivered
    at.do(did.LeaveAnyway())
    assert await left(at, SECRETS) == set()
    await at.cable.plug_in()
    await eventually(lambda: at.outbox.waiting == 0)


async def test_nothing_stays_where_a_resident_leaves_while_it_is_sent(at: Terminal) -> None:
    await at.first_question()
    fill(at)
    await at.page(Declaration, did.Next())
    at.cable.answers.clear()
    at.do(did.Send())
    await at.until(lambda: at.visit.view.waiting)
    assert isinstance(at.do(did.LeaveAnyway()), Home)
    at.cable.answers.set()
    assert await left(at, SECRETS) == set()
    assert isinstance(at.visit.page, Home)


async def test_the_session_is_ended_and_its_token_forgotten(at: Terminal) -> None:
    accepted = await at.accepted()
    at.do(did.GoHome(), did.OpenDoor(Door.PROGRESS))
    await at.page(ProgressWays)
    at.do(did.ByReference(), did.Insert(accepted.reference), did.Next(), did.Insert(SUFFIX))
    await at.page(CaseHistory, did.Next())
    session = at.progress._session
    assert session
    assert traces(at.visit, [session.token, SUFFIX]) >= {session.token}
    at.do(did.Leave())
    assert await left(at, [session.token, SUFFIX, accepted.reference]) == set()
    with pytest.raises(SessionEnded):
        await at.client.list_cases(session)


async def test_signing_in_again_ends_the_session_before(at: Terminal) -> None:
    at.do(did.OpenDoor(Door.PROGRESS))
    await at.page(CardWanted, did.ByCard())
    at.lay()
    await at.page(CaseList)
    before = at.progress._session
    assert before
    at.do(did.Back())
    await at.page(CardWanted, did.ByCard())
    await at.page(CaseList, did.UseKnownCard())
    await at.progress.settle()
    with pytest.raises(SessionEnded):
        await at.client.list_cases(before)


async def test_a_session_is_forgotten_also_where_the_backend_is_away(at: Terminal) -> None:
    at.do(did.OpenDoor(Door.PROGRESS))
    await at.page(CardWanted, did.ByCard())
    at.lay()
    await at.page(CaseList)
    assert at.progress._session
    token = at.progress._session.token
    await at.cable.pull_out()
    at.reader.lift()
    at.do(did.Leave())
    assert await left(at, [token, *ON_CARD]) == set()
    await at.cable.plug_in()


async def test_nothing_of_a_search_stays(at: Terminal) -> None:
    await at.page(Topics, did.OpenDoor(Door.POLICIES))
    at.do(did.OpenSearch(), did.Enter("残疾人两项补贴怎么领"))
    await at.page(PolicyResults, did.Next())
    at.do(did.Leave())
    assert await left(at, ["残疾人两项补贴怎么领"]) == set()


async def test_the_idle_clock_wipes_as_leaving_does(hasty: Terminal) -> None:
    await hasty.first_question()
    fill(hasty)
    await hasty.until(lambda: isinstance(hasty.visit.page, Home), 4)
    assert await left(hasty, SECRETS) == set()
    assert not (await hasty.introduction()).begun


async def test_the_log_knows_nobody(house: House, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A whole visit, with what goes wrong in it, and what is written down of it."""
    caplog.set_level("DEBUG")
    with capture_logs() as entries:
        async with terminal(house.address, tmp_path) as at:
            await at.guide(PERMIT)
            await at.cable.pull_out()
            await at.trouble(did.Apply())
            await at.cable.plug_in()
            await at.page(Introduction, did.TryAgain())
            await at.page(CardWanted, did.Next())
            at.lay(CARD, LineFault.WRONG_CHECKSUM)
            await at.until(lambda: isinstance(at.visit.page, CardWanted) and at.visit.page.fault is not None)
            at.do(did.ReadCard())
            at.lay()
            await at.page(CardTaken)
            at.do(did.Next())
            at.answer("13800")
            fill(at)
            await at.page(Declaration, did.Next())
            await at.cable.pull_out()
            accepted = (await at.page(Confirmation, did.Send())).accepted
            await at.cable.plug_in()
            await eventually(lambda: at.outbox.waiting == 0)
            at.printer.fault = PrinterFault.PAPER_OUT
            at.do(did.PrintSlip())
            await at.applications.settle()
            at.do(did.GoHome(), did.OpenDoor(Door.PROGRESS))
            at.do(did.ByReference(), did.Insert(accepted.reference), did.Next(), did.Insert("111111"))
            at.do(did.Next())
            await at.until(lambda: getattr(at.visit.page, "fault", None) is not None)
            at.do(*[did.Erase()] * 6, did.Insert(SUFFIX))
            await at.page(CaseHistory, did.Next())
            assert at.progress._session
            token = at.progress._session.token
            at.do(did.Leave())
            await at.progress.settle()
    names = {entry["event"] for entry in entries}
    assert {"card_not_read", "step_failed", "submission_accepted", "slip_not_printed", "visit_ended"} <= names
    secrets = [*SECRETS, *ON_CARD, SUFFIX, accepted.reference, token]
    assert traces(entries, secrets) == set()
    messages = [record.getMessage() for record in caplog.records]
    assert traces(messages, secrets) == set()
