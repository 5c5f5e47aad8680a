"""Every name that becomes a sentence has one, in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from foundation.language import Language
from hardware.conformance.checks import CHECKS
from hardware.conformance.examination import Outcome
from hardware.diagnosing.listing import EXAMPLE
from hardware.interfaces.device import CompletionCode, DeviceStatus, PortProblem
from hardware.interfaces.media import PaperStatus
from hardware.registry import CLASSES, DeviceSettings, FindingKind
from hardware.simulate import sentence
from hardware.simulators.table import DEVICES
from hardware.wording import texts

WELL = (DeviceStatus.ONLINE, DeviceStatus.DEVICE_BUSY, DeviceStatus.UNKNOWN)
"""States that are no reason to do anything."""
UNSAID = ("notSupported", "unknown")
"""A part of which nothing is known is left out."""
COMMANDS = sorted(
    name
    for file in (Path(__file__).resolve().parents[2] / "hardware" / "interfaces").glob("*.py")
    for name in re.findall(r'_command\(\s*"([a-z_]+)"', file.read_text("utf-8"))
)
"""What a device can be asked for, and so what can fail."""
NAMES = [
    *(f"device.{name}" for name in CLASSES),
    *(f"state.{status.value}" for status in DeviceStatus),
    *(f"value.paper.{paper.value}" for paper in PaperStatus if paper.value not in UNSAID),
    *(f"advice.port.{problem.value}" for problem in PortProblem),
    *(f"advice.completion.{code.value}" for code in CompletionCode),
    *(f"advice.{each.name}.{code.value}" for each in CLASSES.values() for code in each.interface.codes),
    *(name for each in CLASSES.values() for name in each.interface.status_type.WRONG.values()),
    *(f"advice.state.{status.value}" for status in DeviceStatus if status not in WELL),
    *(kind.value for kind in FindingKind),
    *(f"conformance.{check}" for check in CHECKS),
    *(outcome.value for outcome in Outcome),
    *(sentence(device.name, fault) for device in DEVICES for fault in device.faults()),
    "diagnose.detail.sam_id",
    *(f"event.{command}" for command in COMMANDS),
]


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("name", NAMES)
def test_every_name_has_its_sentence(language: Language, name: str) -> None:
    assert texts(language)(name)


def test_the_example_that_is_shown_can_be_used() -> None:
    import tomllib

    devices = tomllib.loads(EXAMPLE)["devices"]
    assert set(DeviceSettings.model_validate(devices).configured()) <= set(CLASSES)
