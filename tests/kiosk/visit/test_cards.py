"""Cards that cannot be read, and the second chance."""

from __future__ import annotations

import asyncio
from enum import Enum
from pathlib import Path

import pytest

from hardware.interfaces.device import CompletionCode, DeviceError
from hardware.interfaces.identity_card_reader import CardError
from hardware.simulators import cards as card_files
from hardware.simulators.identity_card_reader import CardFault
from hardware.simulators.line import LineFault
from kiosk.visit import events as did
from kiosk.visit.pages import (
    CardTaken,
    CardUse,
    CardWanted,
    CaseList,
    Door,
    Home,
    Introduction,
    ProgressWays,
    Question,
    ReferenceEntry,
)
from kiosk.visit.visit import Pace
from tests.backend.house import House
from tests.kiosk.visit.terminal import CARD, Terminal, terminal

pytestmark = pytest.mark.asyncio(loop_scope="module")

WRONG_CARD = card_files.load("wrong-check-digit")


async def fault_of(at: Terminal) -> DeviceError:
    """What is said about the card that was laid down."""
    await at.until(lambda: isinstance(at.visit.page, CardWanted) and at.visit.page.fault is not None)
    assert isinstance(at.visit.page, CardWanted)
    assert at.visit.page.fault
    return at.visit.page.fault


async def wanted(at: Terminal) -> None:
    """To the page that asks for a card."""
    await at.introduction()
    await at.page(CardWanted, did.Next())


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (LineFault.WRONG_CHECKSUM, CardError.READ_FAILED),
        (LineFault.CUT_SHORT, CardError.READ_FAILED),
        (CardFault.LIFTED, CardError.MEDIA_REMOVED),
    ],
)
async def test_a_card_that_was_not_read_gets_a_second_chance(
    at: Terminal, fault: Enum, code: CardError
) -> None:
    await wanted(at)
    at.lay(CARD, fault)
    assert (await fault_of(at)).code is code
    again = at.do(did.ReadCard())
    assert again == CardWanted(CardUse.FILL_IN)
    at.lay()
    assert len((await at.page(CardTaken)).fields) == 3


async def test_noise_before_the_card_does_no_harm(at: Terminal) -> None:
    assert len((await at.card_taken(fault=LineFault.NOISE_BEFORE)).fields) == 3


async def test_a_card_with_a_wrong_number_is_not_taken(at: Terminal) -> None:
    await wanted(at)
    at.lay(WRONG_CARD)
    assert (await fault_of(at)).code is CardError.INVALID_CONTENT
    at.do(did.ReadCard())
    at.lay()
    await at.page(CardTaken)
    at.do(did.Next(), did.GoHome())


async def test_a_card_that_never_comes_is_waited_for_only_so_long(house: House, tmp_path: Path) -> None:
    pace = Pace(card=0.4)
    async with terminal(house.address, tmp_path, pace) as at:
        await wanted(at)
        fault = await fault_of(at)
        assert (fault.completion, fault.code) == (CompletionCode.TIME_OUT, CardError.NO_MEDIA)
        asked = len(at.reader.finds)
        await asyncio.sleep(0.45)
        assert len(at.reader.finds) == asked
        at.do(did.ReadCard())
        at.lay()
        await at.page(CardTaken)


async def test_a_reader_that_is_gone_is_said_so_and_can_be_done_without(at: Terminal) -> None:
    await wanted(at)
    at.reader.line.unplug()
    assert (await fault_of(at)).completion is CompletionCode.CONNECTION_LOST
    assert isinstance(at.do(did.Skip()), Question)
    assert at.question.field.id == "full_name"


async def test_a_card_can_be_done_without(at: Terminal) -> None:
    await wanted(at)
    assert isinstance(at.do(did.Skip()), Question)
    at.lay()
    await asyncio.sleep(0.45)
    assert at.question.field.id == "full_name"
    assert at.question.entered == ""


@pytest.mark.parametrize("event", [did.Back(), did.GoHome()])
async def test_no_card_is_read_once_the_page_has_gone(at: Terminal, event: did.Event) -> None:
    await wanted(at)
    at.do(event)
    await asyncio.sleep(0.1)
    asked = len(at.reader.finds)
    at.lay()
    await asyncio.sleep(0.45)
    assert len(at.reader.finds) == asked
    assert isinstance(at.visit.page, Introduction | Home)


async def test_reading_again_is_offered_only_after_a_fault(at: Terminal) -> None:
    await wanted(at)
    page = at.visit.page
    at.do(did.ReadCard(), did.UseKnownCard(), did.Next())
    assert at.visit.page is page


async def test_a_card_that_failed_can_be_replaced_by_the_reference(at: Terminal) -> None:
    await at.page(ProgressWays, did.OpenDoor(Door.PROGRESS))
    await at.page(CardWanted, did.ByCard())
    at.lay(CARD, LineFault.CUT_SHORT)
    await fault_of(at)
    assert isinstance(at.do(did.Skip()), ReferenceEntry)
    assert isinstance(at.do(did.Back()), ProgressWays)


async def test_a_second_card_is_taken_after_a_fault_for_progress_too(at: Terminal) -> None:
    await at.page(ProgressWays, did.OpenDoor(Door.PROGRESS))
    await at.page(CardWanted, did.ByCard())
    at.lay(CARD, LineFault.WRONG_CHECKSUM)
    await fault_of(at)
    at.do(did.ReadCard())
    at.lay()
    await at.page(CaseList)
