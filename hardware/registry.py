"""Which devices a terminal has: the classes and drivers there are, the configuration, what was found.

Adding a model is one file in `drivers` and one line in the table below.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar, cast

from pydantic import Field, ValidationError, ValidationInfo, create_model, field_validator
from serial.tools import list_ports

from foundation.config import Settings
from foundation.language import Language
from foundation.log import logger
from hardware.interfaces.auxiliaries import Auxiliaries
from hardware.interfaces.card_reader import CardReader
from hardware.interfaces.code_reader import CodeReader
from hardware.interfaces.device import (
    AnyDevice,
    DeviceError,
    DeviceOptions,
    PortProblem,
    SelfTest,
    advice_on,
)
from hardware.interfaces.document_printer import DocumentPrinter
from hardware.interfaces.identity_card_reader import IdentityCardReader
from hardware.interfaces.pin_pad import PinPad
from hardware.interfaces.power_supply import PowerSupply
from hardware.interfaces.receipt_printer import ReceiptPrinter
from hardware.watch import WATCH_SECONDS
from hardware.wording import texts

log = logger(__name__)

D = TypeVar("D", bound=AnyDevice)


@dataclass(frozen=True, slots=True)
class DeviceClass(Generic[D]):
    """A class of devices. interface: what all of them can do; drivers: by the name that the configuration
    gives, ``module:Class``, which is imported only where one is configured."""

    interface: type[D]
    drivers: Mapping[str, str]

    @property
    def name(self) -> str:
        """In the configuration, and to the kiosk and the catalogues."""
        return self.interface.name

    def driver(self, name: str) -> type[D]:
        """The driver of a model. KeyError where there is none."""
        module, _, kind = self.drivers[name].partition(":")
        return cast(type[D], getattr(import_module(module), kind))

    def options(self, table: Mapping[str, Any]) -> DeviceOptions:
        """Checks the table of a device. ValueError with a sentence where something is wrong."""
        name = table.get("driver")
        if not isinstance(name, str) or name not in self.drivers:
            known = ", ".join(self.drivers)
            raise ValueError(f"driver: there is no driver {name!r} for it, but: {known}")
        accepted = self.driver(name).Options
        try:
            return accepted.model_validate(table)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            reason = first["msg"].removeprefix("Value error, ")
            if first["type"] == "extra_forbidden":
                reason = f"the driver {name} has no such setting; it has {', '.join(accepted.model_fields)}"
            raise ValueError(f"{place}: {reason}") from None


IDENTITY_CARD_READER = DeviceClass(
    IdentityCardReader,
    {
        "gat467": "hardware.drivers.gat467_reader:Gat467Reader",
    },
)
CARD_READER = DeviceClass(
    CardReader,
    {
        "crt188": "hardware.drivers.crt188_reader:Crt188Reader",
        "track2": "hardware.drivers.swipe_reader:TrackSwipeReader",
        "crt541": "hardware.drivers.crt541_dispenser:Crt541Dispenser",
        "pcsc": "hardware.drivers.pcsc_card_reader:PcscCardReader",
    },
)
PIN_PAD = DeviceClass(
    PinPad,
    {
        "smartpin": "hardware.drivers.smartpin_pad:SmartPinPad",
        "keynius": "hardware.drivers.keynius_pad:KeyniusPad",
    },
)
RECEIPT_PRINTER = DeviceClass(
    ReceiptPrinter,
    {
        "escpos": "hardware.drivers.escpos_printer:EscposPrinter",
    },
)
DOCUMENT_PRINTER = DeviceClass(
    DocumentPrinter,
    {
        "cups": "hardware.drivers.cups_printer:CupsPrinter",
    },
)
CODE_READER = DeviceClass(
    CodeReader,
    {
        "serial": "hardware.drivers.serial_code_reader:SerialCodeReader",
    },
)
AUXILIARIES = DeviceClass(
    Auxiliaries,
    {
        "modbus": "hardware.drivers.modbus_auxiliaries:ModbusAuxiliaries",
    },
)
POWER_SUPPLY = DeviceClass(
    PowerSupply,
    {
        "nut": "hardware.drivers.nut_power_supply:NutPowerSupply",
    },
)
CLASSES: dict[str, DeviceClass[Any]] = {
    each.name: each
    for each in (
        IDENTITY_CARD_READER,
        CARD_READER,
        PIN_PAD,
        RECEIPT_PRINTER,
        DOCUMENT_PRINTER,
        CODE_READER,
        AUXILIARIES,
        POWER_SUPPLY,
    )
}
"""In the order in which they are told of."""

_NOT_FOUND = {
    "advice.completion.connectionLost",
    "advice.document_printer.noQueue",
    *(f"advice.port.{problem.value}" for problem in (PortProblem.LOST, PortProblem.SERVICE)),
}
"""Findings of a test by which the device is not there."""


class ConfiguredDevices(Settings):
    """The tables ``[devices.<class>]`` of a configuration file; ``HUIMIN_DEVICES_…`` in the environment."""

    room: ClassVar[str] = "devices"
    watch_seconds: float = Field(default=WATCH_SECONDS, ge=0.5, le=600.0)
    """From one question for a device's status to the next, while nobody uses it."""

    @field_validator("*", mode="before")
    @classmethod
    def _usable(cls, table: Any, about: ValidationInfo) -> Any:
        if table is None or about.field_name not in CLASSES:
            return table
        if not isinstance(table, Mapping):
            raise ValueError("is not a table")
        options = CLASSES[str(about.field_name)].options(table)
        for name, other in about.data.items():
            if isinstance(other, DeviceOptions) and _place(other.port) == _place(options.port):
                raise ValueError(f"{options.port} is the port of {name} already")
        return options

    def configured(self) -> dict[str, DeviceOptions]:
        """The devices that there are, by class."""
        return {name: options for name in CLASSES if (options := getattr(self, name)) is not None}


_tables: dict[str, Any] = dict.fromkeys(CLASSES, (DeviceOptions | None, None))
DeviceSettings: type[ConfiguredDevices] = create_model(
    "DeviceSettings", __base__=ConfiguredDevices, **_tables
)


def _place(port: str) -> str:
    """What a port is known by, whatever link leads to it."""
    return str(Path(port).resolve()) if port.startswith("/") else port


class FindingKind(Enum):
    """What was found at a device's port; the values are names in the catalogue."""

    FOUND = "finding.found"
    """A device answered and passed its test."""
    ATTENTION = "finding.attention"
    """A device answered, and something about it needs attention."""
    NOT_FOUND = "finding.not_found"
    """There is no such port, or nothing answered on it."""
    PORT_UNUSABLE = "finding.port_unusable"
    """The port is there and could not be opened."""
    OTHER_PORTS = "finding.other_ports"
    """Ports of this machine where the device may be instead: none of them is in the configuration."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence about a device. advice: names of the sentences that say what to do."""

    kind: FindingKind
    device: str
    driver: str
    port: str
    simulated: bool = False
    advice: tuple[str, ...] = ()
    details: Mapping[str, str] = field(default_factory=dict)

    def advised(self, language: Language) -> tuple[str, ...]:
        """What to do: a sentence each, and none where all is well."""
        text = texts(language)
        if self.kind is FindingKind.OTHER_PORTS:
            return (text(self.kind.value, device=text(f"device.{self.device}"), port=self.port),)
        return tuple(text(name) for name in self.advice)

    def sentence(self, language: Language) -> str:
        """What was found, and what to do, in a language."""
        translate = texts(language)
        device = translate(f"device.{self.device}")
        found = translate(self.kind.value, device=device, driver=self.driver, port=self.port)
        mark = (translate("finding.simulated"),) if self.simulated else ()
        between = "" if language is Language.ZH_CN else " "
        return between.join((found, *mark, *(translate(name) for name in self.advice)))


class Devices:
    """The devices of one terminal: opens and closes them together.

    A configured device is there even where nothing answers on its port: its commands try the port again, so
    that it works once it is plugged in. `findings` and `self_tests` say what `open` found.
    """

    def __init__(self, config: Mapping[str, DeviceOptions]) -> None:
        self._config = dict(config)
        self.findings: tuple[Finding, ...] = ()
        self.self_tests: dict[str, SelfTest] = {}
        self.all: dict[str, AnyDevice] = {
            name: CLASSES[name].driver(options.driver)(options) for name, options in config.items()
        }
        """Every configured device, by class."""

    @property
    def config(self) -> Mapping[str, DeviceOptions]:
        """What is configured, by class."""
        return self._config

    def of(self, kind: DeviceClass[D]) -> D | None:
        """The device of a class, or None where none is configured."""
        return cast("D | None", self.all.get(kind.name))

    async def open(self) -> None:
        """Takes every port, tests every device, and writes down what was found. Never raises DeviceError."""
        looks = await asyncio.gather(*(self._look(name, device) for name, device in self.all.items()))
        self.findings = tuple(finding for look in looks for finding in look)
        for finding in self.findings:
            log.info(
                finding.kind.value,
                device=finding.device,
                driver=finding.driver,
                port=finding.port,
                simulated=finding.simulated,
                advice=list(finding.advice),
            )

    async def close(self) -> None:
        """Gives every port back. Never raises; may be repeated."""
        for device in self.all.values():
            await device.close()

    async def _look(self, name: str, device: AnyDevice) -> list[Finding]:
        info = device.info
        try:
            await device.open()
        except DeviceError as error:
            advice = advice_on(name, error)
            self.self_tests[name] = SelfTest(False, (advice,))
            absent = error.code in (PortProblem.ABSENT, PortProblem.SERVICE)
            kind = FindingKind.NOT_FOUND if absent else FindingKind.PORT_UNUSABLE
            found = [Finding(kind, name, info.driver, info.port, info.simulated, (advice,))]
            others = ", ".join(other_ports(self._config))
            if error.code is PortProblem.ABSENT and others:
                found.append(Finding(FindingKind.OTHER_PORTS, name, info.driver, others))
            return found
        test = self.self_tests[name] = await device.self_test()
        kind = FindingKind.ATTENTION if test.findings else FindingKind.FOUND
        if set(test.findings) & _NOT_FOUND:
            kind = FindingKind.NOT_FOUND
        info = device.info
        return [Finding(kind, name, info.driver, info.port, info.simulated, test.findings, info.details)]


def other_ports(config: Mapping[str, DeviceOptions]) -> list[str]:
    """Serial ports of this machine that no configured device has."""
    taken = {_place(options.port) for options in config.values()}
    return sorted(port.device for port in list_ports.comports() if port.device not in taken)
