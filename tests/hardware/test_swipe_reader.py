"""The driver of swipe readers, against a simulated one on a real pseudo-terminal."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hardware.drivers.swipe_reader import SwipeOptions, TrackSwipeReader
from hardware.interfaces.card_reader import CardReaderError, CardSource
from hardware.interfaces.device import CompletionCode, DeviceError, DeviceStatus
from hardware.interfaces.media import Media
from hardware.protocols.track2 import Track2
from hardware.simulators.device import Refused
from hardware.simulators.line import LineFault
from hardware.simulators.swipe_reader import (
    DEMONSTRATION,
    INSTANT,
    NATIONAL,
    Pace,
    SimulatedSwipeReader,
    Strips,
    SwipeFault,
)
from tests.hardware.conftest import running, until

OTHER = Track2("6200000000000000000", "4911", "101", "")


@pytest.fixture
async def simulated(tmp_path: Path) -> AsyncIterator[SimulatedSwipeReader]:
    device = SimulatedSwipeReader(tmp_path / "reader", INSTANT)
    async with running(device):
        yield device


@pytest.fixture
async def reader(simulated: SimulatedSwipeReader) -> AsyncIterator[TrackSwipeReader]:
    driver = TrackSwipeReader(SwipeOptions(port=str(simulated.line.name)))
    await driver.open()
    yield driver
    await driver.close()


async def swiped(
    reader: TrackSwipeReader, simulated: SimulatedSwipeReader, card: Track2 = DEMONSTRATION
) -> str:
    """The number that is read of a card swiped while one is waited for."""
    reading = asyncio.create_task(reader.read_card(timeout=5.0))
    await asyncio.sleep(0.12)
    simulated.swipe(card)
    return (await reading).number


async def refused(reader: TrackSwipeReader, simulated: SimulatedSwipeReader) -> DeviceError:
    with pytest.raises(DeviceError) as raised:
        await swiped(reader, simulated)
    return raised.value


async def test_a_card_is_read(reader: TrackSwipeReader, simulated: SimulatedSwipeReader) -> None:
    reading = asyncio.create_task(reader.read_card(timeout=5.0))
    await asyncio.sleep(0.12)
    simulated.swipe()
    card = await reading
    assert (card.number, card.expires, card.source) == (DEMONSTRATION.pan, "4912", CardSource.STRIPE)
    assert card.track2 == DEMONSTRATION.encode()


@pytest.mark.parametrize("end", [b"\r", b"\r\n", b"\x03", b""])
@pytest.mark.parametrize("strips", Strips)
async def test_a_reader_may_be_set_to_strip_and_end_as_it_likes(
    tmp_path: Path, strips: Strips, end: bytes
) -> None:
    device = SimulatedSwipeReader(tmp_path / "reader", INSTANT, strips=strips, end=end)
    reader = TrackSwipeReader(SwipeOptions(port=str(tmp_path / "reader")))
    async with running(device):
        await reader.open()
        assert await swiped(reader, device) == DEMONSTRATION.pan
        assert await swiped(reader, device, OTHER) == OTHER.pan
        await reader.close()


WRONG = [
    (SwipeFault.TOO_FAST, CompletionCode.INVALID_DATA, CardReaderError.READ_FAILED),
    (SwipeFault.HALF, CompletionCode.INVALID_DATA, CardReaderError.READ_FAILED),
    (SwipeFault.FROM_THE_MIDDLE, CompletionCode.INVALID_DATA, CardReaderError.READ_FAILED),
    (SwipeFault.WRONG_SIDE, CompletionCode.INVALID_DATA, CardReaderError.READ_FAILED),
    (SwipeFault.OTHER_CARD, CompletionCode.USER_ERROR, CardReaderError.INVALID_MEDIA),
    (SwipeFault.WRONG_CHECK_DIGIT, CompletionCode.INVALID_DATA, CardReaderError.INVALID_CONTENT),
    (LineFault.WRONG_CHECKSUM, CompletionCode.INVALID_DATA, CardReaderError.READ_FAILED),
    (LineFault.CUT_SHORT, CompletionCode.INVALID_DATA, CardReaderError.READ_FAILED),
    (LineFault.NOISE_INSIDE, CompletionCode.INVALID_DATA, CardReaderError.READ_FAILED),
]


@pytest.mark.parametrize(("fault", "completion", "code"), WRONG)
async def test_a_fault_is_named_and_the_second_chance_succeeds(
    reader: TrackSwipeReader,
    simulated: SimulatedSwipeReader,
    fault: SwipeFault | LineFault,
    completion: CompletionCode,
    code: CardReaderError,
) -> None:
    for _ in range(2):
        simulated.inflict(fault)
        error = await refused(reader, simulated)
        assert (error.completion, error.code) == (completion, code)
        assert DEMONSTRATION.pan not in str(error) + repr(error)
        assert await swiped(reader, simulated) == DEMONSTRATION.pan


@pytest.mark.parametrize("fault", [LineFault.NOISE_BEFORE, LineFault.BYTE_BY_BYTE])
async def test_a_bad_line_does_no_harm_to_a_swipe_that_came_whole(
    reader: TrackSwipeReader, simulated: SimulatedSwipeReader, fault: LineFault
) -> None:
    simulated.inflict(fault)
    assert await swiped(reader, simulated) == DEMONSTRATION.pan


async def test_a_number_of_a_national_scheme_needs_no_check_digit(
    reader: TrackSwipeReader, simulated: SimulatedSwipeReader
) -> None:
    assert await swiped(reader, simulated, Track2.decode(NATIONAL)) == "9156123456789"


async def test_a_swipe_while_nobody_waits_is_forgotten(
    reader: TrackSwipeReader, simulated: SimulatedSwipeReader
) -> None:
    simulated.swipe(OTHER)
    await until(lambda: simulated.state()["cards_swiped"])
    await asyncio.sleep(0.1)
    assert await swiped(reader, simulated) == DEMONSTRATION.pan


async def test_the_rest_of_a_swipe_is_not_the_next_one(
    reader: TrackSwipeReader, simulated: SimulatedSwipeReader
) -> None:
    simulated.end = b"+0162000012345678922?;1\r\n"  # a third track, and something behind it
    assert await swiped(reader, simulated) == DEMONSTRATION.pan
    assert await swiped(reader, simulated, OTHER) == OTHER.pan


async def test_no_card_in_time_is_said_so(reader: TrackSwipeReader) -> None:
    with pytest.raises(DeviceError) as raised:
        await reader.read_card(timeout=0.2)
    assert (raised.value.completion, raised.value.code) == (
        CompletionCode.TIME_OUT,
        CardReaderError.NO_MEDIA,
    )


async def test_a_swipe_at_the_last_moment_is_read_to_its_end(tmp_path: Path) -> None:
    device = SimulatedSwipeReader(tmp_path / "reader", Pace(decode=0.0, baud=600))
    reader = TrackSwipeReader(SwipeOptions(port=str(tmp_path / "reader")))
    async with running(device):
        await reader.open()
        reading = asyncio.create_task(reader.read_card(timeout=0.6))
        await asyncio.sleep(0.3)
        device.swipe()  # takes 0.6 s at this speed
        assert (await reading).number == DEMONSTRATION.pan
        await reader.close()


async def test_waiting_can_be_cancelled_and_begun_again_at_once(
    reader: TrackSwipeReader, simulated: SimulatedSwipeReader
) -> None:
    for _ in range(3):
        waiting = asyncio.create_task(reader.read_card(timeout=30.0))
        await asyncio.sleep(0.05)
        await reader.cancel()
        with pytest.raises(DeviceError) as raised:
            await waiting
        assert raised.value.completion is CompletionCode.CANCELED
        assert await swiped(reader, simulated) == DEMONSTRATION.pan


async def test_a_pulled_plug_is_told_and_plugging_in_repairs_it(
    reader: TrackSwipeReader, simulated: SimulatedSwipeReader
) -> None:
    status = await reader.status()
    assert (status.device, status.media) == (DeviceStatus.ONLINE, Media.NOT_SUPPORTED)
    waiting = asyncio.create_task(reader.read_card(timeout=30.0))
    await asyncio.sleep(0.1)
    simulated.line.unplug()
    with pytest.raises(DeviceError) as raised:
        await asyncio.wait_for(waiting, 5.0)
    assert raised.value.completion is CompletionCode.CONNECTION_LOST
    assert (await reader.status()).device is DeviceStatus.NO_DEVICE
    simulated.line.plug_in()
    assert await swiped(reader, simulated) == DEMONSTRATION.pan
    assert (await reader.status()).device is DeviceStatus.ONLINE


async def test_what_it_has_no_motor_for_is_refused(reader: TrackSwipeReader) -> None:
    for command in (reader.eject_card, reader.retain_card):
        with pytest.raises(DeviceError) as raised:
            await command()
        assert raised.value.completion is CompletionCode.UNSUPPORTED_COMMAND
    capabilities = await reader.capabilities()
    assert capabilities.stripe
    assert not (capabilities.ejects or capabilities.retains or capabilities.chip)


async def test_nothing_of_a_card_is_in_events_or_in_the_log(
    reader: TrackSwipeReader, simulated: SimulatedSwipeReader, capsys: pytest.CaptureFixture[str]
) -> None:
    told: list[object] = []
    reader.subscribe(told.append)
    await swiped(reader, simulated)
    simulated.inflict(SwipeFault.WRONG_CHECK_DIGIT)
    await refused(reader, simulated)
    assert len(told) >= 2
    written = json.dumps([repr(event) for event in told]) + "".join(capsys.readouterr())
    assert DEMONSTRATION.pan[:-1] not in written


async def test_a_card_is_known_within_a_blink_of_its_last_byte(
    reader: TrackSwipeReader, simulated: SimulatedSwipeReader
) -> None:
    reading = asyncio.create_task(reader.read_card(timeout=5.0))
    await asyncio.sleep(0.12)
    began = time.perf_counter()
    simulated.swipe()
    await reading
    assert time.perf_counter() - began < 0.1


def test_a_card_given_by_hand_is_judged() -> None:
    device = SimulatedSwipeReader(Path("unused"), INSTANT)
    with pytest.raises(Refused):
        device.act("swipe", "62000")
