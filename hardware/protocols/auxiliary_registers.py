"""Where a Modbus board has its switches, sensors and lights, and what the figures there mean.

Modbus (Application Protocol 1.1b3) knows four tables of values, each with addresses from 0 to 65535: coils
and holding registers, which can be set, discrete inputs and input registers, which cannot. What a board has
at which address is its maker's choice, so it is configuration; where nothing is configured it is::

    discrete input 0    door         1 open
    discrete input 1    proximity    1 somebody stands before the terminal
    input register 0    temperature  in 0.1 degrees Celsius, two's complement; 8000 hex: no sensor
    input register 1    fan speed    revolutions a minute
    coil 0              fan          1 on
    holding register 0… lights       colour in the low byte, flash in the high one; by address: card reader,
                                     identity card reader, PIN pad, receipt printer, document printer,
                                     code reader, status, cabinet

Lengths and checksums on the line are pymodbus's affair.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from hardware.interfaces.auxiliaries import Light, LightColour, LightState

WIDEST = 64
"""Most values that are asked for at once; a board with holes in its table refuses more."""
NO_SENSOR = 0x8000
COLDEST, HOTTEST = -60.0, 150.0
"""Degrees Celsius that a terminal's sensor can mean; a broken wire gives others."""
COLOURS = {colour: number for number, colour in enumerate(LightColour, start=1)}
"""Low byte of a light's register: red 1, green 2, yellow 3, blue 4, cyan 5, magenta 6, white 7; off is 0."""
FLASHES = {LightState.CONTINUOUS: 0, LightState.SLOW: 1, LightState.QUICK: 2}
"""High byte."""


class Table(Enum):
    """Which of the four tables; the values are the configuration's."""

    COIL = "coil"
    DISCRETE_INPUT = "discrete_input"
    INPUT_REGISTER = "input_register"
    HOLDING_REGISTER = "holding_register"

    @property
    def of_bits(self) -> bool:
        """Whether its values are 0 or 1."""
        return self in (Table.COIL, Table.DISCRETE_INPUT)

    @property
    def can_be_set(self) -> bool:
        """Whether the host can set its values."""
        return self in (Table.COIL, Table.HOLDING_REGISTER)


@dataclass(frozen=True, slots=True)
class Place:
    """One value of a board. inverted: 0 means yes, as with a contact that a shut door closes."""

    table: Table
    address: int
    inverted: bool = False

    @classmethod
    def parse(cls, text: str) -> Place:
        """Reads ``discrete_input:0``, or ``!discrete_input:0`` where it is inverted. ValueError otherwise."""
        found = re.fullmatch(r"(!?)([a-z_]{4,16}):([0-9]{1,5})", text)
        tables = {table.value: table for table in Table}
        if not found or found[2] not in tables or int(found[3]) > 0xFFFF:
            raise ValueError(
                f"{text!r} is no place: write one of {', '.join(tables)}, a colon and an address"
            )
        place = cls(tables[found[2]], int(found[3]), bool(found[1]))
        if place.inverted and not place.table.of_bits:
            raise ValueError(f"{text!r}: a register cannot be inverted")
        return place


def _parsed(given: object) -> object:
    return Place.parse(given) if isinstance(given, str) else given


PlaceText = Annotated[Place, BeforeValidator(_parsed)]
PlaceOrNone = Annotated[Place | None, BeforeValidator(lambda given: _parsed(given) if given else None)]


class Registers(BaseModel):
    """The table ``[devices.auxiliaries.registers]``; ``""`` says that the board has no such thing."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    door: PlaceOrNone = Place(Table.DISCRETE_INPUT, 0)
    tamper: PlaceOrNone = None
    """A switch that tells that the cabinet is being broken open."""
    proximity: PlaceOrNone = Place(Table.DISCRETE_INPUT, 1)
    temperature: PlaceOrNone = Place(Table.INPUT_REGISTER, 0)
    temperature_step: float = Field(default=0.1, ge=0.001, le=10)
    """Degrees Celsius of one step of the temperature's register."""
    fan: PlaceOrNone = Place(Table.COIL, 0)
    fan_speed: PlaceOrNone = Place(Table.INPUT_REGISTER, 1)
    lights: dict[Light, PlaceText] = {
        light: Place(Table.HOLDING_REGISTER, address) for address, light in enumerate(Light)
    }
    """By XFS4IoT's name. A light in a coil knows neither colours nor flashing."""

    @model_validator(mode="after")
    def _usable(self) -> Registers:
        for name in ("door", "tamper", "proximity", "fan"):
            place: Place | None = getattr(self, name)
            if place and not place.table.of_bits:
                raise ValueError(f"{name} is on or off: give it a coil or a discrete input")
        for name in ("temperature", "fan_speed"):
            place = getattr(self, name)
            if place and place.table.of_bits:
                raise ValueError(f"{name} is a figure: give it a register")
        if self.fan and (not self.fan.table.can_be_set or self.fan.inverted):
            raise ValueError("the fan is switched: give it a coil")
        for light, place in self.lights.items():
            if not place.table.can_be_set or place.inverted:
                raise ValueError(f"the light {light.value} is switched: give it a coil or a holding register")
        return self

    @property
    def asked(self) -> tuple[Place, ...]:
        """Everything that tells how the terminal is."""
        places = (self.door, self.tamper, self.proximity, self.temperature, self.fan, self.fan_speed)
        return tuple(place for place in places if place)


@dataclass(frozen=True, slots=True)
class Span:
    """Neighbouring values, which one question asks for."""

    table: Table
    start: int
    count: int


Values = Mapping[tuple[Table, int], int]
"""What the board answered, by table and address."""


def spans(places: Iterable[Place]) -> tuple[Span, ...]:
    """The fewest questions that ask for all the places, none for more than WIDEST values."""
    found: list[Span] = []
    for table in Table:
        addresses = sorted({place.address for place in places if place.table is table})
        while addresses:
            start = addresses[0]
            together = [address for address in addresses if address < start + WIDEST]
            found.append(Span(table, start, together[-1] - start + 1))
            addresses = addresses[len(together) :]
    return tuple(found)


def is_on(values: Values, place: Place) -> bool:
    """Whether something is so."""
    return bool(values[place.table, place.address]) is not place.inverted


def degrees(values: Values, place: Place, step: float) -> float | None:
    """A temperature in degrees Celsius; None where the figure is none, as with a broken sensor."""
    word = values[place.table, place.address]
    if word == NO_SENSOR:
        return None
    found = round((word - 0x10000 if word > 0x7FFF else word) * step, 3)
    return found if COLDEST <= found <= HOTTEST else None


def light_value(place: Place, state: LightState, colour: LightColour | None) -> int:
    """What switches a light; white is the usual colour. ValueError where it cannot do that."""
    if state is LightState.OFF:
        return 0
    if place.table is Table.COIL:
        if state is not LightState.CONTINUOUS or colour is not None:
            raise ValueError("this light knows neither colours nor flashing")
        return 1
    return FLASHES[state] << 8 | COLOURS[colour or LightColour.WHITE]
