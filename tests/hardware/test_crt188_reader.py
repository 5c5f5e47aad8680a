"""The driver of the CRT-188 and CRT-310, against a simulated reader on a real pseudo-terminal."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import pytest

from hardware.drivers import creator_line, crt188_reader
from hardware.drivers.crt188_reader import Crt188Options, Crt188Reader
from hardware.interfaces.card_reader import CardReaderError, ChipPower, Shutter
from hardware.interfaces.device import CompletionCode, DeviceError, DeviceStatus
from hardware.interfaces.media import Media
from hardware.protocols import service_card as protocol
from hardware.protocols.apdu import Response
from hardware.protocols.crt188 import Command, Position
from hardware.protocols.track2 import Track2
from hardware.registry import CLASSES
from hardware.simulators import service_card
from hardware.simulators.crt188_reader import INSTANT, Pace, ReaderFault, SimulatedCrt188Reader
from hardware.simulators.line import LineFault
from hardware.simulators.swipe_reader import DEMONSTRATION
from tests.hardware.conftest import running, until

OTHER = Track2("6200000000000000000", "4911", "101", "")
USUAL_PAUSE = crt188_reader.POLL_SECONDS


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses are not waited for in full: the simulated reader answers at once."""
    monkeypatch.setattr(crt188_reader, "POLL_SECONDS", 0.05)
    monkeypatch.setattr(creator_line, "SETTLE_SECONDS", 0.1)
    monkeypatch.setattr(crt188_reader, "ACKNOWLEDGE_SECONDS", 0.15)
    monkeypatch.setattr(crt188_reader, "ANSWER_SECONDS", 0.3)
    monkeypatch.setattr(crt188_reader, "TIDY_SECONDS", 0.5)


@pytest.fixture
async def simulated(tmp_path: Path) -> AsyncIterator[SimulatedCrt188Reader]:
    device = SimulatedCrt188Reader(tmp_path / "reader", INSTANT)
    async with running(device):
        yield device


@pytest.fixture
async def reader(simulated: SimulatedCrt188Reader) -> AsyncIterator[Crt188Reader]:
    driver = Crt188Reader(Crt188Options(port=str(simulated.line.name)))
    await driver.open()
    yield driver
    await driver.close()


async def refused(reader: Crt188Reader) -> tuple[CompletionCode, object]:
    with pytest.raises(DeviceError) as raised:
        await reader.read_card(timeout=3.0)
    assert DEMONSTRATION.pan not in str(raised.value)
    return raised.value.completion, raised.value.code


async def test_a_card_is_let_in_read_held_and_given_back(
    reader: Crt188Reader, simulated: SimulatedCrt188Reader
) -> None:
    simulated.insert()
    assert not simulated.entry_open
    card = await reader.read_card(timeout=3.0)
    assert (card.number, card.expires) == (DEMONSTRATION.pan, DEMONSTRATION.expiry)
    assert (simulated.position, simulated.entry_open) == (Position.INSIDE, False)
    assert (await reader.status()).media is Media.PRESENT
    await reader.eject_card()
    assert (await reader.status()).media is Media.ENTERING
    simulated.take()
    status = await reader.status()
    assert (status.device, status.media, status.shutter) == (
        DeviceStatus.ONLINE,
        Media.NOT_PRESENT,
        Shutter.CLOSED,
    )


async def test_a_card_that_comes_later_is_read(
    reader: Crt188Reader, simulated: SimulatedCrt188Reader
) -> None:
    reading = asyncio.create_task(reader.read_card(timeout=5.0))
    await until(lambda: simulated.entry_open)
    simulated.insert(OTHER)
    assert (await reading).number == OTHER.pan


async def test_a_card_that_is_inside_is_read_again(
    reader: Crt188Reader, simulated: SimulatedCrt188Reader
) -> None:
    simulated.insert()
    for _ in range(2):
        assert (await reader.read_card(timeout=3.0)).number == DEMONSTRATION.pan


async def test_a_card_that_nobody_takes_is_kept(
    reader: Crt188Reader, simulated: SimulatedCrt188Reader
) -> None:
    simulated.insert()
    await reader.read_card(timeout=3.0)
    await reader.eject_card()
    await reader.retain_card()
    assert (simulated.retained, simulated.position) == (1, Position.NONE)
    with pytest.raises(DeviceError) as raised:
        await reader.retain_card()
    assert raised.value.code is CardReaderError.NO_MEDIA


async def test_no_card_in_time_is_said_so_and_the_entry_is_closed(
    reader: Crt188Reader, simulated: SimulatedCrt188Reader
) -> None:
    with pytest.raises(DeviceError) as raised:
        await reader.read_card(timeout=0.4)
    assert (raised.value.completion, raised.value.code) == (
        CompletionCode.TIME_OUT,
        CardReaderError.NO_MEDIA,
    )
    assert not simulated.entry_open


async def test_a_cancelled_waiting_closes_the_entry_and_leaves_the_reader_usable(
    reader: Crt188Reader, simulated: SimulatedCrt188Reader
) -> None:
    for _ in range(3):
        waiting = asyncio.create_task(reader.read_card(timeout=30.0))
        await until(lambda: simulated.entry_open)
        await reader.cancel()
        with pytest.raises(DeviceError) as raised:
            await waiting
        assert raised.value.completion is CompletionCode.CANCELED
        assert not simulated.entry_open
    simulated.insert()
    assert (await reader.read_card(timeout=3.0)).number == DEMONSTRATION.pan


CARD_FAULTS = [
    (ReaderFault.REMOVED, CompletionCode.USER_ERROR, CardReaderError.MEDIA_REMOVED),
    (ReaderFault.UNREADABLE, CompletionCode.INVALID_DATA, CardReaderError.READ_FAILED),
    (ReaderFault.BLANK, CompletionCode.USER_ERROR, CardReaderError.INVALID_MEDIA),
    (ReaderFault.TOO_LONG, CompletionCode.USER_ERROR, CardReaderError.CARD_TOO_LONG),
    (ReaderFault.TOO_SHORT, CompletionCode.USER_ERROR, CardReaderError.CARD_TOO_SHORT),
]


@pytest.mark.parametrize(("fault", "completion", "code"), CARD_FAULTS)
async def test_a_fault_of_the_card_is_named_and_the_second_chance_succeeds(
    reader: Crt188Reader,
    simulated: SimulatedCrt188Reader,
    fault: ReaderFault,
    completion: CompletionCode,
    code: CardReaderError,
) -> None:
    for _ in range(2):
        simulated.inflict(fault)
        simulated.insert()
        assert await refused(reader) == (completion, code)
        if simulated.position is Position.INSIDE:
            await reader.eject_card()
        simulated.take()
        simulated.insert()
        assert (await reader.read_card(timeout=3.0)).number == DEMONSTRATION.pan
        await reader.eject_card()
        simulated.take()


async def test_a_card_withdrawn_while_it_enters_is_waited_for_again(
    reader: Crt188Reader, simulated: SimulatedCrt188Reader
) -> None:
    simulated.inflict(ReaderFault.WITHDRAWN)
    simulated.insert()
    reading = asyncio.create_task(reader.read_card(timeout=5.0))
    await until(lambda: simulated.fault is ReaderFault.NONE)
    await asyncio.sleep(0.1)
    simulated.insert(OTHER)
    assert (await reading).number == OTHER.pan


async def test_a_jam_is_named_shown_and_over_once_the_card_is_out(
    reader: Crt188Reader, simulated: SimulatedCrt188Reader
) -> None:
    simulated.insert()
    await reader.read_card(timeout=3.0)
    simulated.inflict(ReaderFault.JAM)
    for command in (reader.eject_card, reader.retain_card):
        with pytest.raises(DeviceError) as raised:
            await command()
        assert (raised.value.completion, raised.value.code) == (
            CompletionCode.HARDWARE_ERROR,
            CardReaderError.MEDIA_JAM,
        )
    status = await reader.status()
    assert (status.device, status.media) == (DeviceStatus.HARDWARE_ERROR, Media.JAMMED)
    assert status.findings == ("advice.card_reader.mediaJam",)
    simulated.inflict(ReaderFault.NONE)
    await reader.eject_card()
    simulated.take()
    assert (await reader.status()).device is DeviceStatus.ONLINE


async def test_a_shutter_that_does_not_open_is_named_and_shown(
    reader: Crt188Reader, simulated: SimulatedCrt188Reader
) -> None:
    simulated.inflict(ReaderFault.SHUTTER)
    assert await refused(reader) == (CompletionCode.HARDWARE_ERROR, CardReaderError.SHUTTER_FAIL)
    status = await reader.status()
    assert (status.device, status.shutter) == (DeviceStatus.HARDWARE_ERROR, Shutter.JAMMED)
    simulated.inflict(ReaderFault.NONE)
    simulated.insert()
    await reader.read_card(timeout=3.0)
    assert (await reader.status()).shutter is Shutter.CLOSED


async def test_a_shutter_that_stands_open_without_a_reason_is_shown(
    reader: Crt188Reader, simulated: SimulatedCrt188Reader
) -> None:
    simulated.shutter_open = True
    assert (await reader.status()).shutter is Shutter.JAMMED


RECOVERED = [
    (LineFault.WRONG_CHECKSUM, "read"),
    (LineFault.CUT_SHORT, "read"),
    (LineFault.NOISE_BEFORE, "read"),
    (LineFault.NOISE_INSIDE, "read"),
    (LineFault.BYTE_BY_BYTE, "read"),
    (LineFault.WRONG_CHECKSUM, "state"),
    (LineFault.CUT_SHORT, "open-entry"),
]


@pytest.mark.parametrize(("fault", "when"), RECOVERED)
async def test_a_damaged_reply_is_asked_for_again_and_nobody_notices(
    reader: Crt188Reader, simulated: SimulatedCrt188Reader, fault: LineFault, when: str
) -> None:
    simulated.inflict(fault, when=when)
    simulated.insert()
    assert (await reader.read_card(timeout=4.0)).number == DEMONSTRATION.pan
    assert simulated.line.fault is LineFault.NONE


async def test_a_command_that_was_not_understood_is_said_again(
    reader: Crt188Reader, simulated: SimulatedCrt188Reader
) -> None:
    simulated.insert()
    for _ in range(3):
        simulated.inflict(ReaderFault.NAK)
        await reader.read_card(timeout=3.0)
        assert simulated.fault is ReaderFault.NONE


async def test_a_reader_that_understands_nothing_is_a_lost_connection(
    reader: Crt188Reader, simulated: SimulatedCrt188Reader
) -> None:
    simulated.inflict(ReaderFault.DEAF)
    assert await refused(reader) == (CompletionCode.CONNECTION_LOST, None)
    assert (await reader.status()).device is DeviceStatus.OFFLINE
    simulated.inflict(ReaderFault.NONE)
    assert (await reader.status()).device is DeviceStatus.ONLINE


@pytest.mark.parametrize("fault", [LineFault.LAST_REPLY, LineFault.SILENCE])
async def test_the_reply_to_another_command_is_not_taken_for_the_track(
    reader: Crt188Reader, simulated: SimulatedCrt188Reader, fault: LineFault
) -> None:
    simulated.inflict(fault, when="read")
    simulated.insert()
    assert await refused(reader) == (CompletionCode.CONNECTION_LOST, None)
    simulated.inflict(LineFault.NONE)
    simulated.line.break_down(LineFault.NONE)
    assert (await reader.read_card(timeout=3.0)).number == DEMONSTRATION.pan


async def test_one_question_without_an_answer_does_not_end_the_waiting(
    reader: Crt188Reader, simulated: SimulatedCrt188Reader
) -> None:
    reading = asyncio.create_task(reader.read_card(timeout=5.0))
    await until(lambda: simulated.entry_open and len(simulated.polls) > 2)
    simulated.line.late = 0.4
    simulated.inflict(LineFault.LATE, when="state")
    asked = len(simulated.polls)
    await until(lambda: len(simulated.polls) > asked + 1)
    simulated.insert()
    assert (await reading).number == DEMONSTRATION.pan


async def test_a_reply_that_comes_too_late_is_not_taken_for_the_next_one(
    reader: Crt188Reader, simulated: SimulatedCrt188Reader
) -> None:
    simulated.line.late = 0.7
    simulated.inflict(LineFault.LATE, when="read")
    simulated.insert()
    assert await refused(reader) == (CompletionCode.CONNECTION_LOST, None)
    await asyncio.sleep(0.7)
    await reader.eject_card()
    simulated.take()
    simulated.insert(OTHER)
    assert (await reader.read_card(timeout=3.0)).number == OTHER.pan


async def test_a_line_that_never_falls_silent_is_not_waited_for_for_ever(
    reader: Crt188Reader, simulated: SimulatedCrt188Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(creator_line, "LONGEST_SETTLE_SECONDS", 0.3)
    simulated.silent = True

    async def chatter() -> None:
        while True:
            await simulated.line.put(b"\x00\xff\x7f")
            await asyncio.sleep(0.02)

    noise = asyncio.create_task(chatter())
    try:
        assert await asyncio.wait_for(refused(reader), 2.5) == (CompletionCode.CONNECTION_LOST, None)
    finally:
        noise.cancel()
    simulated.silent = False
    simulated.insert()
    assert (await reader.read_card(timeout=3.0)).number == DEMONSTRATION.pan


async def test_a_main_supply_that_failed_is_the_readers_fault(
    reader: Crt188Reader, simulated: SimulatedCrt188Reader
) -> None:
    simulated.inflict(ReaderFault.POWER_FAILURE)
    assert await refused(reader) == (CompletionCode.HARDWARE_ERROR, None)


async def test_a_command_that_the_model_does_not_have_is_unsupported(tmp_path: Path) -> None:
    unknown = frozenset((Command.RETAIN, Command.SENSORS, Command.READ_SERIAL_NUMBER))
    device = SimulatedCrt188Reader(tmp_path / "reader", INSTANT, unknown=unknown)
    reader = Crt188Reader(Crt188Options(port=str(tmp_path / "reader")))
    async with running(device):
        await reader.open()
        device.insert()
        await reader.read_card(timeout=3.0)
        with pytest.raises(DeviceError) as raised:
            await reader.retain_card()
        assert raised.value.completion is CompletionCode.UNSUPPORTED_COMMAND
        for _ in range(2):
            assert (await reader.status()).shutter is Shutter.NOT_SUPPORTED
        assert (await reader.self_test()).passed
        await reader.close()


async def test_a_model_without_a_motor_reads_what_is_put_in_and_moves_nothing(tmp_path: Path) -> None:
    device = SimulatedCrt188Reader(tmp_path / "reader", INSTANT)
    device.entry_open = True  # there is no shutter
    reader = Crt188Reader(Crt188Options(port=str(tmp_path / "reader"), motorised=False))
    async with running(device):
        await reader.open()
        reading = asyncio.create_task(reader.read_card(timeout=3.0))
        await asyncio.sleep(0.1)
        device.insert()
        assert (await reading).number == DEMONSTRATION.pan
        with pytest.raises(DeviceError) as raised:
            await reader.eject_card()
        assert raised.value.completion is CompletionCode.UNSUPPORTED_COMMAND
        assert not (await reader.capabilities()).ejects
        await reader.close()


async def with_chip(reader: Crt188Reader, simulated: SimulatedCrt188Reader) -> None:
    simulated.act("insert", "")
    await reader.read_card(timeout=3.0)


async def test_a_service_card_is_read_through_its_contacts(
    reader: Crt188Reader, simulated: SimulatedCrt188Reader
) -> None:
    await with_chip(reader, simulated)
    assert (await reader.status()).chip is ChipPower.POWERED_OFF
    dialogue = protocol.read()
    command = next(dialogue)
    card: object = None
    while card is None:
        try:
            command = dialogue.send(Response.decode(await reader.transmit(command.encode())))
        except StopIteration as done:
            card = done.value
    assert card == service_card.DEMONSTRATION
    status = await reader.status()
    assert (status.media, status.chip) == (Media.LATCHED, ChipPower.ONLINE)
    await reader.eject_card()
    assert (await reader.status()).chip is ChipPower.NO_CARD


SELECT = bytes.fromhex("00A4040000")


async def test_a_card_without_a_chip_is_told_so(
    reader: Crt188Reader, simulated: SimulatedCrt188Reader
) -> None:
    simulated.insert()
    await reader.read_card(timeout=3.0)
    with pytest.raises(DeviceError) as raised:
        await reader.transmit(SELECT)
    assert raised.value.code is CardReaderError.CHIP_NOT_SUPPORTED
    await reader.eject_card()


async def test_no_card_is_told_to_who_speaks_to_its_chip(reader: Crt188Reader) -> None:
    with pytest.raises(DeviceError) as raised:
        await reader.transmit(SELECT)
    assert raised.value.code is CardReaderError.NO_MEDIA


async def test_a_card_taken_out_while_its_chip_is_spoken_to_is_told_so(
    reader: Crt188Reader, simulated: SimulatedCrt188Reader
) -> None:
    await with_chip(reader, simulated)
    await reader.transmit(SELECT)
    simulated.inflict(ReaderFault.REMOVED)
    with pytest.raises(DeviceError) as raised:
        await reader.transmit(SELECT)
    assert raised.value.code is CardReaderError.MEDIA_REMOVED
    await with_chip(reader, simulated)
    assert (await reader.transmit(SELECT))[-2:]


async def test_a_command_too_long_for_a_frame_is_unsupported(
    reader: Crt188Reader, simulated: SimulatedCrt188Reader
) -> None:
    await with_chip(reader, simulated)
    with pytest.raises(DeviceError) as raised:
        await reader.transmit(bytes(2000))
    assert raised.value.completion is CompletionCode.UNSUPPORTED_DATA


async def test_the_self_test_tells_the_serial_number(reader: Crt188Reader) -> None:
    assert (await reader.self_test()).passed
    assert reader.info.details == {"serial_number": "HUIMIN-SIMULATED"}
    assert reader.info.simulated


async def test_the_reader_is_asked_no_faster_than_it_may_be(
    reader: Crt188Reader, simulated: SimulatedCrt188Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crt188_reader, "POLL_SECONDS", USUAL_PAUSE)
    for _ in range(2):
        with pytest.raises(DeviceError):
            await reader.read_card(timeout=0.5)
        await reader.status()
    pauses = [later - earlier for earlier, later in pairwise(simulated.polls)]
    assert len(pauses) >= 4
    assert min(pauses) >= 0.2


async def test_reading_at_the_pace_of_a_real_reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crt188_reader, "POLL_SECONDS", USUAL_PAUSE)
    device = SimulatedCrt188Reader(tmp_path / "reader", Pace(move=0.3))
    reader = Crt188Reader(Crt188Options(port=str(tmp_path / "reader")))
    async with running(device):
        await reader.open()
        device.insert()
        assert (await reader.read_card(timeout=5.0)).number == DEMONSTRATION.pan
        await reader.eject_card()
        await reader.close()


async def test_a_pulled_plug_is_a_lost_connection_and_plugging_in_repairs_it(
    reader: Crt188Reader, simulated: SimulatedCrt188Reader
) -> None:
    waiting = asyncio.create_task(reader.read_card(timeout=30.0))
    await until(lambda: simulated.polls)
    simulated.line.unplug()
    with pytest.raises(DeviceError) as raised:
        await asyncio.wait_for(waiting, 5.0)
    assert raised.value.completion is CompletionCode.CONNECTION_LOST
    assert (await reader.status()).device is DeviceStatus.NO_DEVICE
    simulated.line.plug_in()
    simulated.insert()
    assert (await reader.read_card(timeout=3.0)).number == DEMONSTRATION.pan


def test_the_simulated_device_named_as_the_class_speaks_to_the_class_first_driver() -> None:
    first = next(iter(CLASSES["card_reader"].drivers))
    assert CLASSES["card_reader"].driver(first) is Crt188Reader
    assert SimulatedCrt188Reader.name.replace("-", "_") == Crt188Reader.name


async def test_nothing_of_a_card_is_in_events(reader: Crt188Reader, simulated: SimulatedCrt188Reader) -> None:
    told: list[object] = []
    reader.subscribe(told.append)
    simulated.insert()
    await reader.read_card(timeout=3.0)
    await reader.eject_card()
    assert len(told) >= 2
    assert DEMONSTRATION.pan not in repr(told)
