"""A keypad beside the screen: its digits reach the page that asks, and no other."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
import pytest_asyncio

from hardware.drivers import smartpin_pad
from hardware.drivers.smartpin_pad import SmartPinOptions, SmartPinPad
from hardware.simulators.line import LineFault
from hardware.simulators.smartpin_pad import INSTANT, PROMPT, PadFault, SimulatedSmartPinPad
from kiosk.visit import events as did
from kiosk.visit import keypad
from kiosk.visit.keypad import Keypad
from kiosk.visit.pages import (
    CaseHistory,
    Door,
    EntryFault,
    KeypadTrouble,
    ProgressWays,
    Question,
    ReferenceEntry,
    SuffixEntry,
)
from tests.hardware.conftest import running
from tests.kiosk.visit.terminal import BY_HAND, SUFFIX, Terminal, eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module")
async def keys(at: Terminal, tmp_path: Path) -> AsyncIterator[SimulatedSmartPinPad]:
    """A keypad at the terminal."""
    simulated = SimulatedSmartPinPad(tmp_path / "pad", INSTANT)
    (tmp_path / "prompt").write_bytes(PROMPT)
    async with running(simulated):
        pad = SmartPinPad(SmartPinOptions(port=str(tmp_path / "pad"), prompt=tmp_path / "prompt"))
        with suppress(Exception):
            await pad.open()
        chapter = Keypad(at.visit, pad)
        at.visit.begin((*at.visit._chapters, chapter))
        yield simulated
        chapter.wipe()
        await pad.close()


def waits(simulated: SimulatedSmartPinPad) -> bool:
    return simulated.state()["waits_for"] == "enter-digits"


async def press(simulated: SimulatedSmartPinPad, given: str) -> None:
    """Presses keys once the pad waits for some."""
    await eventually(lambda: waits(simulated))
    simulated.fingers.begin(given)


def keyed_on(at: Terminal) -> int:
    """How many keys the page shown counts."""
    page = at.visit.page
    return page.keyed if isinstance(page, SuffixEntry | ReferenceEntry | Question) else 0


async def reference_wanted(at: Terminal) -> ReferenceEntry:
    at.do(did.GoHome())
    await at.page(ProgressWays, did.OpenDoor(Door.PROGRESS))
    return await at.page(ReferenceEntry, did.ByReference())


async def test_a_case_is_found_with_keys_alone(at: Terminal, keys: SimulatedSmartPinPad) -> None:
    accepted = await at.accepted()
    await reference_wanted(at)
    await press(keys, accepted.reference + " enter")
    await at.page(SuffixEntry)
    await press(keys, SUFFIX + " enter" if SUFFIX.isdigit() else SUFFIX[:-1])
    if not SUFFIX.isdigit():  # pads have no X: the last character is touched on the screen
        await at.until(lambda: keyed_on(at) == 5)
        await press(keys, "enter")
        await at.until(lambda: at.visit.page.entered == SUFFIX[:-1])  # type: ignore[attr-defined]
        at.do(did.Insert(SUFFIX[-1]), did.Next())
    shown = await at.page(CaseHistory)
    assert shown.case.reference == accepted.reference
    await eventually(lambda: not waits(keys))


async def test_the_screen_gets_a_count_and_the_digits_with_the_enter_key(
    at: Terminal, keys: SimulatedSmartPinPad
) -> None:
    await reference_wanted(at)
    at.do(did.Insert("1"), did.Insert("2"))
    await press(keys, "345")
    await at.until(lambda: at.visit.page == ReferenceEntry("12", keyed=3))
    await press(keys, "enter")
    await at.until(lambda: at.visit.page == ReferenceEntry("12345", EntryFault.TOO_SHORT))
    assert "345" not in repr(at.visit.view)


async def test_a_question_of_a_form_is_answered_with_keys(at: Terminal, keys: SimulatedSmartPinPad) -> None:
    await at.first_question()
    at.answer_to("full_name")
    assert at.question.field.id == "full_name"
    assert not waits(keys)  # a name has no digits
    at.answer_to("phone")
    await press(keys, BY_HAND["phone"])
    await at.until(lambda: keyed_on(at) == 11)
    assert at.question.entered == ""
    await press(keys, "enter")
    await at.until(lambda: at.question.field.id == "licence")
    at.do(did.Back())
    assert at.question.entered == BY_HAND["phone"]


async def test_what_was_keyed_in_does_not_get_onto_another_page(
    at: Terminal, keys: SimulatedSmartPinPad
) -> None:
    await reference_wanted(at)
    await press(keys, "99999")
    await at.until(lambda: at.visit.page == ReferenceEntry(keyed=5))
    assert isinstance(at.do(did.Back()), ProgressWays)
    await eventually(lambda: not waits(keys))
    keys.fingers.begin("88 enter")
    at.do(did.ByReference())
    await press(keys, "77 enter")
    await at.until(lambda: at.visit.page == ReferenceEntry("77", EntryFault.TOO_SHORT))


async def test_the_cancel_key_goes_back(at: Terminal, keys: SimulatedSmartPinPad) -> None:
    await reference_wanted(at)
    await press(keys, "123 cancel")
    await at.page(ProgressWays)


async def test_the_end_of_a_visit_is_the_end_of_the_entry(at: Terminal, keys: SimulatedSmartPinPad) -> None:
    await reference_wanted(at)
    await press(keys, "123")
    await at.until(lambda: at.visit.page == ReferenceEntry(keyed=3))
    at.do(did.LeaveAnyway())
    await eventually(lambda: not waits(keys))
    assert keys.keyed_in == 0


async def test_a_pad_that_was_away_is_asked_again(
    at: Terminal, keys: SimulatedSmartPinPad, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keypad, "AGAIN_SECONDS", 0.1)
    await reference_wanted(at)
    await eventually(lambda: waits(keys))
    keys.line.unplug()
    await at.until(lambda: at.visit.page == ReferenceEntry(keypad=KeypadTrouble.OUT))
    at.do(did.Insert("1"))  # the screen goes on
    assert at.visit.page == ReferenceEntry("1", keypad=KeypadTrouble.OUT)
    keys.line.plug_in()
    keys._end_entry()
    await at.until(lambda: at.visit.page == ReferenceEntry("1"))
    await press(keys, "23 enter")
    await at.until(lambda: at.visit.page == ReferenceEntry("123", EntryFault.TOO_SHORT))


async def test_keys_that_came_to_harm_are_told_and_pressed_again(
    at: Terminal, keys: SimulatedSmartPinPad
) -> None:
    await reference_wanted(at)
    at.do(did.Insert("7"))
    await press(keys, "12")
    await at.until(lambda: keyed_on(at) == 2)
    keys.inflict(LineFault.WRONG_CHECKSUM)
    keys.fingers.begin("3")
    await at.until(lambda: at.visit.page == ReferenceEntry("7", keypad=KeypadTrouble.LOST))
    await press(keys, "12")
    await at.until(lambda: at.visit.page == ReferenceEntry("7", keyed=2))


async def test_digits_that_the_pad_let_go_of_are_told_and_those_before_stay(
    at: Terminal, keys: SimulatedSmartPinPad, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smartpin_pad, "FORGET_SECONDS", 1.5)
    await reference_wanted(at)
    await press(keys, "12 enter")
    await at.until(lambda: at.visit.page == ReferenceEntry("12", EntryFault.TOO_SHORT))
    await press(keys, "34")
    await at.until(lambda: keyed_on(at) == 2)
    keys.upon("enter-digits", lambda: keys.fingers.begin("5"))  # once the pad is asked anew
    forgotten = KeypadTrouble.FORGOTTEN
    await at.until(lambda: at.visit.page == ReferenceEntry("12", EntryFault.TOO_SHORT, keypad=forgotten))
    await at.until(lambda: at.visit.page == ReferenceEntry("12", EntryFault.TOO_SHORT, keyed=1))


async def test_a_pad_that_was_opened_is_not_used(
    at: Terminal, keys: SimulatedSmartPinPad, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keypad, "AGAIN_SECONDS", 0.1)
    await reference_wanted(at)
    await eventually(lambda: waits(keys))
    at.do(did.Back())
    keys.inflict(PadFault.TAMPERED)
    at.do(did.ByReference())
    await at.until(lambda: at.visit.page == ReferenceEntry(keypad=KeypadTrouble.OUT))
    assert not waits(keys)
    at.do(did.Insert("12"), did.Next())  # made anew, with another thing that is wrong: still said afterwards
    at.do(did.Erase())
    assert at.visit.page == ReferenceEntry("1", keypad=KeypadTrouble.OUT)
    keys.inflict(PadFault.NONE)
    await press(keys, "23 enter")
    await at.until(lambda: at.visit.page == ReferenceEntry("123", EntryFault.TOO_SHORT))


@pytest.mark.parametrize(
    ("over", "away"),
    [(did.OpenDisplay(), did.Back()), (did.OpenHelp(), did.Back()), (did.Leave(), did.Stay())],
)
async def test_nothing_is_keyed_in_below_what_lies_over_the_page(
    at: Terminal, keys: SimulatedSmartPinPad, over: did.Event, away: did.Event
) -> None:
    await at.first_question()
    at.answer_to("phone")
    await press(keys, "138")
    await at.until(lambda: keyed_on(at) == 3)
    at.do(over)
    await eventually(lambda: not waits(keys))
    assert keyed_on(at) == 0
    keys.fingers.begin("0000 enter")
    at.do(away)
    assert at.question.keypad is KeypadTrouble.LOST
    assert at.question.entered == ""
    await press(keys, BY_HAND["phone"] + " enter")
    await at.until(lambda: at.question.field.id == "licence")


async def test_nothing_is_keyed_in_below_what_went_wrong(at: Terminal, keys: SimulatedSmartPinPad) -> None:
    accepted = await at.accepted()
    await reference_wanted(at)
    at.do(did.Insert(accepted.reference), did.Next())
    await at.page(SuffixEntry)
    await eventually(lambda: waits(keys))
    await at.cable.pull_out()
    await at.trouble(did.Insert(SUFFIX), did.Next())
    await eventually(lambda: not waits(keys))
    await at.cable.plug_in()
    at.do(did.Dismiss())
    await eventually(lambda: waits(keys))
