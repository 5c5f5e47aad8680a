"""Boards with switches, sensors and lights that speak Modbus RTU on a serial port."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator
from pymodbus.client import AsyncModbusSerialClient
from pymodbus.constants import ExcCodes
from pymodbus.exceptions import ModbusException
from pymodbus.pdu import ExceptionResponse, ModbusPDU

from hardware.drivers.serial_device import SerialOptions
from hardware.interfaces.auxiliaries import (
    Auxiliaries,
    AuxiliariesCapabilities,
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
from hardware.interfaces.device import CompletionCode, DeviceError, DeviceOptions, DeviceStatus, PortProblem
from hardware.protocols import auxiliary_registers
from hardware.protocols.auxiliary_registers import Place, Registers, Span, Table
from hardware.transport.serial_port import SerialPort

ANSWER_SECONDS = 0.5
"""Longest wait for an answer: 133 bytes at 9600 baud take 0.14 s, and boards answer within 0.1 s."""
SETTLE_SECONDS = 0.3
"""After an answer that did not come, the next question waits so long: answers carry no number."""
ATTEMPTS = 2
"""Questions may come to harm on the line, and are asked again."""
MARGIN = 2.0
"""Degrees Celsius by which it has to be better before it is called so: about a limit, news would not end."""
PARITY = {"none": "N", "even": "E", "odd": "O"}

Ask = Callable[[AsyncModbusSerialClient], Awaitable[ModbusPDU]]


class ModbusOptions(SerialOptions):
    """As set at the board."""

    baud: Literal[9600, 19200, 38400, 57600, 115200] = 9600
    unit: int = Field(default=1, ge=1, le=247)
    """The board's address on its line."""
    parity: Literal["none", "even", "odd"] = "none"
    stop_bits: Literal[1, 2] = 1
    registers: Registers = Registers()
    cold: float = Field(default=-10.0, ge=-60, le=150)
    """Degrees Celsius below which it is too cold,"""
    hot: float = Field(default=45.0, ge=-60, le=150)
    """from which it is too hot,"""
    critical: float = Field(default=60.0, ge=-60, le=150)
    """and from which the terminal comes to harm."""

    @model_validator(mode="after")
    def _in_order(self) -> ModbusOptions:
        if not self.cold < self.hot < self.critical:
            raise ValueError("cold, hot and critical have to be in this order")
        return self


class ModbusAuxiliaries(Auxiliaries):
    """Asks for everything at once, table by table. The register map is configuration."""

    driver = "modbus"
    Options: ClassVar[type[DeviceOptions]] = ModbusOptions

    def __init__(self, options: ModbusOptions) -> None:
        super().__init__(options)
        self._settings = options
        self._places = options.registers
        self._spans = auxiliary_registers.spans(self._places.asked)
        self._client: AsyncModbusSerialClient | None = None
        self._quiet_until = 0.0

    @property
    def _simulated(self) -> bool:
        return SerialPort(self._settings.port).simulated

    async def _open(self) -> None:
        settings = self._settings
        port = SerialPort(settings.port, settings.baud)
        try:
            await port.open()  # pymodbus does not tell why it cannot
        finally:
            await port.close()
        self._client = AsyncModbusSerialClient(
            settings.port,
            baudrate=settings.baud,
            parity=PARITY[settings.parity],
            stopbits=settings.stop_bits,
            timeout=ANSWER_SECONDS,
            retries=0,
            reconnect_delay=0,
        )
        if not await self._client.connect():
            raise DeviceError(CompletionCode.DEVICE_NOT_READY, PortProblem.UNUSABLE, settings.port)

    async def _close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()

    async def _ask_capabilities(self) -> AuxiliariesCapabilities:
        places = self._places
        colourful = [light for light, place in places.lights.items() if place.table is Table.HOLDING_REGISTER]
        plain = frozenset({LightState.OFF, LightState.CONTINUOUS})
        return AuxiliariesCapabilities(
            door=bool(places.door or places.tamper),
            proximity=bool(places.proximity),
            temperature=bool(places.temperature),
            fan=bool(places.fan),
            lights={light: frozenset(LightState) if light in colourful else plain for light in places.lights},
            colours={light: frozenset(LightColour) for light in colourful},
        )

    async def _ask_status(self) -> AuxiliariesStatus:
        values: dict[tuple[Table, int], int] = {}
        for span in self._spans:
            for at, value in enumerate(await self._read(span)):
                values[span.table, span.start + at] = value
        temperature = self._temperature(values)
        broken = self._places.temperature is not None and temperature is None
        return AuxiliariesStatus(
            device=DeviceStatus.ONLINE,
            advice=("advice.auxiliaries.sensorBroken",) if broken else (),
            door=self._door(values),
            proximity=self._proximity(values),
            fan=self._fan(values),
            heat=self._heat(temperature),
            temperature=temperature,
        )

    async def _set_light(self, light: Light, state: LightState, colour: LightColour | None) -> None:
        place = self._places.lights.get(light)
        try:
            if place is None:
                raise ValueError(f"the board has no light {light.value}")
            value = auxiliary_registers.light_value(place, state, colour)
        except ValueError as error:
            raise DeviceError(
                CompletionCode.UNSUPPORTED_DATA, AuxiliariesError.NO_LIGHT, str(error)
            ) from None
        await self._write(place, value)

    async def _set_fan(self, *, on: bool) -> None:
        if self._places.fan is None:
            raise DeviceError(CompletionCode.UNSUPPORTED_COMMAND, AuxiliariesError.NO_FAN)
        await self._write(self._places.fan, on)

    # What the figures mean.

    def _door(self, values: auxiliary_registers.Values) -> Door:
        if self._places.tamper and auxiliary_registers.is_on(values, self._places.tamper):
            return Door.TAMPERED
        if self._places.door is None:
            return Door.NOT_SUPPORTED
        return Door.OPEN if auxiliary_registers.is_on(values, self._places.door) else Door.CLOSED

    def _proximity(self, values: auxiliary_registers.Values) -> Proximity:
        if self._places.proximity is None:
            return Proximity.NOT_SUPPORTED
        near = auxiliary_registers.is_on(values, self._places.proximity)
        return Proximity.PRESENT if near else Proximity.NOT_PRESENT

    def _fan(self, values: auxiliary_registers.Values) -> Fan:
        fan, speed = self._places.fan, self._places.fan_speed
        turns = bool(values[speed.table, speed.address]) if speed else None
        if fan is None:
            return Fan.NOT_SUPPORTED if turns is None else Fan.ON if turns else Fan.OFF
        if not auxiliary_registers.is_on(values, fan):
            return Fan.OFF
        return Fan.FAILED if turns is False else Fan.ON

    def _temperature(self, values: auxiliary_registers.Values) -> float | None:
        place = self._places.temperature
        return auxiliary_registers.degrees(values, place, self._places.temperature_step) if place else None

    def _heat(self, temperature: float | None) -> Heat:
        if self._places.temperature is None:
            return Heat.NOT_SUPPORTED
        if temperature is None:
            return Heat.UNKNOWN
        before = self.last_status.heat
        hotter = MARGIN if before in (Heat.HIGH, Heat.CRITICAL) else 0.0
        if temperature >= self._settings.critical - (MARGIN if before is Heat.CRITICAL else 0.0):
            return Heat.CRITICAL
        if temperature >= self._settings.hot - hotter:
            return Heat.HIGH
        colder = MARGIN if before is Heat.LOW else 0.0
        return Heat.LOW if temperature < self._settings.cold + colder else Heat.OK

    # The line.

    async def _read(self, span: Span) -> list[int]:
        unit = self._settings.unit

        def ask(client: AsyncModbusSerialClient) -> Awaitable[ModbusPDU]:
            call: Any = {
                Table.COIL: client.read_coils,
                Table.DISCRETE_INPUT: client.read_discrete_inputs,
                Table.INPUT_REGISTER: client.read_input_registers,
                Table.HOLDING_REGISTER: client.read_holding_registers,
            }[span.table]
            answer: Awaitable[ModbusPDU] = call(span.start, count=span.count, device_id=unit)
            return answer

        number = {
            Table.COIL: 1,
            Table.DISCRETE_INPUT: 2,
            Table.HOLDING_REGISTER: 3,
            Table.INPUT_REGISTER: 4,
        }[span.table]
        bits = (span.count + 7) // 8 * 8  # whole bytes come

        def fits(answer: ModbusPDU) -> bool:
            came = len(answer.bits) if span.table.of_bits else len(answer.registers)
            return answer.function_code == number and came == (bits if span.table.of_bits else span.count)

        answer = await self._exchange(ask, fits)
        return list(answer.bits[: span.count] if span.table.of_bits else answer.registers)

    async def _write(self, place: Place, value: int) -> None:
        unit = self._settings.unit

        def ask(client: AsyncModbusSerialClient) -> Awaitable[ModbusPDU]:
            if place.table is Table.COIL:
                return client.write_coil(place.address, bool(value), device_id=unit)
            return client.write_register(place.address, value, device_id=unit)

        def fits(answer: ModbusPDU) -> bool:  # the answer repeats the question
            number, given = (5, answer.bits[:1]) if place.table is Table.COIL else (6, answer.registers)
            return answer.function_code == number and answer.address == place.address and given == [value]

        await self._exchange(ask, fits)

    async def _exchange(self, ask: Ask, fits: Callable[[ModbusPDU], bool]) -> ModbusPDU:
        """Asks, twice where no right answer comes. DeviceError where none comes then, or a refusal."""
        for _ in range(ATTEMPTS):
            await asyncio.sleep(max(0.0, self._quiet_until - time.monotonic()))
            client = self._client
            if client is None or not client.connected:
                raise DeviceError(CompletionCode.CONNECTION_LOST, PortProblem.LOST, self._settings.port)
            self._quiet_until = time.monotonic() + ANSWER_SECONDS + SETTLE_SECONDS  # also where cancelled
            try:
                answer = await ask(client)
            except ModbusException:
                self._quiet_until = time.monotonic() + SETTLE_SECONDS
                continue
            if isinstance(answer, ExceptionResponse):
                self._quiet_until = 0.0
                raise _refusal(answer.exception_code)
            if fits(answer):
                self._quiet_until = 0.0
                return answer
            self._quiet_until = time.monotonic() + SETTLE_SECONDS
        raise DeviceError(CompletionCode.CONNECTION_LOST, detail="the board does not answer")


def _refusal(code: int) -> DeviceError:
    """What an exception of Modbus means for who asked."""
    completion = {
        ExcCodes.ILLEGAL_FUNCTION: CompletionCode.UNSUPPORTED_COMMAND,
        ExcCodes.ILLEGAL_ADDRESS: CompletionCode.UNSUPPORTED_DATA,
        ExcCodes.ILLEGAL_VALUE: CompletionCode.UNSUPPORTED_DATA,
        ExcCodes.DEVICE_BUSY: CompletionCode.DEVICE_NOT_READY,
    }.get(code, CompletionCode.HARDWARE_ERROR)  # type: ignore[call-overload]
    wrong_place = completion in (CompletionCode.UNSUPPORTED_COMMAND, CompletionCode.UNSUPPORTED_DATA)
    refused = AuxiliariesError.REFUSED if wrong_place else None
    return DeviceError(completion, refused, f"Modbus exception {code:02X}")
