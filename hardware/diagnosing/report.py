"""What is known of one device: as the device said, or as the terminal that has it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from enum import Enum
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from foundation.language import Language
from hardware.holder import Holder
from hardware.interfaces.card_reader import CardReader
from hardware.interfaces.device import AnyDevice, DeviceStatus, PortProblem, SelfTest, Status
from hardware.interfaces.media import Media
from hardware.wording import sentence_or, texts

Short = Annotated[str, Field(max_length=256)]
Part = str | int | float | bool | None
Findings = Annotated[tuple[Short, ...], Field(max_length=64)]


IN_USE = f"advice.port.{PortProblem.IN_USE.value}"
"""Another program has the port;"""
LENT = "advice.terminal.lent"
"""a terminal has lent the device to one;"""
SILENT_TERMINAL = "advice.terminal.silent"
"""has it, and does not answer;"""
GONE_TERMINAL = "advice.terminal.gone"
"""had it, and has ended."""
_NOT_ASKED = frozenset({IN_USE, LENT, SILENT_TERMINAL, GONE_TERMINAL})
"""Findings by which nobody knows how the device is."""
_INSIDE = (Media.PRESENT.value, Media.ENTERING.value, Media.LATCHED.value)
"""Where a card is in a card reader."""


class Report(BaseModel):
    """A device. It goes over the terminal's socket as JSON, so its values have bounds.

    parts: what its class says beyond the state, such as ``{"paper": "low"}``; self_test: whether it passed,
    None where it was not asked for; findings: names of sentences that say what to do, worst first; ports:
    others of this machine, where the device may be; terminal: process of the terminal that told it.
    """

    model_config = ConfigDict(frozen=True)

    device: Short
    driver: Short
    port: Annotated[str, Field(max_length=4096)]
    simulated: bool
    status: DeviceStatus
    parts: Annotated[dict[Short, Part], Field(max_length=64)] = {}
    self_test: bool | None = None
    findings: Findings = ()
    ports: Findings = ()
    details: Annotated[dict[Short, Short], Field(max_length=64)] = {}
    holder: Holder | None = None
    terminal: int = 0

    @property
    def fine(self) -> bool:
        """Whether nobody has to do anything: it works, or a resident is using it."""
        used = self.status is DeviceStatus.DEVICE_BUSY and self.terminal != 0
        works = used or (self.status is DeviceStatus.ONLINE and self.self_test is not False)
        return works and not self.findings

    @property
    def known(self) -> bool:
        """Whether it could be found out how it is."""
        told = self.status is not DeviceStatus.UNKNOWN or bool(self.findings)
        return told and _NOT_ASKED.isdisjoint(self.findings)

    def advised(self, language: Language) -> tuple[str, ...]:
        """What to do, in sentences."""
        text = texts(language)
        said = tuple(sentence_or(text, name, code_of(name)) for name in self.findings)
        if self.ports:
            device = text(f"device.{self.device}")
            said += (text("finding.other_ports", device=device, port=", ".join(self.ports)),)
        return said

    def as_object(self, language: Language) -> dict[str, Any]:
        """For programs. `code` of a finding is stable."""
        plain = self.model_dump(mode="json", exclude={"findings", "holder", "ports"})
        return {
            **plain,
            "fine": self.fine,
            "paper": self.parts.get("paper"),
            "held_by": self.holder.process if self.holder else None,
            "other_ports": list(self.ports),
            "findings": [
                {"code": code_of(name), "text": sentence_or(texts(language), name, code_of(name))}
                for name in self.findings
            ],
        }


def report(device: AnyDevice, status: Status, self_test: SelfTest | None, **more: Any) -> Report:
    """What is known of a device. more: what it does not say of itself."""
    info = device.info
    told = self_test.findings if self_test else ()
    return Report(
        device=info.name,
        driver=info.driver,
        port=info.port,
        simulated=info.simulated,
        status=status.device,
        parts=parts_of(status),
        self_test=self_test.passed if self_test else None,
        findings=tuple(dict.fromkeys((*status.findings, *told))),
        details={name: value[:256] for name, value in info.details.items()},
        **more,
    )


def left_inside(device: str, parts: Mapping[str, Part]) -> tuple[str, ...]:
    """What is to be done about a card in a reader that nobody is using: forgotten, or stuck."""
    inside = device == CardReader.name and parts.get("media") in _INSIDE
    return ("advice.card_reader.cardInside",) if inside else ()


def parts_of(status: Status) -> dict[str, Part]:
    """What a status says beyond the state of the device; enumerations by their values."""
    found: dict[str, Part] = {}
    for part in fields(status):
        if part.name not in ("device", "advice"):
            value = getattr(status, part.name)
            found[part.name] = value.value if isinstance(value, Enum) else value
    return found


def code_of(name: str) -> str:
    """The stable code of a sentence that says what to do: ``receipt_printer.paperOut``."""
    return name.removeprefix("advice.")
