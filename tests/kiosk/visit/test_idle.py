"""The visit that nobody touches: asked about, then wiped."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from foundation.language import Language
from kiosk.hearing import Hearing
from kiosk.look import Look, TypeSize
from kiosk.visit import events as did
from kiosk.visit.pages import Confirmation, Declaration, Home, Question
from kiosk.visit.visit import Pace, Signal
from tests.backend.house import House
from tests.kiosk.visit.terminal import LETTER, Terminal, terminal

pytestmark = pytest.mark.asyncio(loop_scope="module")

IMPATIENT = Pace(waiting_mark=0.1, patience=0.3, countdown=1, card=5.0)


@pytest_asyncio.fixture(loop_scope="module")
async def hasty(house: House, tmp_path: Path) -> AsyncIterator[Terminal]:
    """A terminal that asks after 0.3 s, and ends the visit 1 s later."""
    async with terminal(house.address, tmp_path, IMPATIENT) as here:
        yield here


async def asked(at: Terminal) -> None:
    """Waits until the resident is asked whether somebody is there."""
    await at.until(lambda: at.visit.view.seconds_left is not None, 2)


async def test_an_idle_visit_is_asked_about_and_then_wiped(hasty: Terminal) -> None:
    hasty.do(did.SwitchLanguage(), did.SetLook(Look(TypeSize.LARGE)))
    await hasty.first_question(LETTER)
    hasty.do(did.Enter("1199"))
    began = asyncio.get_running_loop().time()
    await asked(hasty)
    assert hasty.visit.view.seconds_left == 3, "large type, and something is being typed"
    assert isinstance(hasty.visit.page, Question)
    assert hasty.question.entered == "1199"
    await hasty.until(lambda: isinstance(hasty.visit.page, Home), 20)
    assert asyncio.get_running_loop().time() - began > 3.5
    view = hasty.visit.view
    assert (view.language, view.look, view.seconds_left, view.leave) == (Language.ZH_CN, Look(), None, False)
    assert not (await hasty.introduction(LETTER)).begun


@pytest.mark.parametrize("touch", ["more time", "anywhere", "a key"])
async def test_a_touch_ends_the_countdown_and_loses_nothing(hasty: Terminal, touch: str) -> None:
    await hasty.first_question(LETTER)
    hasty.do(did.Enter("1199"))
    await asked(hasty)
    match touch:
        case "more time":
            hasty.do(did.MoreTime())
        case "anywhere":
            hasty.visit.touched()
        case _:
            hasty.do(did.Insert("9"))
    assert hasty.visit.view.seconds_left is None
    await asyncio.sleep(1.1)
    assert hasty.question.entered.startswith("1199")


async def test_who_goes_on_touching_is_never_asked(hasty: Terminal) -> None:
    await hasty.first_question(LETTER)
    for _ in range(5):
        hasty.do(did.Insert("1"))
        await asyncio.sleep(0.2)
        assert hasty.visit.view.seconds_left is None
    assert hasty.question.entered == "1" * 5


async def test_an_idle_home_page_is_set_back_without_a_question(hasty: Terminal) -> None:
    hasty.do(did.SwitchLanguage())
    seen = []
    hasty.visit.changed = lambda: seen.append(hasty.visit.view.seconds_left)
    await asyncio.sleep(0.8)
    assert hasty.visit.language is Language.ZH_CN
    assert seen
    assert set(seen) == {None}


async def test_a_home_page_over_a_form_that_is_not_sent_is_asked_about(hasty: Terminal) -> None:
    await hasty.first_question(LETTER)
    hasty.do(did.Enter("1199"), did.GoHome())
    await asked(hasty)
    assert hasty.visit.view.leave


async def test_a_visit_is_not_ended_while_its_form_is_being_sent(hasty: Terminal) -> None:
    await hasty.declaration()
    hasty.cable.answers.clear()
    hasty.do(did.Send())
    for _ in range(15):
        await asyncio.sleep(0.1)
        assert isinstance(hasty.visit.page, Declaration)
        assert hasty.visit.view.seconds_left is None
    hasty.cable.answers.set()
    await hasty.page(Confirmation)
    await asked(hasty)


async def test_a_card_counts_as_a_touch(hasty: Terminal) -> None:
    await hasty.introduction()
    hasty.do(did.Next())
    await asked(hasty)
    hasty.lay()
    await hasty.until(lambda: hasty.visit.view.seconds_left is None, 1)
    assert not isinstance(hasty.visit.page, Home)


@pytest.mark.parametrize(
    ("way", "times"),
    [("as usual", 1), ("large", 1.5), ("very large", 2), ("aloud", 1.5), ("keys", 2), ("all", 6)],
)
async def test_who_needs_longer_has_longer(hasty: Terminal, way: str, times: float) -> None:
    await hasty.guide(LETTER)
    match way:
        case "large":
            hasty.do(did.SetLook(Look(TypeSize.LARGE)))
        case "very large":
            hasty.do(did.SetLook(Look(TypeSize.VERY_LARGE)))
        case "aloud":
            hasty.do(did.SetHearing(Hearing(speaking=True)))
        case "keys":
            hasty.visit.uses_keys()
        case "all":
            hasty.visit.uses_keys()
            hasty.do(did.SetHearing(Hearing(speaking=True)), did.SetLook(Look(TypeSize.VERY_LARGE)))
    told: list[Signal] = []
    hasty.visit.signal = told.append
    began = asyncio.get_running_loop().time()
    hasty.visit.touched()
    await hasty.until(lambda: hasty.visit.view.seconds_left is not None)
    assert asyncio.get_running_loop().time() - began >= 0.3 * times
    assert hasty.visit.view.seconds_left == round(times)
    assert told == [Signal.ASKED]
    hasty.do(did.MoreTime())
    assert hasty.visit.view.seconds_left is None


async def test_the_question_says_how_to_go_on_later(hasty: Terminal) -> None:
    await hasty.first_question(LETTER)
    hasty.do(did.Enter("1199"))
    before = hasty.visit.view
    assert before.keeping is None, "no code is told before its time"
    await asked(hasty)
    view = hasty.visit.view
    assert view.keeping
    assert len(view.keeping.code) == 8
    assert view.keeping.code not in repr(view)
