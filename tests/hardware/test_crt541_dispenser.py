"""The driver of the CRT-541, against a simulated unit on a real pseudo-terminal."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import pytest
from pydantic import ValidationError

from foundation.language import Language
from hardware.diagnosing.check import Level, Outcome, check
from hardware.diagnosing.technician import ConsoleTechnician
from hardware.drivers import creator_line, crt541_dispenser
from hardware.drivers.crt541_dispenser import Crt541Dispenser, Crt541Options
from hardware.interfaces.card_reader import CardReaderError
from hardware.interfaces.device import CompletionCode, DeviceError, DeviceStatus
from hardware.interfaces.media import Media
from hardware.simulators.crt541_dispenser import (
    FULL_STACKER,
    INSTANT,
    DispenserFault,
    Pace,
    SimulatedCrt541Dispenser,
)
from hardware.simulators.line import LineFault
from tests.hardware.conftest import running, until

USUAL_PAUSE = crt541_dispenser.POLL_SECONDS


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses are not waited for in full: the simulated unit answers at once."""
    monkeypatch.setattr(crt541_dispenser, "POLL_SECONDS", 0.05)
    monkeypatch.setattr(creator_line, "SETTLE_SECONDS", 0.1)
    monkeypatch.setattr(crt541_dispenser, "ANSWER_SECONDS", 0.15)


@pytest.fixture
async def simulated(tmp_path: Path) -> AsyncIterator[SimulatedCrt541Dispenser]:
    device = SimulatedCrt541Dispenser(tmp_path / "unit", INSTANT, address=5)
    async with running(device):
        yield device


@pytest.fixture
async def unit(simulated: SimulatedCrt541Dispenser) -> AsyncIterator[Crt541Dispenser]:
    driver = Crt541Dispenser(Crt541Options(port=str(simulated.line.name), address=5))
    await driver.open()
    yield driver
    await driver.close()


async def refused(unit: Crt541Dispenser) -> tuple[CompletionCode, object]:
    with pytest.raises(DeviceError) as raised:
        await unit.dispense_card()
    return raised.value.completion, raised.value.code


async def test_cards_are_handed_out_one_by_one(
    unit: Crt541Dispenser, simulated: SimulatedCrt541Dispenser
) -> None:
    for number in range(1, 4):
        await unit.dispense_card()
        assert (simulated.dispensed, simulated.cards) == (number, FULL_STACKER - number)
    status = await unit.status()
    assert (status.device, status.media, status.findings) == (DeviceStatus.ONLINE, Media.NOT_PRESENT, ())


async def test_a_card_takes_its_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crt541_dispenser, "POLL_SECONDS", USUAL_PAUSE)
    device = SimulatedCrt541Dispenser(tmp_path / "unit", Pace(dispense=0.6))
    unit = Crt541Dispenser(Crt541Options(port=str(tmp_path / "unit")))
    async with running(device):
        await unit.open()
        await unit.dispense_card()
        assert device.dispensed == 1
        await unit.close()


@pytest.mark.parametrize("fault", [DispenserFault.EMPTY, DispenserFault.NOT_TAKEN])
async def test_a_unit_that_hands_out_nothing_says_so(
    unit: Crt541Dispenser, simulated: SimulatedCrt541Dispenser, fault: DispenserFault
) -> None:
    simulated.inflict(fault)
    assert await refused(unit) == (CompletionCode.DEVICE_NOT_READY, None)
    assert simulated.dispensed == 0
    simulated.inflict(DispenserFault.NONE)
    await unit.dispense_card()


async def test_a_stacker_without_enough_cards_is_advised_on(
    unit: Crt541Dispenser, simulated: SimulatedCrt541Dispenser
) -> None:
    simulated.cards = 0
    assert (await unit.status()).findings == ("advice.card_reader.stacker",)
    simulated.act("refill", "")
    assert (await unit.status()).findings == ()


async def test_a_jam_is_named_shown_and_over_once_it_is_freed(
    unit: Crt541Dispenser, simulated: SimulatedCrt541Dispenser
) -> None:
    simulated.inflict(DispenserFault.JAM)
    jam = (CompletionCode.HARDWARE_ERROR, CardReaderError.MEDIA_JAM)
    assert await refused(unit) == jam
    assert await refused(unit) == jam
    status = await unit.status()
    assert (status.device, status.media) == (DeviceStatus.HARDWARE_ERROR, Media.JAMMED)
    assert status.findings == ("advice.card_reader.mediaJam",)
    simulated.inflict(DispenserFault.NONE)
    await unit.dispense_card()
    assert simulated.dispensed == 1


async def test_a_check_asks_nobody_for_what_it_cannot_do(unit: Crt541Dispenser) -> None:
    said = io.StringIO()
    result = await check(unit, Level.INTERACTIVE, ConsoleTechnician(Language.EN, out=said))
    assert (result.outcome, result.findings, said.getvalue()) == (Outcome.NOT_SUPPORTED, (), "")


async def test_what_it_cannot_do_is_refused(unit: Crt541Dispenser) -> None:
    capabilities = await unit.capabilities()
    assert not (capabilities.stripe or capabilities.chip or capabilities.ejects or capabilities.retains)
    for command in (lambda: unit.read_card(timeout=1.0), unit.eject_card, unit.retain_card):
        with pytest.raises(DeviceError) as raised:
            await command()
        assert raised.value.completion is CompletionCode.UNSUPPORTED_COMMAND


async def test_a_command_that_was_not_understood_is_said_again_and_hands_out_one_card(
    unit: Crt541Dispenser, simulated: SimulatedCrt541Dispenser
) -> None:
    for number in range(1, 4):
        simulated.inflict(DispenserFault.NAK)
        await unit.dispense_card()
        assert simulated.dispensed == number


async def test_a_unit_that_does_not_know_a_command_is_told_so(
    unit: Crt541Dispenser, simulated: SimulatedCrt541Dispenser
) -> None:
    simulated.upon("enquire", lambda: simulated.inflict(DispenserFault.DEAF))
    assert await refused(unit) == (CompletionCode.UNSUPPORTED_COMMAND, None)
    assert simulated.dispensed == 0


async def test_a_unit_that_understands_nothing_is_a_lost_connection(
    unit: Crt541Dispenser, simulated: SimulatedCrt541Dispenser
) -> None:
    simulated.inflict(DispenserFault.DEAF)
    assert await refused(unit) == (CompletionCode.CONNECTION_LOST, None)
    assert (await unit.status()).device is DeviceStatus.OFFLINE
    simulated.inflict(DispenserFault.NONE)
    await unit.dispense_card()


RECOVERED = [
    LineFault.WRONG_CHECKSUM,
    LineFault.CUT_SHORT,
    LineFault.NOISE_BEFORE,
    LineFault.NOISE_INSIDE,
    LineFault.BYTE_BY_BYTE,
]


@pytest.mark.parametrize("fault", RECOVERED)
async def test_a_damaged_state_is_asked_for_again_and_nobody_notices(
    unit: Crt541Dispenser, simulated: SimulatedCrt541Dispenser, fault: LineFault
) -> None:
    simulated.inflict(fault)
    await unit.dispense_card()
    assert simulated.dispensed == 1
    assert simulated.line.fault is LineFault.NONE


async def test_a_card_whose_going_out_was_not_heard_is_not_reported_as_handed_out(
    unit: Crt541Dispenser, simulated: SimulatedCrt541Dispenser
) -> None:
    def spoil_the_next_state() -> None:
        simulated.inflict(LineFault.WRONG_CHECKSUM)

    simulated.upon("dispense", spoil_the_next_state)
    assert await refused(unit) == (CompletionCode.INVALID_DATA, None)
    assert simulated.dispensed == 1


async def test_a_silent_unit_is_a_lost_connection(
    unit: Crt541Dispenser, simulated: SimulatedCrt541Dispenser
) -> None:
    simulated.silent = True
    assert await refused(unit) == (CompletionCode.CONNECTION_LOST, None)
    assert (await unit.status()).device is DeviceStatus.OFFLINE
    simulated.silent = False
    await unit.dispense_card()
    assert simulated.dispensed == 1


async def test_a_command_without_an_answer_is_not_said_again(
    unit: Crt541Dispenser, simulated: SimulatedCrt541Dispenser
) -> None:
    def deaf() -> None:
        simulated.silent = True

    simulated.upon("enquire", deaf)  # what is said after the first enquiry is not heard
    assert await refused(unit) == (CompletionCode.CONNECTION_LOST, None)
    assert simulated.dispensed == 0


async def test_another_units_answers_are_none(tmp_path: Path, simulated: SimulatedCrt541Dispenser) -> None:
    other = Crt541Dispenser(Crt541Options(port=str(simulated.line.name), address=6))
    await other.open()
    assert (await other.status()).device is DeviceStatus.OFFLINE
    await other.close()


@pytest.mark.parametrize("address", [-1, 16])
def test_an_address_beyond_the_bounds_is_no_configuration(address: int) -> None:
    with pytest.raises(ValidationError):
        Crt541Options(port="/dev/ttyUSB0", address=address)


async def test_the_unit_is_asked_no_faster_than_it_may_be(
    unit: Crt541Dispenser, simulated: SimulatedCrt541Dispenser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crt541_dispenser, "POLL_SECONDS", USUAL_PAUSE)
    simulated.inflict(LineFault.CUT_SHORT)
    await unit.status()
    await unit.dispense_card()
    await unit.status()
    pauses = [later - earlier for earlier, later in pairwise(simulated.enquiries)]
    assert len(pauses) >= 4
    assert min(pauses) >= 0.2


async def test_a_cancelled_command_leaves_the_unit_usable(tmp_path: Path) -> None:
    device = SimulatedCrt541Dispenser(tmp_path / "unit", Pace(dispense=0.3, baud=0))
    unit = Crt541Dispenser(Crt541Options(port=str(tmp_path / "unit")))
    async with running(device):
        await unit.open()
        dispensing = asyncio.create_task(unit.dispense_card())
        await until(lambda: len(device.enquiries) >= 2)
        await unit.cancel()
        with pytest.raises(DeviceError) as raised:
            await dispensing
        assert raised.value.completion is CompletionCode.CANCELED
        await until(lambda: device.dispensed == 1)
        await unit.dispense_card()
        assert device.dispensed == 2
        await unit.close()


async def test_a_pulled_plug_is_told_and_plugging_in_repairs_it(
    unit: Crt541Dispenser, simulated: SimulatedCrt541Dispenser
) -> None:
    simulated.line.unplug()
    assert (await unit.status()).device is DeviceStatus.NO_DEVICE
    simulated.line.plug_in()
    await unit.dispense_card()
    assert simulated.dispensed == 1
