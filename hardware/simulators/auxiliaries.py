"""A simulated board with switches, sensors and lights: pymodbus's server behind a line that can break down.

The server has a private pseudo-terminal. What it answers there crosses the line as any device's answers do.
"""

from __future__ import annotations

import asyncio
import logging
import os
import tty
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Self

from pymodbus.constants import ExcCodes
from pymodbus.pdu import ModbusPDU
from pymodbus.server import ModbusSerialServer
from pymodbus.simulator import DataType, SimData, SimDevice

from hardware.interfaces.auxiliaries import Light
from hardware.protocols.auxiliary_registers import NO_SENSOR, Place, Registers, Table
from hardware.simulators.device import Fact, Refused, SimulatedDevice

FAN_SPEED = 1200
"""Revolutions a minute of a fan that turns."""
WAITING_ANSWERS = 16
BAUD = 9600
_TABLES = {
    1: Table.COIL,
    2: Table.DISCRETE_INPUT,
    3: Table.HOLDING_REGISTER,
    4: Table.INPUT_REGISTER,
    5: Table.COIL,
    6: Table.HOLDING_REGISTER,
    15: Table.COIL,
    16: Table.HOLDING_REGISTER,
}
"""By the function codes of Modbus."""
_NAMES = {
    1: "coils",
    2: "inputs",
    3: "lights",
    4: "sensors",
    5: "switch",
    6: "switch",
    15: "switch",
    16: "switch",
}
_ACTIONS = {
    "open-door": ("door_open", True),
    "close-door": ("door_open", False),
    "approach": ("somebody_near", True),
    "leave": ("somebody_near", False),
}


class BoardFault(Enum):
    """What is wrong with the board until it is put right; the values are the command line's."""

    NONE = "none"
    FAN_STOPPED = "fan-stopped"
    """The fan is switched on and does not turn."""
    SENSOR_BROKEN = "sensor-broken"
    """The wire of the temperature's sensor is broken."""
    DEFECTIVE = "defective"
    """The board answers every question with the exception "device failure"."""
    BUSY = "busy"
    """The board answers every question with the exception "device busy"."""


_EXCEPTIONS: dict[Enum, ExcCodes] = {
    BoardFault.DEFECTIVE: ExcCodes.DEVICE_FAILURE,
    BoardFault.BUSY: ExcCodes.DEVICE_BUSY,
}


class SimulatedAuxiliaries(SimulatedDevice):
    """A board with the register map that it is given. unit: its address on the line."""

    name = "auxiliaries"
    own_faults = BoardFault
    commands = tuple(dict.fromkeys(_NAMES.values()))
    actions = (*_ACTIONS, "temperature")

    def __init__(
        self, port: Path, baud: int = BAUD, registers: Registers | None = None, *, unit: int = 1
    ) -> None:
        super().__init__(port, baud)
        self.door_open = False
        self.somebody_near = False
        self.temperature = 24.5
        """Degrees Celsius."""
        self._places = registers or Registers()
        self._unit = unit
        self._tables: dict[Table, list[int]] = {}
        self._inner: int | None = None
        self._answers: asyncio.Queue[bytes] = asyncio.Queue(WAITING_ANSWERS)

    @classmethod
    def in_folder(cls, folder: Path, *, instant: bool) -> Self:
        """See `SimulatedDevice`."""
        return cls(folder / cls.name, 0 if instant else BAUD)

    @property
    def fan_on(self) -> bool:
        """Whether the host switched the fan on."""
        return bool(self._places.fan and self._value(self._places.fan))

    def light(self, light: Light) -> int:
        """What a light shows, as its register says it; 0 is off."""
        return self._value(self._places.lights[light])

    def act(self, action: str, given: str) -> None:
        """Opens and closes the door, comes and goes, or makes it as warm as is given, in degrees Celsius."""
        if action in _ACTIONS:
            setattr(self, *_ACTIONS[action])
            return
        try:
            degrees = float(given)
            self._word(degrees)
        except (ValueError, OverflowError):
            raise Refused("simulate.no_temperature", given=given) from None
        self.temperature = degrees

    def state(self) -> Mapping[str, Fact]:
        """Door, proximity, temperature and fan."""
        return {
            "door_open": self.door_open,
            "somebody_near": self.somebody_near,
            "temperature": f"{self.temperature:g}",
            "fan_on": self.fan_on,
        }

    def _received(self, data: bytes) -> None:
        if self._inner is not None:
            os.write(self._inner, data)

    async def _serve(self) -> None:
        self._inner, server_end = os.openpty()
        try:
            tty.setraw(server_end)
            os.set_blocking(self._inner, False)
            await self._answer(self._inner, os.ttyname(server_end))
        finally:
            inner, self._inner = self._inner, None
            asyncio.get_running_loop().remove_reader(inner)
            os.close(inner)
            os.close(server_end)

    async def _answer(self, inner: int, server_port: str) -> None:
        """Runs pymodbus's server on its end, and takes what it answers to the line."""
        logging.getLogger("pymodbus").setLevel(logging.WARNING)  # it tells of every start and end
        device = SimDevice(id=self._unit, simdata=self._blocks(), action=self._accessed)
        server = ModbusSerialServer(device, port=server_port, baudrate=115200, trace_pdu=self._traced)
        await server.serve_forever(background=True)
        asyncio.get_running_loop().add_reader(inner, self._answered, inner)
        try:
            while True:
                await self.line.send(await self._answers.get())
        finally:
            await server.shutdown()  # type: ignore[no-untyped-call]

    def _answered(self, inner: int) -> None:
        answer = os.read(inner, 4096)
        if not self._answers.full():
            self._answers.put_nowait(answer)

    def _traced(self, sending: bool, pdu: ModbusPDU) -> ModbusPDU:
        """pymodbus shows every question and answer."""
        if not sending and pdu.function_code in _NAMES:
            self._notice(_NAMES[pdu.function_code])
        return pdu

    def _blocks(self) -> tuple[list[SimData], list[SimData], list[SimData], list[SimData]]:
        """Room for every address up to the highest, table by table in pymodbus's order."""
        places = (*self._places.asked, *self._places.lights.values())

        def block(table: Table) -> list[SimData]:
            count = max((place.address + 1 for place in places if place.table is table), default=1)
            if table.of_bits:
                return [SimData(0, values=[False] * count, datatype=DataType.BITS)]
            return [SimData(0, values=[0] * count, datatype=DataType.REGISTERS)]

        return (
            block(Table.COIL),
            block(Table.DISCRETE_INPUT),
            block(Table.HOLDING_REGISTER),
            block(Table.INPUT_REGISTER),
        )

    async def _accessed(
        self,
        function: int,
        _start: int,
        _address: int,
        _count: int,
        registers: list[int],
        _values: list[int] | list[bool] | None,
    ) -> ExcCodes | None:
        """Puts what is so now where the host is about to look. Our blocks begin at address 0, and
        pymodbus packs 16 bits into a register."""
        self._tables[_TABLES[function]] = registers
        if self.fault in _EXCEPTIONS:
            return _EXCEPTIONS[self.fault]
        places = self._places
        turns = self.fan_on and self.fault is not BoardFault.FAN_STOPPED
        broken = self.fault is BoardFault.SENSOR_BROKEN
        for place, value in (
            (places.door, self.door_open),
            (places.proximity, self.somebody_near),
            (places.temperature, NO_SENSOR if broken else self._word(self.temperature)),
            (places.fan_speed, FAN_SPEED if turns else 0),
        ):
            if place is not None and place.table is _TABLES[function]:
                _put(registers, place, int(value))
        return None

    def _word(self, degrees: float) -> int:
        """A temperature as its register has it. ValueError where that has no room for it."""
        steps = round(degrees / self._places.temperature_step)
        if not -0x8000 < steps < 0x8000:
            raise ValueError("no such temperature")
        return steps & 0xFFFF

    def _value(self, place: Place) -> int:
        registers = self._tables.get(place.table)
        if registers is None:
            return 0
        if place.table.of_bits:
            return registers[place.address // 16] >> place.address % 16 & 1
        return registers[place.address]


def _put(registers: list[int], place: Place, value: int) -> None:
    if not place.table.of_bits:
        registers[place.address] = value
        return
    bit = 1 << place.address % 16
    on = bool(value) is not place.inverted
    registers[place.address // 16] = registers[place.address // 16] & ~bit | (bit if on else 0)
