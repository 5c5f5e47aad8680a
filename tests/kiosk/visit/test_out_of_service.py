"""Out of service in the middle of a visit: what is shown, what is kept, who has the devices."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from backend_client.forms.answer import Problem
from foundation.language import Language
from kiosk.look import Look, TypeSize
from kiosk.visit import events as did
from kiosk.visit.pages import CardTaken, CardUse, CardWanted, Home, OutOfService, Page, Question, Slip
from kiosk.visit.turns import Turns
from kiosk.visit.visit import Pace
from tests.backend.house import House
from tests.kiosk.alert_samples import alert
from tests.kiosk.visit.terminal import CARD, LETTER, Terminal, terminal

pytestmark = pytest.mark.asyncio(loop_scope="module")


def shown(at: Terminal) -> OutOfService:
    page = at.visit.view.page
    assert isinstance(page, OutOfService), page
    return page


def page_of(at: Terminal, kind: type[Page]) -> bool:
    return isinstance(at.visit.view.page, kind)


async def test_with_nobody_there_nothing_is_kept_and_touches_do_nothing(at: Terminal) -> None:
    await at.idle()
    at.visit.interrupt(60)
    assert shown(at).kept_until is None
    at.do(did.OpenDoor(at.visit.home.doors[0]), did.Leave(), did.Back(), did.GoHome())
    at.visit.touched()
    assert shown(at).kept_until is None and not at.visit.view.leave and not at.visit.under_way
    at.visit.resume()
    assert page_of(at, Home) and at.visit.view.seconds_left is None


async def test_what_was_entered_is_kept_and_the_resident_is_asked_after(at: Terminal) -> None:
    await at.first_question(LETTER)
    at.do(did.Enter("李试"))
    at.visit.interrupt(60)
    assert shown(at).kept_until is not None
    assert at.visit.view.leave and not at.visit.view.back
    at.do(did.Next(), did.Back(), did.Enter("other"), did.Erase(), did.GoHome())
    assert page_of(at, OutOfService)
    at.visit.resume()
    assert page_of(at, Question)
    await at.until(lambda: at.visit.view.seconds_left is not None, 1)
    at.do(did.MoreTime())
    assert at.visit.view.seconds_left is None
    assert at.question.entered == "李试"
    at.answer(CARD.identity_number)
    assert at.question.number == 2


async def test_who_does_not_wait_leaves_nothing_behind(at: Terminal) -> None:
    await at.first_question(LETTER)
    at.do(did.Enter("李试"))
    at.visit.interrupt(60)
    at.do(did.Leave())
    assert at.visit.view.leaving, "something would be lost: it is asked"
    at.do(did.Stay(), did.Leave(), did.LeaveAnyway())
    assert shown(at).kept_until is None
    assert not at.visit.view.unsent and not at.visit.view.leave
    at.visit.resume()
    assert page_of(at, Home)
    await at.first_question(LETTER)
    assert at.question.entered == ""


async def test_a_visit_is_not_kept_for_ever(at: Terminal) -> None:
    await at.first_question(LETTER)
    at.do(did.Enter("李试"))
    at.visit.interrupt(0.1)
    await at.until(lambda: shown(at).kept_until is None, 2)
    assert not at.applications.holds()
    at.visit.resume()
    assert page_of(at, Home) and not at.visit.under_way


async def test_whoever_is_not_there_any_more_after_it_is_wiped(house: House, tmp_path: Path) -> None:
    async with terminal(house.address, tmp_path, Pace(patience=60, countdown=1)) as at:
        await at.first_question(LETTER)
        at.do(did.Enter("李试"))
        at.visit.interrupt(60)
        at.visit.resume()
        await at.until(lambda: page_of(at, Home), 3)
        assert not at.applications.holds()


async def test_the_clock_of_the_visit_stands_still_meanwhile(house: House, tmp_path: Path) -> None:
    async with terminal(house.address, tmp_path, Pace(patience=0.2, countdown=1)) as at:
        await at.first_question(LETTER)
        at.do(did.Enter("李试"))
        at.visit.interrupt(60)
        await asyncio.sleep(1.5)
        assert shown(at).kept_until is not None
        at.visit.resume()
        at.do(did.MoreTime())
        assert at.question.entered == "李试"


async def test_language_type_and_alerts_are_as_ever(at: Terminal) -> None:
    await at.first_question(LETTER)
    at.visit.interrupt(60)
    at.do(did.SwitchLanguage(), did.SetLook(Look(TypeSize.LARGE)))
    assert (at.visit.view.language, at.visit.view.look) == (Language.EN, Look(TypeSize.LARGE))
    rain = alert()
    at.visit.warn((rain,))
    over = at.visit.view
    assert over.alert is rain
    at.do(did.Understood())
    below = at.visit.view
    assert below.alert is None and below.alerts == (rain,)
    at.visit.warn(())
    at.visit.resume()
    assert at.visit.view.language is Language.EN


async def test_somebody_is_there_until_the_visit_ends(at: Terminal) -> None:
    await at.idle()
    await asyncio.wait_for(at.visit.over(), 1)
    await at.first_question(LETTER)
    over = asyncio.create_task(at.visit.over())
    await asyncio.sleep(0)
    assert at.visit.under_way and not over.done()
    at.do(did.LeaveAnyway())
    await asyncio.wait_for(over, 1)


async def test_a_reader_that_waits_lets_go_at_once_and_waits_again_after(at: Terminal) -> None:
    await at.introduction()
    await at.page(CardWanted, did.Next())
    await asyncio.wait_for(at.visit.turns.lend(), 1)
    at.visit.interrupt(60)
    at.lay()
    await asyncio.sleep(0.5)
    assert isinstance(at.visit.page, CardWanted), "the technician's card is not the resident's"
    at.reader.lift()
    at.visit.turns.take_back()
    at.visit.resume()
    at.do(did.MoreTime())
    assert at.visit.page == CardWanted(CardUse.FILL_IN)
    at.lay()
    await at.page(CardTaken)


async def test_a_slip_is_printed_to_its_end_before_the_printer_is_lent(at: Terminal) -> None:
    await at.accepted()
    at.do(did.PrintSlip())
    await asyncio.sleep(0)
    await asyncio.wait_for(at.visit.turns.lend(), 15)
    assert getattr(at.visit.page, "slip", None) is Slip.PRINTED


async def test_what_is_wanted_meanwhile_waits() -> None:
    turns, order = Turns(), []
    await turns.lend()

    async def use() -> None:
        async with turns.using():
            order.append("used")

    using = asyncio.create_task(use())
    trying = asyncio.create_task(turns.trying(lambda: asyncio.sleep(0, "tried")))
    await asyncio.sleep(0.01)
    assert not order and not trying.done()
    turns.take_back()
    await using
    assert await trying == "tried"
    assert order == ["used"]
    await asyncio.wait_for(turns.lend(), 1)


async def test_what_fails_or_is_cancelled_gives_its_turn_back() -> None:
    turns = Turns()

    async def fail() -> None:
        raise ValueError(Problem.REQUIRED)

    with pytest.raises(ValueError):
        await turns.trying(fail)
    waiting = asyncio.create_task(turns.trying(asyncio.Event().wait))
    await asyncio.sleep(0.01)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await asyncio.wait_for(turns.lend(), 1)
