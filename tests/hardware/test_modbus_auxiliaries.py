"""A Modbus board on a pseudo-terminal, with everything that can go wrong."""

from __future__ import annotations

import asyncio
import fcntl
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from foundation.language import Language
from hardware.drivers import modbus_auxiliaries
from hardware.drivers.modbus_auxiliaries import ModbusAuxiliaries, ModbusOptions
from hardware.interfaces.auxiliaries import (
    AuxiliariesError,
    AuxiliariesStatus,
    Door,
    Fan,
    Heat,
    Light,
    LightColour,
    LightState,
    Proximity,
)
from hardware.interfaces.device import (
    CompletionCode,
    DeviceError,
    DeviceStatus,
    Event,
    PortProblem,
    StatusChanged,
)
from hardware.protocols.auxiliary_registers import Place, Registers, Table
from hardware.simulators.auxiliaries import BoardFault, SimulatedAuxiliaries
from hardware.simulators.device import Refused
from hardware.simulators.line import LineFault
from hardware.wording import texts
from tests.hardware.conftest import running


@pytest.fixture
async def board(tmp_path: Path) -> AsyncIterator[SimulatedAuxiliaries]:
    device = SimulatedAuxiliaries(tmp_path / "board", 0)
    async with running(device):
        yield device


@pytest.fixture
async def driver(
    board: SimulatedAuxiliaries, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[ModbusAuxiliaries]:
    monkeypatch.setattr(modbus_auxiliaries, "ANSWER_SECONDS", 0.15)
    monkeypatch.setattr(modbus_auxiliaries, "SETTLE_SECONDS", 0.1)
    device = ModbusAuxiliaries(ModbusOptions(port=str(board.line.name)))
    await device.open()
    yield device
    await device.close()


async def test_all_is_well(driver: ModbusAuxiliaries) -> None:
    status = await driver.status()
    assert status == AuxiliariesStatus(
        device=DeviceStatus.ONLINE,
        door=Door.CLOSED,
        proximity=Proximity.NOT_PRESENT,
        fan=Fan.OFF,
        heat=Heat.OK,
        temperature=24.5,
    )
    assert status.findings == ()
    assert (await driver.self_test()).passed
    assert driver.info.simulated


async def test_subscribers_are_told_of_the_door_of_a_person_and_of_heat(
    driver: ModbusAuxiliaries, board: SimulatedAuxiliaries
) -> None:
    told: list[AuxiliariesStatus] = []

    def take(event: Event) -> None:
        if isinstance(event, StatusChanged):
            assert isinstance(event.now, AuxiliariesStatus)
            told.append(event.now)

    await driver.status()
    driver.subscribe(take)
    for action, given in (("open-door", ""), ("approach", ""), ("temperature", "61"), ("close-door", "")):
        board.act(action, given)
        await driver.status()
        await driver.status()
    assert [now.door for now in told] == [Door.OPEN, Door.OPEN, Door.OPEN, Door.CLOSED]
    assert [now.proximity for now in told] == [Proximity.NOT_PRESENT, *[Proximity.PRESENT] * 3]
    assert [now.heat for now in told] == [Heat.OK, Heat.OK, Heat.CRITICAL, Heat.CRITICAL]
    assert told[2].findings == ("advice.auxiliaries.heatCritical", "advice.auxiliaries.doorOpen")


@pytest.mark.parametrize(
    ("degrees", "heat"),
    [
        (-40, Heat.LOW),
        (-10, Heat.OK),
        (44.9, Heat.OK),
        (45, Heat.HIGH),
        (59.9, Heat.HIGH),
        (60, Heat.CRITICAL),
    ],
)
async def test_the_temperature_is_judged(
    driver: ModbusAuxiliaries, board: SimulatedAuxiliaries, degrees: float, heat: Heat
) -> None:
    board.temperature = degrees
    status = await driver.status()
    assert (status.heat, status.temperature) == (heat, degrees)


async def test_a_temperature_about_a_limit_is_no_news_each_time(
    driver: ModbusAuxiliaries, board: SimulatedAuxiliaries
) -> None:
    judged = []
    for board.temperature in (44.9, 45.0, 44.9, 43.0, 42.9, 60.0, 58.0, 57.9, -10.1, -8.1, -8.0):
        judged.append((await driver.status()).heat)
    assert judged == [
        Heat.OK,
        *[Heat.HIGH] * 3,
        Heat.OK,
        *[Heat.CRITICAL] * 2,
        Heat.HIGH,
        *[Heat.LOW] * 2,
        Heat.OK,
    ]


async def test_a_broken_sensor_is_not_a_temperature(
    driver: ModbusAuxiliaries, board: SimulatedAuxiliaries
) -> None:
    board.fault = BoardFault.SENSOR_BROKEN
    status = await driver.status()
    assert (status.heat, status.temperature) == (Heat.UNKNOWN, None)
    assert status.findings == ("advice.auxiliaries.sensorBroken",)
    for language in Language:
        assert texts(language)(status.findings[0])


async def test_a_fan_that_does_not_turn_is_found_out(
    driver: ModbusAuxiliaries, board: SimulatedAuxiliaries
) -> None:
    await driver.set_fan(on=True)
    assert board.fan_on
    assert (await driver.status()).fan is Fan.ON
    board.fault = BoardFault.FAN_STOPPED
    status = await driver.status()
    assert (status.fan, status.findings) == (Fan.FAILED, ("advice.auxiliaries.fanFailed",))
    await driver.set_fan(on=False)
    assert (await driver.status()).fan is Fan.OFF


async def test_lights_show_colours_and_flash(driver: ModbusAuxiliaries, board: SimulatedAuxiliaries) -> None:
    await driver.set_light(Light.CARD_READER, LightState.SLOW, LightColour.GREEN)
    await driver.set_light(Light.CABINET, LightState.CONTINUOUS)
    assert board.light(Light.CARD_READER) == 0x0102
    assert board.light(Light.CABINET) == 0x0007
    assert board.light(Light.PIN_PAD) == 0
    await driver.set_light(Light.CARD_READER, LightState.OFF)
    assert board.light(Light.CARD_READER) == 0
    capabilities = await driver.capabilities()
    assert capabilities.lights[Light.CARD_READER] == frozenset(LightState)
    assert capabilities.colours[Light.CARD_READER] == frozenset(LightColour)


async def test_a_board_may_have_everything_elsewhere_or_not_at_all(tmp_path: Path) -> None:
    registers = Registers.model_validate(
        {
            "door": "!discrete_input:33",
            "proximity": "",
            "tamper": "discrete_input:90",
            "temperature": "holding_register:300",
            "temperature_step": 1.0,
            "fan": "",
            "fan_speed": "",
            "lights": {"statusIndicator": "coil:17"},
        }
    )
    board = SimulatedAuxiliaries(tmp_path / "board", 0, registers, unit=17)
    driver = ModbusAuxiliaries(ModbusOptions(port=str(tmp_path / "board"), unit=17, registers=registers))
    async with running(board):
        await driver.open()
        board.temperature = -3
        status = await driver.status()
        assert (status.door, status.proximity, status.fan, status.temperature) == (
            Door.CLOSED,
            Proximity.NOT_SUPPORTED,
            Fan.NOT_SUPPORTED,
            -3.0,
        )
        board.door_open = True
        assert (await driver.status()).door is Door.OPEN
        await driver.set_light(Light.STATUS, LightState.CONTINUOUS)
        assert board.light(Light.STATUS) == 1
        for light, state, colour in (
            (Light.STATUS, LightState.QUICK, None),
            (Light.STATUS, LightState.CONTINUOUS, LightColour.RED),
            (Light.PIN_PAD, LightState.CONTINUOUS, None),
        ):
            with pytest.raises(DeviceError) as raised:
                await driver.set_light(light, state, colour)
            assert raised.value.code is AuxiliariesError.NO_LIGHT
        with pytest.raises(DeviceError) as raised:
            await driver.set_fan(on=True)
        assert raised.value.code is AuxiliariesError.NO_FAN
        capabilities = await driver.capabilities()
        assert (capabilities.fan, capabilities.proximity, capabilities.colours) == (False, False, {})
        await driver.close()


ONCE = [
    LineFault.WRONG_CHECKSUM,
    LineFault.BYTE_BY_BYTE,
    LineFault.NOISE_BEFORE,
    LineFault.NOISE_INSIDE,
    LineFault.LAST_REPLY,
    LineFault.CUT_SHORT,
]


@pytest.mark.parametrize(
    ("fault", "command"), list(zip(ONCE, ["coils", "inputs", "sensors"] * 2, strict=True))
)
async def test_an_answer_that_came_to_harm_is_asked_for_again(
    driver: ModbusAuxiliaries, board: SimulatedAuxiliaries, fault: LineFault, command: str
) -> None:
    board.inflict(fault, when=command)
    status = await driver.status()
    assert (status.device, status.temperature) == (DeviceStatus.ONLINE, 24.5)
    board.act("approach", "")
    assert (await driver.status()).proximity is Proximity.PRESENT


@pytest.mark.parametrize("fault", ONCE)
async def test_a_light_is_switched_although_the_answer_came_to_harm(
    driver: ModbusAuxiliaries, board: SimulatedAuxiliaries, fault: LineFault
) -> None:
    await driver.set_light(Light.CABINET, LightState.QUICK, LightColour.RED)
    board.inflict(fault, when="switch")
    await driver.set_light(Light.CARD_READER, LightState.SLOW, LightColour.BLUE)
    assert board.light(Light.CARD_READER) == 0x0104


async def test_a_late_answer_is_not_taken_for_the_next_one(
    driver: ModbusAuxiliaries, board: SimulatedAuxiliaries
) -> None:
    board.line.late = 0.2
    board.inflict(LineFault.LATE, when="inputs")
    board.act("open-door", "")
    status = await driver.status()
    assert (status.door, status.temperature) == (Door.OPEN, 24.5)


async def test_a_silent_board_is_found_out_in_time(
    driver: ModbusAuxiliaries, board: SimulatedAuxiliaries
) -> None:
    board.inflict(LineFault.SILENCE)
    began = time.monotonic()
    status = await driver.status()
    assert time.monotonic() - began < 2.0
    assert (status.device, status.findings) == (DeviceStatus.OFFLINE, ("advice.completion.connectionLost",))
    with pytest.raises(DeviceError) as raised:
        await driver.set_fan(on=True)
    assert raised.value.completion is CompletionCode.CONNECTION_LOST
    board.inflict(BoardFault.NONE)
    assert (await driver.status()).device is DeviceStatus.ONLINE


@pytest.mark.parametrize(
    ("fault", "completion", "device"),
    [
        (BoardFault.DEFECTIVE, CompletionCode.HARDWARE_ERROR, DeviceStatus.HARDWARE_ERROR),
        (BoardFault.BUSY, CompletionCode.DEVICE_NOT_READY, DeviceStatus.OFFLINE),
    ],
)
async def test_a_board_that_refuses_is_told_from_one_that_is_silent(
    driver: ModbusAuxiliaries,
    board: SimulatedAuxiliaries,
    fault: BoardFault,
    completion: CompletionCode,
    device: DeviceStatus,
) -> None:
    board.fault = fault
    status = await driver.status()
    assert status.device is device
    assert "advice.auxiliaries.refused" not in status.findings, "the addresses are right"
    with pytest.raises(DeviceError) as raised:
        await driver.set_fan(on=True)
    assert raised.value.completion is completion
    assert "Modbus exception 0" in raised.value.detail
    assert not board.fan_on


async def test_an_address_that_the_board_does_not_have_is_a_mistake_of_the_configuration(
    board: SimulatedAuxiliaries,
) -> None:
    elsewhere = Registers(temperature=Place(Table.INPUT_REGISTER, 900))
    driver = ModbusAuxiliaries(ModbusOptions(port=str(board.line.name), registers=elsewhere))
    await driver.open()
    status = await driver.status()
    assert (status.device, status.findings) == (DeviceStatus.OFFLINE, ("advice.auxiliaries.refused",))
    await driver.close()


async def test_a_pulled_plug_is_noticed_and_plugging_in_repairs_it(
    driver: ModbusAuxiliaries, board: SimulatedAuxiliaries
) -> None:
    board.line.unplug()
    status = await driver.status()
    assert status.device is DeviceStatus.NO_DEVICE
    assert (await driver.status()).findings == ("advice.port.absent",)
    board.line.plug_in()
    assert (await driver.status()).temperature == 24.5


async def test_plugging_twenty_times_leaves_no_file_open(
    driver: ModbusAuxiliaries, board: SimulatedAuxiliaries
) -> None:
    await driver.status()
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(20):
        board.line.unplug()
        await driver.status()
        board.line.plug_in()
        assert (await driver.status()).device is DeviceStatus.ONLINE
    assert len(list(Path("/proc/self/fd").iterdir())) == before


async def test_a_command_that_is_cancelled_spoils_nothing(
    driver: ModbusAuxiliaries, board: SimulatedAuxiliaries
) -> None:
    for _ in range(5):
        switching = asyncio.create_task(driver.set_fan(on=True))
        await asyncio.sleep(0.002)
        await driver.cancel()
        await asyncio.gather(switching, return_exceptions=True)
        assert (await driver.status()).temperature == 24.5


async def test_the_port_is_its_own(driver: ModbusAuxiliaries, board: SimulatedAuxiliaries) -> None:
    await driver.status()
    second = ModbusAuxiliaries(ModbusOptions(port=str(board.line.name)))
    with pytest.raises(DeviceError) as raised:
        await second.open()
    assert raised.value.code is PortProblem.IN_USE
    await second.close()
    assert (await driver.status()).device is DeviceStatus.ONLINE
    await driver.close()
    with board.line.name.open("rb") as free:
        fcntl.flock(free, fcntl.LOCK_EX | fcntl.LOCK_NB)


async def test_what_is_no_board_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for port, problem in (("absent", PortProblem.ABSENT), ("file", PortProblem.UNUSABLE)):
        driver = ModbusAuxiliaries(ModbusOptions(port=str(tmp_path / port)))
        with pytest.raises(DeviceError) as raised:
            await driver.open()
        assert raised.value.code is problem
        await driver.close()


async def test_a_temperature_that_no_register_holds_cannot_be_given(board: SimulatedAuxiliaries) -> None:
    for given in ("warm", "1e9", "inf", "nan"):
        with pytest.raises(Refused):
            board.act("temperature", given)
    board.act("approach", "")
    assert board.state() == {
        "door_open": False,
        "somebody_near": True,
        "temperature": "24.5",
        "fan_on": False,
    }


def test_limits_out_of_order_are_refused() -> None:
    with pytest.raises(ValidationError, match="in this order"):
        ModbusOptions(port="/dev/ttyUSB0", hot=70)
