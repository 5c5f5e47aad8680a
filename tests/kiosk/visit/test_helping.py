"""Help from anywhere: nothing is lost by it, and a person can be called, who goes with the visit."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from kiosk.calling.baresip import Baresip
from kiosk.calling.telephone import CallState
from kiosk.visit import events as did
from kiosk.visit.pages import Door, Help, Home, ServiceList, Topics
from kiosk.visit.visit import Pace
from tests.backend.house import House
from tests.kiosk.calling.person import Person, person, settings
from tests.kiosk.visit.terminal import LETTER, Terminal, eventually, terminal

pytestmark = pytest.mark.asyncio(loop_scope="module")

IMPATIENT = Pace(waiting_mark=0.1, patience=0.4, countdown=1, card=5.0)


@pytest_asyncio.fixture(loop_scope="module")
async def there(tmp_path: Path) -> AsyncIterator[Person]:
    """Somebody who can be called."""
    async with person(tmp_path / "person") as answering:
        yield answering


@pytest_asyncio.fixture(loop_scope="module")
async def talking(house: House, there: Person, tmp_path: Path) -> AsyncIterator[Terminal]:
    """A terminal with a line to them, which soon asks whether somebody is there."""
    telephone = Baresip(settings(there.address, tmp_path), "terminal-1")
    telephone.open()
    try:
        async with terminal(house.address, tmp_path, IMPATIENT, telephone=telephone) as here:
            await eventually(lambda: telephone.available)
            yield here
    finally:
        await telephone.close()


def help_of(at: Terminal) -> Help:
    """The help that is shown."""
    shown = at.visit.view.page
    assert isinstance(shown, Help), shown
    return shown


async def state(at: Terminal, wanted: CallState) -> None:
    """Waits until a call is so far."""
    await at.until(lambda: at.visit.call is not None and at.visit.call.state is wanted)


async def test_help_lies_over_a_question_and_loses_nothing(at: Terminal) -> None:
    await at.first_question(LETTER)
    at.do(did.Enter("1199"), did.OpenHelp())
    shown = help_of(at)
    assert shown.about is at.visit.page
    assert not shown.can_call
    assert not at.visit.view.back
    at.do(did.Next(), did.Enter("9"), did.Skip(), did.CallForHelp())  # meant for the page below, late
    at.do(did.Turn(2.0))
    assert help_of(at).place == 2.0
    assert at.visit.call is None
    at.do(did.Back())
    assert at.visit.view.page is at.question
    assert at.question.entered == "1199"


async def test_help_is_there_while_a_page_waits_and_shows_what_came_of_it(at: Terminal) -> None:
    at.cable.answers.clear()
    at.do(did.OpenDoor(Door.POLICIES), did.OpenHelp())
    assert isinstance(help_of(at).about, Home)
    at.cable.answers.set()
    await at.until(lambda: isinstance(at.visit.page, Topics))
    assert isinstance(help_of(at), Help)
    at.do(did.Back())
    assert isinstance(at.visit.view.page, Topics)


async def test_whoever_reads_help_on_the_home_page_is_asked_before_it_goes(talking: Terminal) -> None:
    talking.do(did.OpenHelp())
    await talking.until(lambda: talking.visit.view.seconds_left is not None)
    assert isinstance(help_of(talking), Help)
    await talking.until(lambda: isinstance(talking.visit.view.page, Home))


async def test_a_talk_goes_on_beside_the_form_and_keeps_the_visit(talking: Terminal, there: Person) -> None:
    await talking.first_question(LETTER)
    talking.do(did.Enter("1199"), did.OpenHelp())
    assert help_of(talking).can_call
    talking.do(did.CallForHelp())
    await there.notices("incoming")
    await there.does("ring")
    await state(talking, CallState.RINGING)
    shown = help_of(talking).call
    assert shown is not None
    assert shown.state is CallState.RINGING
    await there.does("answer")
    await state(talking, CallState.TALKING)
    talking.do(did.CallForHelp(), did.Back())
    assert talking.question.entered == "1199"
    await talking.until(lambda: talking.visit.call is not None and talking.visit.call.seconds == 2)
    assert talking.visit.view.seconds_left is None  # it was not asked after 0.4 s
    talking.do(did.HangUp())
    assert (await there.notices("ended"))["code"] == 200
    await state(talking, CallState.ENDED)
    await talking.until(lambda: talking.visit.view.seconds_left is not None)
    talking.do(did.MoreTime(), did.Skip(), did.Next())
    talking.do(did.LeaveAnyway())
    assert talking.visit.call is None


async def test_the_end_of_the_visit_ends_the_call_and_the_next_one_can_call(
    talking: Terminal, there: Person
) -> None:
    await talking.page(ServiceList, did.OpenDoor(Door.SERVICES))
    talking.do(did.OpenHelp(), did.CallForHelp())
    await there.notices("incoming")
    await there.does("answer")
    await state(talking, CallState.TALKING)
    talking.do(did.LeaveAnyway())
    await there.notices("ended")
    assert talking.visit.call is None
    assert isinstance(talking.visit.view.page, Home)
    talking.do(did.OpenHelp())
    assert help_of(talking).call is None
    await asyncio.sleep(0)
    talking.do(did.CallForHelp())
    await there.notices("incoming")
    await there.does("refuse 486")
    await state(talking, CallState.BUSY)
    talking.do(did.Back())
    await talking.page(ServiceList, did.OpenDoor(Door.SERVICES))
    assert talking.visit.call is None  # what became of it was read


async def test_a_call_is_given_up_before_anybody_answers(talking: Terminal, there: Person) -> None:
    talking.do(did.OpenHelp(), did.CallForHelp())
    await there.notices("incoming")
    await there.does("ring")
    await state(talking, CallState.RINGING)
    talking.do(did.HangUp())
    assert help_of(talking).call is None
    assert (await there.notices("ended"))["code"] == 487
