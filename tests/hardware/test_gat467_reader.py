"""The driver of the identity card reader, against the simulated reader on a real pseudo-terminal."""

from __future__ import annotations

import asyncio
import io
import os
import time
import tty
from collections.abc import Callable
from dataclasses import replace
from enum import Enum
from itertools import pairwise
from pathlib import Path

import pytest

from foundation.language import Language
from hardware.diagnosing import interactive
from hardware.diagnosing.check import Level, Outcome, check
from hardware.diagnosing.technician import ConsoleTechnician
from hardware.drivers import gat467_reader
from hardware.drivers.gat467_reader import Gat467Reader
from hardware.drivers.serial_device import SerialOptions
from hardware.interfaces.device import CompletionCode, DeviceError, DeviceStatus
from hardware.interfaces.identity_card_reader import CardError
from hardware.protocols import gat467
from hardware.protocols.gat467 import PREAMBLE, Command, Frame, FrameReader, Reply, Status
from hardware.protocols.identity_card import Content, encode
from hardware.simulators import cards
from hardware.simulators.identity_card_reader import CardFault, Pace, SimulatedIdentityCardReader
from hardware.simulators.line import LineFault
from tests.hardware.conftest import running, until
from tests.hardware.samples import PERSON

CARD = Content(encode(PERSON), bytes(1024))
OTHER = cards.load("elder").content()
USUAL_PAUSE = gat467_reader.POLL_SECONDS


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses between two questions are not waited for in full: the simulated reader answers at once."""
    monkeypatch.setattr(gat467_reader, "POLL_SECONDS", 0.05)
    monkeypatch.setattr(gat467_reader, "SETTLE_SECONDS", 0.15)


async def test_a_card_is_read(reader: Gat467Reader, simulated_reader: SimulatedIdentityCardReader) -> None:
    simulated_reader.present(CARD)
    assert await reader.read_card(timeout=2.0) == replace(PERSON, photo=bytes(1024))


async def test_a_card_that_is_laid_down_later_is_read(
    reader: Gat467Reader, simulated_reader: SimulatedIdentityCardReader
) -> None:
    asyncio.get_running_loop().call_later(0.3, simulated_reader.present, CARD)
    assert (await reader.read_card(timeout=5.0)).full_name == PERSON.full_name


async def test_no_card_in_time_is_said_so(reader: Gat467Reader) -> None:
    began = time.monotonic()
    with pytest.raises(DeviceError) as raised:
        await reader.read_card(timeout=0.7)
    assert (raised.value.completion, raised.value.code) == (CompletionCode.TIME_OUT, CardError.NO_MEDIA)
    assert time.monotonic() - began < 3.0


@pytest.mark.parametrize("name", ["default", "elder", "minority", "young"])
async def test_the_supplied_cards_are_read(
    reader: Gat467Reader, simulated_reader: SimulatedIdentityCardReader, name: str
) -> None:
    card = cards.load(name)
    simulated_reader.present(card.content())
    record = await reader.read_card(timeout=2.0)
    assert record.full_name == card.full_name
    assert record.address == card.address
    assert record.identity_number == card.identity_number
    assert record.valid_to == card.valid_to


FAULTS = [
    (LineFault.WRONG_CHECKSUM, CardError.READ_FAILED),
    (LineFault.CUT_SHORT, CardError.READ_FAILED),
    (CardFault.LIFTED, CardError.MEDIA_REMOVED),
]


@pytest.mark.parametrize(("fault", "code"), FAULTS)
async def test_a_fault_is_named_and_the_second_chance_succeeds(
    reader: Gat467Reader, simulated_reader: SimulatedIdentityCardReader, fault: Enum, code: CardError
) -> None:
    for _ in range(2):
        simulated_reader.present(CARD, fault)
        with pytest.raises(DeviceError) as raised:
            await reader.read_card(timeout=3.0)
        assert raised.value.code is code
        simulated_reader.present(CARD)
        assert (await reader.read_card(timeout=3.0)).full_name == PERSON.full_name


async def test_a_check_for_which_nobody_came_was_not_done(
    reader: Gat467Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interactive, "PERSON_SECONDS", 0.3)
    result = await check(reader, Level.INTERACTIVE, ConsoleTechnician(Language.EN, out=io.StringIO()))
    assert (result.outcome, result.findings) == (Outcome.NOT_DONE, ("advice.check.nobody_or_unnoticed",))


async def test_noise_before_the_answer_is_skipped(
    reader: Gat467Reader, simulated_reader: SimulatedIdentityCardReader
) -> None:
    simulated_reader.present(CARD, LineFault.NOISE_BEFORE)
    assert (await reader.read_card(timeout=3.0)).full_name == PERSON.full_name


async def test_a_wrong_check_character_is_wrong_content(
    reader: Gat467Reader, simulated_reader: SimulatedIdentityCardReader
) -> None:
    card = cards.load("wrong-check-digit")
    simulated_reader.present(card.content())
    with pytest.raises(DeviceError) as raised:
        await reader.read_card(timeout=2.0)
    assert raised.value.code is CardError.INVALID_CONTENT
    assert card.identity_number not in str(raised.value)
    assert card.full_name not in str(raised.value)
    simulated_reader.present(CARD)
    assert await reader.read_card(timeout=2.0)


async def test_a_card_that_was_read_is_not_read_again_until_it_is_lifted(
    reader: Gat467Reader, simulated_reader: SimulatedIdentityCardReader
) -> None:
    simulated_reader.present(CARD)
    await reader.read_card(timeout=2.0)
    with pytest.raises(DeviceError) as raised:
        await reader.read_card(timeout=0.7)
    assert raised.value.code is CardError.NO_MEDIA
    simulated_reader.lift()
    simulated_reader.present(OTHER)
    assert (await reader.read_card(timeout=2.0)).full_name == cards.load("elder").full_name


async def test_a_card_lifted_after_it_was_found_is_said_so(
    reader: Gat467Reader, simulated_reader: SimulatedIdentityCardReader
) -> None:
    simulated_reader.pace = Pace(find=0.0, select=0.3, read=0.0, baud=0)
    simulated_reader.present(CARD)
    reading = asyncio.create_task(reader.read_card(timeout=3.0))
    await until(lambda: simulated_reader.finds)
    await asyncio.sleep(0.15)
    simulated_reader.lift()
    with pytest.raises(DeviceError) as raised:
        await reading
    assert raised.value.code is CardError.MEDIA_REMOVED


async def test_the_reader_is_asked_no_faster_than_it_may_be(
    reader: Gat467Reader, simulated_reader: SimulatedIdentityCardReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gat467_reader, "POLL_SECONDS", USUAL_PAUSE)
    for _ in range(3):
        with pytest.raises(DeviceError):
            await reader.read_card(timeout=0.4)
    pauses = [later - earlier for earlier, later in pairwise(simulated_reader.finds)]
    assert len(pauses) >= 3
    assert min(pauses) >= 0.2


async def test_reading_at_the_speed_of_the_wire(tmp_path: Path) -> None:
    pace = Pace(find=0.02, select=0.02, read=0.0, baud=115200)
    device = SimulatedIdentityCardReader(tmp_path / "reader", pace)
    async with running(device):
        reader = Gat467Reader(SerialOptions(port=str(tmp_path / "reader")))
        await reader.open()
        device.present(CARD)
        began = time.monotonic()
        await reader.read_card(timeout=3.0)
        assert time.monotonic() - began >= 1295 * 10 / 115200
        await reader.close()


async def test_waiting_can_be_cancelled_and_begun_again_at_once(
    reader: Gat467Reader, simulated_reader: SimulatedIdentityCardReader
) -> None:
    for _ in range(3):
        waiting = asyncio.create_task(reader.read_card(timeout=30.0))
        await asyncio.sleep(0.1)
        waiting.cancel()  # the next one begins before this one has let go
        simulated_reader.present(CARD)
        assert (await reader.read_card(timeout=3.0)).full_name == PERSON.full_name
        simulated_reader.lift()
        with pytest.raises(asyncio.CancelledError):
            await waiting


async def test_a_reading_that_is_cancelled_half_way_leaves_nothing_to_the_next_resident(
    reader: Gat467Reader, simulated_reader: SimulatedIdentityCardReader
) -> None:
    simulated_reader.pace = Pace(find=0.0, select=0.0, read=0.4, baud=0)
    simulated_reader.present(CARD)
    reading = asyncio.create_task(reader.read_card(timeout=5.0))
    await until(lambda: simulated_reader.finds)
    await asyncio.sleep(0.2)  # the card is being read
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    await asyncio.sleep(0.3)  # its content has come, and waits on the port
    simulated_reader.present(OTHER)
    assert (await reader.read_card(timeout=5.0)).full_name == cards.load("elder").full_name


async def test_an_answer_that_comes_too_late_is_not_taken_for_the_next_one(
    reader: Gat467Reader, simulated_reader: SimulatedIdentityCardReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gat467_reader, "CONTENT_SECONDS", 0.3)
    simulated_reader.pace = Pace(find=0.0, select=0.0, read=0.9, baud=0)
    simulated_reader.present(CARD)
    with pytest.raises(DeviceError) as raised:
        await reader.read_card(timeout=5.0)
    assert raised.value.code is CardError.READ_FAILED
    await asyncio.sleep(0.65)  # the late content is on the line
    simulated_reader.pace = Pace(find=0.0, select=0.0, read=0.0, baud=0)
    simulated_reader.present(OTHER)
    assert (await reader.read_card(timeout=5.0)).full_name == cards.load("elder").full_name


async def test_a_second_reading_waits_for_the_first(
    reader: Gat467Reader, simulated_reader: SimulatedIdentityCardReader
) -> None:
    first = asyncio.create_task(reader.read_card(timeout=1.0))
    await asyncio.sleep(0.05)
    with pytest.raises(DeviceError) as raised:
        await reader.read_card(timeout=0.2)
    assert raised.value.completion is CompletionCode.SEQUENCE_ERROR
    simulated_reader.present(CARD)
    assert await first


async def test_the_state_can_be_asked_while_a_card_is_waited_for(reader: Gat467Reader) -> None:
    waiting = asyncio.create_task(reader.read_card(timeout=5.0))
    await asyncio.sleep(0.1)
    assert (await asyncio.wait_for(reader.status(), 3.0)).device is DeviceStatus.DEVICE_BUSY
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)


async def test_a_pulled_plug_is_a_lost_connection_and_plugging_in_repairs_it(
    reader: Gat467Reader, simulated_reader: SimulatedIdentityCardReader
) -> None:
    waiting = asyncio.create_task(reader.read_card(timeout=30.0))
    await until(lambda: simulated_reader.finds)
    simulated_reader.line.unplug()
    with pytest.raises(DeviceError) as raised:
        await asyncio.wait_for(waiting, 5.0)
    assert raised.value.completion is CompletionCode.CONNECTION_LOST
    assert (await reader.status()).device is DeviceStatus.NO_DEVICE
    assert (await reader.self_test()).findings == ("advice.port.absent",)
    with pytest.raises(DeviceError) as raised:
        await reader.read_card(timeout=0.3)
    assert raised.value.completion is CompletionCode.CONNECTION_LOST
    simulated_reader.line.plug_in()
    simulated_reader.present(CARD)
    assert (await reader.read_card(timeout=3.0)).full_name == PERSON.full_name
    assert (await reader.status()).device is DeviceStatus.ONLINE


async def test_a_reader_that_comes_back_within_a_moment_is_waited_for(
    reader: Gat467Reader, simulated_reader: SimulatedIdentityCardReader
) -> None:
    simulated_reader.line.unplug()
    assert (await reader.status()).device is DeviceStatus.NO_DEVICE
    simulated_reader.present(CARD)
    asyncio.get_running_loop().call_later(0.3, simulated_reader.line.plug_in)
    assert await reader.read_card(timeout=5.0)


async def test_a_silent_reader_is_found_out(
    reader: Gat467Reader, simulated_reader: SimulatedIdentityCardReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gat467_reader, "ANSWER_SECONDS", 0.2)
    simulated_reader.silent = True
    assert (await reader.status()).device is DeviceStatus.OFFLINE
    assert (await reader.self_test()).findings == ("advice.completion.connectionLost",)
    for timeout in (2.0, 30.0):
        with pytest.raises(DeviceError) as raised:
            await asyncio.wait_for(reader.read_card(timeout=timeout), 5.0)
        assert raised.value.completion is CompletionCode.CONNECTION_LOST
        assert raised.value.code is None
    simulated_reader.silent = False
    simulated_reader.present(CARD)
    assert await reader.read_card(timeout=3.0)


async def test_the_self_test_tells_the_modules_identifier(reader: Gat467Reader) -> None:
    assert (await reader.self_test()).passed
    assert reader.info.details == {"sam_id": b"HUIMIN-SIMULATED".hex()}
    assert reader.info.simulated
    assert (reader.info.name, reader.info.driver) == ("identity_card_reader", "gat467")


async def test_after_closing_it_can_be_opened_again(
    reader: Gat467Reader, simulated_reader: SimulatedIdentityCardReader
) -> None:
    await reader.close()
    assert (await reader.status()).device is DeviceStatus.OFFLINE
    with pytest.raises(DeviceError) as raised:
        await reader.read_card(timeout=0.5)
    assert raised.value.completion is CompletionCode.SEQUENCE_ERROR
    await reader.open()
    simulated_reader.present(CARD)
    assert await reader.read_card(timeout=2.0)


# A reader that answers what a test tells it to


class Scripted:
    """Answers each command with the bytes that a test gives for it."""

    def __init__(self, name: Path, answers: Callable[[Command], bytes]) -> None:
        self._end, self._host_end = os.openpty()
        tty.setraw(self._host_end)
        os.set_blocking(self._end, False)
        name.symlink_to(os.ttyname(self._host_end))
        self._frames = FrameReader()
        self._answers = answers
        asyncio.get_running_loop().add_reader(self._end, self._readable)

    def _readable(self) -> None:
        for found in self._frames.feed(os.read(self._end, 4096)):
            assert isinstance(found, Frame)
            asked = gat467.command(found.body)
            assert asked
            os.write(self._end, self._answers(asked))

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._end)
        os.close(self._end)
        os.close(self._host_end)


FOUND = Reply(Status.CARD_FOUND, bytes(4)).encode()
SELECTED = Reply(Status.DONE, bytes(8)).encode()
NO_CARD = Reply(Status.NO_CARD).encode()


async def read_from(tmp_path: Path, answers: dict[Command, bytes], timeout: float = 2.0) -> str:
    """The name on the card that a scripted reader gives."""
    given = {Command.FIND_CARD: FOUND, Command.SELECT_CARD: SELECTED, **answers}
    peer = Scripted(tmp_path / "reader", lambda asked: given[asked])
    reader = Gat467Reader(SerialOptions(port=str(tmp_path / "reader")))
    try:
        await reader.open()
        return (await reader.read_card(timeout=timeout)).full_name
    finally:
        await reader.close()
        peer.close()


WHOLE = Reply(Status.DONE, CARD.encode()).encode()
STALE = Reply(Status.DONE, OTHER.encode()).encode()


async def test_answers_to_earlier_commands_are_passed_over(tmp_path: Path) -> None:
    name = await read_from(
        tmp_path,
        {
            Command.FIND_CARD: STALE + FOUND,
            Command.SELECT_CARD: STALE + FOUND + SELECTED,
            Command.READ_TEXT_PHOTO: FOUND + SELECTED + WHOLE,
        },
    )
    assert name == PERSON.full_name


async def test_a_false_beginning_before_the_answer_costs_a_moment_and_not_the_answer(tmp_path: Path) -> None:
    began = time.monotonic()
    name = await read_from(tmp_path, {Command.READ_TEXT_PHOTO: PREAMBLE + b"\x0f\xff" + WHOLE})
    assert name == PERSON.full_name
    assert time.monotonic() - began < 3.0


READ, SELECT, FIND = Command.READ_TEXT_PHOTO, Command.SELECT_CARD, Command.FIND_CARD
REFUSED = [
    (SELECT, Status.SELECT_FAILED, CompletionCode.USER_ERROR, CardError.MEDIA_REMOVED),
    (SELECT, Status.UNRECOGNISED_CARD, CompletionCode.USER_ERROR, CardError.INVALID_MEDIA),
    (READ, Status.VERIFICATION_ERROR, CompletionCode.USER_ERROR, CardError.INVALID_MEDIA),
    (
        Command.READ_TEXT_PHOTO,
        Status.AUTHENTICATION_FAILED_31,
        CompletionCode.USER_ERROR,
        CardError.INVALID_MEDIA,
    ),
    (
        Command.READ_TEXT_PHOTO,
        Status.AUTHENTICATION_FAILED_32,
        CompletionCode.USER_ERROR,
        CardError.INVALID_MEDIA,
    ),
    (READ, Status.READ_FAILED, CompletionCode.INVALID_DATA, CardError.READ_FAILED),
    (READ, Status.CHECKSUM_ERROR, CompletionCode.INVALID_DATA, CardError.READ_FAILED),
    (READ, Status.SELF_TEST_FAILED, CompletionCode.HARDWARE_ERROR, None),
    (FIND, Status.NOT_AUTHORISED, CompletionCode.HARDWARE_ERROR, None),
    (FIND, Status.RANDOM_NUMBER_FAILED, CompletionCode.HARDWARE_ERROR, None),
]


@pytest.mark.parametrize(("at", "status", "completion", "code"), REFUSED)
async def test_a_refusal_says_whether_the_card_or_the_reader_is_at_fault(
    tmp_path: Path, at: Command, status: Status, completion: CompletionCode, code: CardError | None
) -> None:
    with pytest.raises(DeviceError) as raised:
        await read_from(tmp_path, {Command.READ_TEXT_PHOTO: WHOLE, at: Reply(status).encode()})
    assert (raised.value.completion, raised.value.code) == (completion, code)
    assert f"{status:02X}" in raised.value.detail


async def test_a_status_that_nobody_knows_is_the_readers_fault(tmp_path: Path) -> None:
    with pytest.raises(DeviceError) as raised:
        await read_from(tmp_path, {Command.SELECT_CARD: Reply(0x77).encode()})
    assert raised.value.completion is CompletionCode.HARDWARE_ERROR


async def test_content_whose_lengths_do_not_add_up_was_not_read(tmp_path: Path) -> None:
    short = Reply(Status.DONE, CARD.encode()[:-1]).encode()
    with pytest.raises(DeviceError) as raised:
        await read_from(tmp_path, {Command.READ_TEXT_PHOTO: short})
    assert raised.value.code is CardError.READ_FAILED


async def test_a_question_that_came_to_harm_is_asked_again(tmp_path: Path) -> None:
    answers = iter([Reply(Status.CHECKSUM_ERROR).encode(), Reply(Status.LENGTH_ERROR).encode(), FOUND])
    given = {Command.SELECT_CARD: SELECTED, Command.READ_TEXT_PHOTO: WHOLE}
    peer = Scripted(
        tmp_path / "reader", lambda asked: next(answers) if asked is Command.FIND_CARD else given[asked]
    )
    reader = Gat467Reader(SerialOptions(port=str(tmp_path / "reader")))
    await reader.open()
    assert await reader.read_card(timeout=3.0)
    await reader.close()
    peer.close()


async def test_a_line_full_of_noise_does_not_hold_anybody_up(tmp_path: Path) -> None:
    with pytest.raises(DeviceError) as raised:
        await asyncio.wait_for(read_from(tmp_path, {Command.FIND_CARD: PREAMBLE * 700}, timeout=2.0), 10.0)
    assert raised.value.completion is CompletionCode.CONNECTION_LOST
