"""Whatever goes wrong with an identity card reader is named, and the next card is read."""

from __future__ import annotations

import asyncio
import time
from enum import Enum

import pytest

from hardware.drivers import gat467_reader
from hardware.drivers.gat467_reader import Gat467Reader
from hardware.interfaces.device import CompletionCode, DeviceError, DeviceStatus
from hardware.interfaces.identity_card_reader import CardError
from hardware.simulators import cards
from hardware.simulators.identity_card_reader import CardFault, SimulatedIdentityCardReader
from hardware.simulators.line import BYTE_SECONDS, LineFault
from tests.hardware.conftest import until

CARD, NEXT = cards.load("default"), cards.load("elder")
Told = tuple[CompletionCode, CardError | None]
"""What the driver raises: the general code, and the card reader's."""
READ_FAILED = (CompletionCode.INVALID_DATA, CardError.READ_FAILED)
LIFTED = (CompletionCode.USER_ERROR, CardError.MEDIA_REMOVED)
DEFECTIVE = (CompletionCode.HARDWARE_ERROR, None)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch, simulated_reader: SimulatedIdentityCardReader) -> None:
    """The proportions of the driver's times stay as they are."""
    monkeypatch.setattr(gat467_reader, "POLL_SECONDS", 0.05)
    monkeypatch.setattr(gat467_reader, "SETTLE_SECONDS", 0.1)
    monkeypatch.setattr(gat467_reader, "ANSWER_SECONDS", 0.2)
    monkeypatch.setattr(gat467_reader, "CONTENT_SECONDS", 0.5)
    monkeypatch.setattr(gat467_reader, "SILENCE_SECONDS", 0.15)
    simulated_reader.line.late = 0.7


async def told(reader: Gat467Reader, *, timeout: float = 3.0) -> Told | str:
    """What comes of reading a card: the codes of the error, or the name on the card."""
    try:
        return (await reader.read_card(timeout=timeout)).full_name
    except DeviceError as error:
        assert error.code is None or isinstance(error.code, CardError)
        for personal in (CARD.full_name, CARD.identity_number, CARD.address):
            assert personal not in str(error)
        return error.completion, error.code


ONE_CARD: list[tuple[Enum, Told | str]] = [
    (CardFault.LIFTED_BEFORE_SELECT, LIFTED),
    (CardFault.LIFTED, LIFTED),
    (CardFault.UNREADABLE, READ_FAILED),
    (CardFault.REFUSED, (CompletionCode.USER_ERROR, CardError.INVALID_MEDIA)),
    (CardFault.WRONG_CONTENT, (CompletionCode.INVALID_DATA, CardError.INVALID_CONTENT)),
    (LineFault.WRONG_CHECKSUM, READ_FAILED),
    (LineFault.NOISE_BEFORE, CARD.full_name),
    (LineFault.NOISE_INSIDE, READ_FAILED),
    (LineFault.LAST_REPLY, READ_FAILED),
    (LineFault.LATE, READ_FAILED),
    (LineFault.CUT_SHORT, READ_FAILED),
]


@pytest.mark.parametrize(("fault", "expected"), ONE_CARD)
async def test_what_goes_wrong_with_one_card_is_named_and_the_next_is_read(
    reader: Gat467Reader,
    simulated_reader: SimulatedIdentityCardReader,
    fault: Enum,
    expected: Told | str,
) -> None:
    simulated_reader.present(CARD.content(), fault)
    assert await told(reader) == expected
    assert simulated_reader.fault is CardFault.NONE
    assert simulated_reader.line.fault is LineFault.NONE
    simulated_reader.present(NEXT.content())
    assert await told(reader) == NEXT.full_name, "nothing of the card before"


ANSWERS_WITH_A_CHECK = (
    LineFault.WRONG_CHECKSUM,
    LineFault.BYTE_BY_BYTE,
    LineFault.NOISE_BEFORE,
    LineFault.NOISE_INSIDE,
    LineFault.LAST_REPLY,
    LineFault.LATE,
    LineFault.CUT_SHORT,
)


@pytest.mark.parametrize("fault", ANSWERS_WITH_A_CHECK)
async def test_nobody_notices_when_a_question_for_a_card_comes_to_harm(
    reader: Gat467Reader, simulated_reader: SimulatedIdentityCardReader, fault: LineFault
) -> None:
    simulated_reader.inflict(fault, when="find")
    simulated_reader.present(CARD.content())
    assert await told(reader) == CARD.full_name


@pytest.mark.parametrize("fault", ANSWERS_WITH_A_CHECK)
async def test_a_card_that_could_not_be_chosen_is_read_the_second_time(
    reader: Gat467Reader, simulated_reader: SimulatedIdentityCardReader, fault: LineFault
) -> None:
    simulated_reader.inflict(fault, when="select")
    simulated_reader.present(CARD.content())
    harmless = fault in (LineFault.BYTE_BY_BYTE, LineFault.NOISE_BEFORE)
    assert await told(reader) == (CARD.full_name if harmless else READ_FAILED)
    simulated_reader.lift()
    simulated_reader.present(NEXT.content())
    assert await told(reader) == NEXT.full_name


@pytest.mark.parametrize("fault", [CardFault.SELF_TEST_FAILED, CardFault.NOT_AUTHORISED])
async def test_a_defective_module_is_told_until_it_is_put_right(
    reader: Gat467Reader, simulated_reader: SimulatedIdentityCardReader, fault: CardFault
) -> None:
    simulated_reader.present(CARD.content(), fault)
    assert await told(reader) == DEFECTIVE
    assert await told(reader) == DEFECTIVE
    status = await reader.status()
    code = "securityModule" if fault is CardFault.SELF_TEST_FAILED else "notAuthorised"
    assert (status.device, status.findings) == (
        DeviceStatus.HARDWARE_ERROR,
        (f"advice.identity_card_reader.{code}",),
    )
    assert not (await reader.self_test()).passed
    simulated_reader.inflict(CardFault.NONE)
    assert (await reader.status()).device is DeviceStatus.ONLINE
    assert await told(reader) == CARD.full_name


async def test_a_silent_reader_is_told_until_it_answers_again(
    reader: Gat467Reader, simulated_reader: SimulatedIdentityCardReader
) -> None:
    simulated_reader.inflict(LineFault.SILENCE)
    assert await told(reader) == (CompletionCode.CONNECTION_LOST, None)
    assert (await reader.status()).device is DeviceStatus.OFFLINE
    simulated_reader.inflict(LineFault.NONE)
    simulated_reader.present(CARD.content())
    assert await told(reader) == CARD.full_name


async def test_a_port_that_vanishes_while_a_card_is_read_is_told_and_found_again(
    reader: Gat467Reader, simulated_reader: SimulatedIdentityCardReader
) -> None:
    simulated_reader.present(CARD.content())
    simulated_reader.inflict(LineFault.VANISH, when="read", seconds=0.4)
    with pytest.raises(DeviceError) as raised:
        await reader.read_card(timeout=3.0)
    assert raised.value.completion is CompletionCode.CONNECTION_LOST
    assert not simulated_reader.line.plugged_in
    assert (await reader.status()).device is DeviceStatus.NO_DEVICE
    simulated_reader.lift()
    simulated_reader.present(NEXT.content())
    assert await told(reader) == NEXT.full_name, "the reader waits for its port to come back"
    assert simulated_reader.line.plugged_in


async def test_bytes_that_come_one_at_a_time_take_their_time(
    reader: Gat467Reader, simulated_reader: SimulatedIdentityCardReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gat467_reader, "CONTENT_SECONDS", 5.0)
    simulated_reader.present(CARD.content(), LineFault.BYTE_BY_BYTE)
    began = time.monotonic()
    assert await told(reader) == CARD.full_name
    assert time.monotonic() - began >= 1295 * BYTE_SECONDS


async def test_a_fault_with_a_time_strikes_every_card_until_it_is_over(
    reader: Gat467Reader, simulated_reader: SimulatedIdentityCardReader
) -> None:
    simulated_reader.inflict(CardFault.UNREADABLE, seconds=0.6)
    for _ in range(2):
        simulated_reader.present(CARD.content())
        assert await told(reader) == READ_FAILED
    await until(lambda: simulated_reader.fault is CardFault.NONE)
    assert await told(reader) == CARD.full_name


async def test_a_fault_that_came_later_is_not_ended_by_the_time_of_the_one_before(
    simulated_reader: SimulatedIdentityCardReader,
) -> None:
    simulated_reader.inflict(CardFault.UNREADABLE, seconds=0.05)
    simulated_reader.inflict(CardFault.SELF_TEST_FAILED)
    await asyncio.sleep(0.1)
    assert simulated_reader.fault is CardFault.SELF_TEST_FAILED
