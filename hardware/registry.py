"""Which devices a terminal has: its configuration, the drivers there are, and what was found on each port.

Adding a model is one file in `drivers` and one line in one of the tables below.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from serial.tools import list_ports

from foundation.config import Settings
from foundation.language import Language
from foundation.log import logger
from hardware.drivers.escpos_printer import EscposPrinter
from hardware.drivers.gat467_reader import Gat467Reader
from hardware.interfaces.device import Device, DeviceError, SelfTest
from hardware.interfaces.document_printer import DocumentPrinter
from hardware.interfaces.identity_card_reader import IdentityCardReader
from hardware.interfaces.receipt_printer import ReceiptPrinter
from hardware.transport.serial_port import PortProblem, SerialPort
from hardware.wording import texts

log = logger(__name__)

IDENTITY_CARD_READER = "identity_card_reader"
RECEIPT_PRINTER = "receipt_printer"
DOCUMENT_PRINTER = "document_printer"


class DeviceConfig(BaseModel):
    """One device of the configuration, such as ``[devices.receipt_printer]``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    driver: str
    """Name in the table of the device's class."""
    port: str = Field(min_length=1, max_length=4096)
    """Such as /dev/serial/by-id/…, which stays the same whatever else is plugged in; of a document printer
    its queue, ``ipp://localhost:631/printers/NAME``."""
    baud: Literal[9600, 19200, 38400, 57600, 115200] = 115200
    """Bits a second, as set at the device."""
    columns: int = Field(default=48, ge=24, le=64)
    """Printers: characters of a line, 48 on 80 mm paper, 32 on 58 mm."""


IDENTITY_CARD_READERS: dict[str, Callable[[DeviceConfig], IdentityCardReader]] = {
    "gat467": lambda config: Gat467Reader(SerialPort(config.port, config.baud)),
}
RECEIPT_PRINTERS: dict[str, Callable[[DeviceConfig], ReceiptPrinter]] = {
    "escpos": lambda config: EscposPrinter(SerialPort(config.port, config.baud), config.columns),
}
DOCUMENT_PRINTERS: dict[str, Callable[[DeviceConfig], DocumentPrinter]] = {
    "cups": lambda config: _cups(config.port),
}
DRIVERS: dict[str, tuple[str, ...]] = {
    IDENTITY_CARD_READER: tuple(IDENTITY_CARD_READERS),
    RECEIPT_PRINTER: tuple(RECEIPT_PRINTERS),
    DOCUMENT_PRINTER: tuple(DOCUMENT_PRINTERS),
}
"""Classes of devices, and the drivers for each."""


_NOT_FOUND = {"advice.no_answer", "advice.port.lost", "advice.cups.unreachable", "advice.cups.no_queue"}
"""Findings of a test by which the device is not there."""


def _cups(uri: str) -> DocumentPrinter:
    from hardware.drivers.cups_printer import CupsPrinter  # noqa: PLC0415 (few terminals have one)

    return CupsPrinter(uri)


class DeviceSettings(Settings):
    """The table ``[devices]`` of a configuration file; ``HUIMIN_DEVICES_…`` in the environment."""

    room: ClassVar[str] = "devices"
    identity_card_reader: DeviceConfig | None = None
    receipt_printer: DeviceConfig | None = None
    document_printer: DeviceConfig | None = None

    @field_validator(IDENTITY_CARD_READER, RECEIPT_PRINTER, DOCUMENT_PRINTER)
    @classmethod
    def _usable(cls, config: DeviceConfig | None, about: ValidationInfo) -> DeviceConfig | None:
        if config is None:
            return None
        known = DRIVERS[str(about.field_name)]
        if config.driver not in known:
            raise ValueError(f"there is no driver {config.driver!r} for it, but: {', '.join(known)}")
        for name, other in about.data.items():
            if isinstance(other, DeviceConfig) and other.port == config.port:
                raise ValueError(f"{config.port} is the port of {name} already")
        if about.field_name == DOCUMENT_PRINTER and not config.port.startswith(("ipp://", "ipps://")):
            raise ValueError(f"{config.port} is no queue, such as ipp://localhost:631/printers/A4")
        return config

    def configured(self) -> dict[str, DeviceConfig]:
        """The devices that there are, by class."""
        return {name: config for name in DRIVERS if (config := getattr(self, name)) is not None}


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

    def __init__(self, config: dict[str, DeviceConfig]) -> None:
        self._config = config
        self.identity_card_reader: IdentityCardReader | None = None
        self.receipt_printer: ReceiptPrinter | None = None
        self.document_printer: DocumentPrinter | None = None
        self.findings: tuple[Finding, ...] = ()
        self.self_tests: dict[str, SelfTest] = {}
        for name, one in config.items():
            if name == IDENTITY_CARD_READER:
                self.identity_card_reader = IDENTITY_CARD_READERS[one.driver](one)
            elif name == RECEIPT_PRINTER:
                self.receipt_printer = RECEIPT_PRINTERS[one.driver](one)
            elif name == DOCUMENT_PRINTER:
                self.document_printer = DOCUMENT_PRINTERS[one.driver](one)
            else:
                raise ValueError(f"there is no class of devices named {name}")

    @property
    def all(self) -> dict[str, Device]:
        """Every configured device, by class."""
        devices: dict[str, Device | None] = {
            IDENTITY_CARD_READER: self.identity_card_reader,
            RECEIPT_PRINTER: self.receipt_printer,
            DOCUMENT_PRINTER: self.document_printer,
        }
        return {name: device for name, device in devices.items() if device is not None}

    async def open(self) -> None:
        """Takes every port, tests every device, and writes down what was found. Never raises DeviceError."""
        looks = await asyncio.gather(*(self._look(name, device) for name, device in self.all.items()))
        self.findings = tuple(finding for look in looks for finding in look)
        for finding in self.findings:
            log.info(
                finding.kind.value,
                device=finding.device,
                port=finding.port,
                simulated=finding.simulated,
                advice=list(finding.advice),
            )

    async def close(self) -> None:
        """Gives every port back. Never raises; may be repeated."""
        for device in self.all.values():
            await device.close()

    async def _look(self, name: str, device: Device) -> list[Finding]:
        info = device.info
        try:
            await device.open()
        except DeviceError as error:
            problem = error.code if isinstance(error.code, PortProblem) else PortProblem.UNUSABLE
            advice = f"advice.port.{problem.value}"
            self.self_tests[name] = SelfTest(False, (advice,))
            absent = problem is PortProblem.ABSENT
            kind = FindingKind.NOT_FOUND if absent else FindingKind.PORT_UNUSABLE
            found = [Finding(kind, name, info.driver, info.port, info.simulated, (advice,))]
            others = ", ".join(other_ports(self._config))
            if absent and others:
                found.append(Finding(FindingKind.OTHER_PORTS, name, info.driver, others))
            return found
        test = self.self_tests[name] = await device.self_test()
        kind = FindingKind.ATTENTION if test.findings else FindingKind.FOUND
        if set(test.findings) & _NOT_FOUND:
            kind = FindingKind.NOT_FOUND
        return [Finding(kind, name, info.driver, info.port, info.simulated, test.findings)]


def other_ports(config: dict[str, DeviceConfig]) -> list[str]:
    """Serial ports of this machine that no configured device has."""
    taken = {str(Path(one.port).resolve()) for one in config.values()}
    return sorted(port.device for port in list_ports.comports() if port.device not in taken)
