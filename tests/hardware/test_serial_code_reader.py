"""A reader of codes on a pseudo-terminal, with everything that can go wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hardware.drivers.serial_code_reader import CodeReaderOptions, SerialCodeReader
from hardware.interfaces.code_reader import CodeError, CodeReaderCapabilities, Scanner
from hardware.interfaces.device import CompletionCode, DeviceError, DeviceStatus, PortProblem
from hardware.protocols.code_line import MAX_BYTES, Coding, Suffix
from hardware.simulators.code_reader import INSTANT, CodeFault, SimulatedCodeReader
from hardware.simulators.device import Refused
from hardware.simulators.line import LineFault
from tests.hardware.conftest import running

REFERENCE = "410725260019"
ADDRESS = "https://example.invalid/办件?no=410725260019"


@pytest.fixture
async def simulated(tmp_path: Path) -> AsyncIterator[SimulatedCodeReader]:
    device = SimulatedCodeReader(tmp_path / "codes", INSTANT)
    async with running(device):
        yield device


@pytest.fixture
async def reader(simulated: SimulatedCodeReader) -> AsyncIterator[SerialCodeReader]:
    driver = SerialCodeReader(CodeReaderOptions(port=str(simulated.line.name)))
    await driver.open()
    yield driver
    await driver.close()


async def read(reader: SerialCodeReader, simulated: SimulatedCodeReader, text: str = REFERENCE) -> str:
    """What is read of a code that is held there while one is waited for."""
    reading = asyncio.create_task(reader.read_code(timeout=5.0))
    await asyncio.sleep(0.12)
    simulated.hold(text)
    return await reading


async def refused(reader: SerialCodeReader, simulated: SimulatedCodeReader) -> DeviceError:
    with pytest.raises(DeviceError) as raised:
        await read(reader, simulated)
    return raised.value


@pytest.mark.parametrize("text", [REFERENCE, ADDRESS, "惠民县政务服务中心", "7" * MAX_BYTES])
async def test_a_code_is_read(reader: SerialCodeReader, simulated: SimulatedCodeReader, text: str) -> None:
    assert await read(reader, simulated, text) == text


@pytest.mark.parametrize("coding", [Coding.UTF_8, Coding.GB18030])
@pytest.mark.parametrize("suffix", Suffix)
async def test_a_reader_may_be_set_to_any_suffix_and_coding(
    tmp_path: Path, suffix: Suffix, coding: Coding
) -> None:
    device = SimulatedCodeReader(tmp_path / "codes", INSTANT, suffix=suffix, coding=coding)
    reader = SerialCodeReader(CodeReaderOptions(port=str(tmp_path / "codes"), suffix=suffix, quiet=0.05))
    async with running(device):
        await reader.open()
        assert await read(reader, device, ADDRESS) == ADDRESS
        await reader.close()


async def test_a_code_at_the_speed_of_the_wire_without_a_suffix_is_one_code(tmp_path: Path) -> None:
    device = SimulatedCodeReader(tmp_path / "codes", suffix=Suffix.NONE)
    device.pace = INSTANT
    reader = SerialCodeReader(CodeReaderOptions(port=str(tmp_path / "codes"), suffix=Suffix.NONE))
    async with running(device):
        await reader.open()
        assert await read(reader, device, "7" * 3000) == "7" * 3000  # 0.26 s at 115200 baud
        await reader.close()


@pytest.mark.parametrize("fault", [CodeFault.CONTROL_CHARACTERS, CodeFault.TOO_LONG])
async def test_a_code_that_is_none_is_said_so_and_the_second_chance_succeeds(
    reader: SerialCodeReader, simulated: SimulatedCodeReader, fault: CodeFault
) -> None:
    simulated.fault = fault
    error = await refused(reader, simulated)
    assert (error.completion, error.code) == (CompletionCode.INVALID_DATA, CodeError.BARCODE_INVALID)
    assert REFERENCE not in str(error)
    assert await read(reader, simulated) == REFERENCE


@pytest.mark.parametrize(
    ("fault", "detail"),
    [
        (LineFault.NOISE_BEFORE, "notText"),
        (LineFault.NOISE_INSIDE, "notText"),
        (LineFault.CUT_SHORT, "cutShort"),
    ],
)
async def test_a_code_damaged_on_the_line_is_not_taken_for_another(
    reader: SerialCodeReader,
    simulated: SimulatedCodeReader,
    monkeypatch: pytest.MonkeyPatch,
    fault: LineFault,
    detail: str,
) -> None:
    monkeypatch.setattr(reader, "_silence", 0.1)
    simulated.inflict(fault)
    error = await refused(reader, simulated)
    assert (error.code, error.detail) == (CodeError.BARCODE_INVALID, detail)
    assert await read(reader, simulated) == REFERENCE


async def test_bytes_that_come_one_at_a_time_are_one_code(
    reader: SerialCodeReader, simulated: SimulatedCodeReader
) -> None:
    simulated.inflict(LineFault.BYTE_BY_BYTE)
    assert await read(reader, simulated, ADDRESS) == ADDRESS


@pytest.mark.parametrize("fault", [CodeFault.UNREADABLE, LineFault.SILENCE])
async def test_where_no_code_comes_in_time_it_is_said_so(
    reader: SerialCodeReader, simulated: SimulatedCodeReader, fault: CodeFault | LineFault
) -> None:
    simulated.inflict(fault)
    simulated.hold(REFERENCE)
    with pytest.raises(DeviceError) as raised:
        await reader.read_code(timeout=0.3)
    assert (raised.value.completion, raised.value.code) == (CompletionCode.TIME_OUT, CodeError.NO_CODE)
    simulated.inflict(CodeFault.NONE)
    assert await read(reader, simulated) == REFERENCE


async def test_a_code_that_is_read_twice_is_not_the_next_residents(
    reader: SerialCodeReader, simulated: SimulatedCodeReader
) -> None:
    simulated.fault = CodeFault.TWICE
    assert await read(reader, simulated) == REFERENCE
    assert await read(reader, simulated, "another") == "another"


async def test_a_code_that_was_held_there_before_is_not_given(
    reader: SerialCodeReader, simulated: SimulatedCodeReader
) -> None:
    simulated.hold("the one before")
    await asyncio.sleep(0.1)
    assert await read(reader, simulated) == REFERENCE


async def test_the_end_of_an_earlier_code_is_not_taken_for_a_code(
    reader: SerialCodeReader, simulated: SimulatedCodeReader
) -> None:
    await simulated.line.put(b"https://example.invalid/")
    assert (await reader.status()).device is DeviceStatus.ONLINE  # which looks at the line too
    reading = asyncio.create_task(reader.read_code(timeout=5.0))
    await asyncio.sleep(0.1)
    await simulated.line.put(b"999999999999\r")
    await asyncio.sleep(0.1)
    simulated.hold(REFERENCE)
    assert await reading == REFERENCE


async def test_waiting_can_be_cancelled_and_begun_again(
    reader: SerialCodeReader, simulated: SimulatedCodeReader
) -> None:
    for _ in range(3):
        reading = asyncio.create_task(reader.read_code(timeout=30.0))
        await asyncio.sleep(0.02)
        await reader.cancel()
        with pytest.raises(DeviceError) as raised:
            await reading
        assert raised.value.completion is CompletionCode.CANCELED
    assert await read(reader, simulated) == REFERENCE


async def test_a_pulled_plug_is_noticed_and_plugging_in_repairs_it(
    reader: SerialCodeReader, simulated: SimulatedCodeReader
) -> None:
    reading = asyncio.create_task(reader.read_code(timeout=30.0))
    await asyncio.sleep(0.1)
    simulated.line.unplug()
    with pytest.raises(DeviceError) as raised:
        await asyncio.wait_for(reading, 5.0)
    assert raised.value.code is PortProblem.LOST
    assert (await reader.status()).device is DeviceStatus.NO_DEVICE
    simulated.line.plug_in()
    assert await read(reader, simulated) == REFERENCE


async def test_a_reader_that_vanishes_inside_a_code_leaves_nothing_of_it(
    reader: SerialCodeReader, simulated: SimulatedCodeReader
) -> None:
    simulated.line.break_down(LineFault.VANISH)
    assert (await refused(reader, simulated)).code is PortProblem.LOST
    simulated.line.plug_in()
    assert await read(reader, simulated) == REFERENCE


async def test_what_it_tells_of_itself(reader: SerialCodeReader) -> None:
    assert await reader.capabilities() == CodeReaderCapabilities(triggers=False, asks=False, longest=7089)
    status = await reader.status()
    assert (status.device, status.scanner) == (DeviceStatus.ONLINE, Scanner.NOT_SUPPORTED)
    assert (await reader.self_test()).passed
    assert reader.info.simulated
    assert (reader.info.name, reader.info.driver) == ("code_reader", "serial")


async def test_a_code_that_no_symbol_holds_cannot_be_held(simulated: SimulatedCodeReader) -> None:
    with pytest.raises(Refused):
        simulated.act("hold", "7" * (MAX_BYTES + 1))
    simulated.act("hold", "")
    await asyncio.sleep(0.05)
    assert simulated.state() == {"codes_read": 1}
