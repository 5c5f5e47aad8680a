"""Every name that becomes a sentence has one, in both languages."""

from __future__ import annotations

import pytest

from foundation.language import Language
from hardware.diagnose import EXAMPLE
from hardware.drivers.escpos_printer import _TROUBLES
from hardware.interfaces.device import DeviceStatus
from hardware.interfaces.receipt_printer import PaperStatus
from hardware.registry import DRIVERS, DeviceSettings, FindingKind
from hardware.simulate import sentence
from hardware.simulators.table import DEVICES
from hardware.transport.serial_port import PortProblem
from hardware.wording import texts

NAMES = [
    *(f"device.{name}" for name in DRIVERS),
    *(f"state.{status.value}" for status in DeviceStatus),
    *(f"paper.{paper.value}" for paper in PaperStatus),
    *(f"advice.port.{problem.value}" for problem in PortProblem),
    *(advice for *_, advice in _TROUBLES),
    *(kind.value for kind in FindingKind),
    *(sentence(device.name, fault) for device in DEVICES for fault in device.faults()),
    "advice.no_answer",
    "advice.reader_self_test",
    "advice.printer.paper_low",
    "diagnose.detail.sam_id",
]


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("name", NAMES)
def test_every_name_has_its_sentence(language: Language, name: str) -> None:
    assert texts(language)(name)


def test_the_example_that_is_shown_can_be_used() -> None:
    import tomllib

    devices = tomllib.loads(EXAMPLE)["devices"]
    assert set(DeviceSettings.model_validate(devices).configured()) == set(DRIVERS)
