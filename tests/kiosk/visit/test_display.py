"""Display and sound lie over whatever is shown and lose nothing; whoever waits long has a way out."""

from __future__ import annotations

import asyncio

import pytest

from foundation.language import Language
from kiosk.look import Look, TypeSize
from kiosk.visit import events as did
from kiosk.visit.pages import Display, Door, Home, Page, ServiceList
from kiosk.visit.visit import Pace, Visit
from tests.kiosk.visit.terminal import Terminal

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_the_sheet_lies_over_a_question_and_gives_it_back(at: Terminal) -> None:
    await at.first_question()
    entered = at.do(did.Enter("李试"))
    look = Look(TypeSize.VERY_LARGE, contrast=True, low=True)
    at.do(did.OpenDisplay())
    assert _shown(at) == (Display(), Look())
    at.do(did.SetLook(look), did.SetLook(look), did.Turn(2.0), did.Enter("late"), did.Next())
    assert _shown(at) == (Display(place=2.0), look)
    at.do(did.Back())
    assert _shown(at) == (entered, look)
    assert at.question.entered == "李试"
    at.do(did.OpenDisplay(), did.Leave())
    assert at.visit.view.leaving
    assert _shown(at) == (entered, look)
    at.do(did.LeaveAnyway())
    assert _shown(at) == (at.visit.home, Look())


def _shown(at: Terminal) -> tuple[Page, Look]:
    return at.visit.view.page, at.visit.view.look


def _visit() -> Visit:
    visit = Visit(language=Language.EN, pace=Pace(waiting_mark=0.02, long_wait=0.08))
    visit.begin(())
    return visit


async def _until_long(visit: Visit) -> None:
    seen = []
    for _ in range(400):
        seen.append((visit.view.waiting, visit.view.long_wait))
        if visit.view.long_wait:
            break
        await asyncio.sleep(0.01)
    assert seen[0] == (False, False)
    assert (True, False) in seen
    assert seen[-1] == (True, True)


@pytest.mark.parametrize("stoppable", [True, False])
async def test_a_long_wait_can_be_left(stoppable: bool) -> None:
    visit = _visit()
    asked, given_up = 0, asyncio.Event()

    async def never() -> None:
        nonlocal asked
        asked += 1
        try:
            await asyncio.Event().wait()
        finally:
            given_up.set()

    visit.open(ServiceList(Door.SERVICES, ()))
    visit.do(never, stoppable=stoppable)
    await _until_long(visit)
    visit.send(did.Next())  # nothing is begun twice meanwhile
    if not stoppable:
        visit.send(did.Back())
        assert visit.view.waiting
    visit.send(did.Back() if stoppable else did.LeaveAnyway())
    assert not visit.view.waiting
    assert not visit.view.long_wait
    assert isinstance(visit.page, ServiceList if stoppable else Home)
    await asyncio.wait_for(given_up.wait(), 5)
    assert asked == 1
    visit.end("over")
