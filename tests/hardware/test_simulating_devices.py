"""The page about simulated devices says everything that can be done to them and that can go wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from foundation.language import Language
from hardware.simulators import script
from hardware.simulators.device import NONE, SimulatedDevice
from hardware.simulators.line import LineFault
from hardware.simulators.service_card import CardFault
from hardware.simulators.table import DEVICES
from hardware.wording import texts

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "simulating-devices.md").read_text("utf-8")


def section(heading: str) -> str:
    """From a heading to the next one of its level or above."""
    return PAGE.split(f"{heading}\n", 1)[1].split("\n#", 1)[0]


@pytest.mark.parametrize("device", DEVICES, ids=lambda device: device.name)
def test_every_fault_of_every_device_is_on_the_page(device: type[SimulatedDevice]) -> None:
    about = section(f"### `{device.name}`")
    for fault in device.own_faults:
        assert fault.value == NONE or f"`{fault.value}`" in about


@pytest.mark.parametrize("device", DEVICES, ids=lambda device: device.name)
def test_every_action_of_every_device_is_on_the_page(device: type[SimulatedDevice]) -> None:
    rows = [row for row in section("## By hand").splitlines() if row.startswith("| `")]
    about = [row for row in rows if f"`{device.name}`" in row.split("|")[1]]
    assert bool(about) == bool(device.actions)
    for action in device.actions:
        assert f"`{action}`" in about[0]


def test_every_fault_of_the_service_card_is_on_the_page_and_has_its_sentence() -> None:
    about = section("### `service-card`")
    for fault in set(CardFault) - {CardFault.NONE}:
        assert f"`{fault.value}`" in about
        for language in Language:
            assert texts(language)(f"simulate.service-card.{fault.value}")


@pytest.mark.parametrize("fault", [fault for fault in LineFault if fault is not LineFault.NONE])
def test_every_fault_of_the_line_is_on_the_page(fault: LineFault) -> None:
    assert f"| `{fault.value}` |" in section("## Faults of every line")


def test_the_script_on_the_page_can_be_used() -> None:
    written = section("## Scripts").split("```yaml\n", 1)[1].split("```", 1)[0]
    assert len(script.read(written.encode(), DEVICES)) == 5


def test_no_name_of_a_simulated_device_occurs_twice_and_no_fault_is_two_things() -> None:
    assert len({device.name for device in DEVICES}) == len(DEVICES)
    for device in DEVICES:
        own = {fault.value for fault in device.own_faults}
        assert own & {fault.value for fault in LineFault} == {NONE}
        assert device.fault_at is None or device.fault_at in device.commands


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("device", DEVICES, ids=lambda device: device.name)
async def test_every_fact_of_a_devices_state_has_its_sentence(
    tmp_path: Path, device: type[SimulatedDevice], language: Language
) -> None:
    text = texts(language)
    for fact, value in device.in_folder(tmp_path, instant=True).state().items():
        if isinstance(value, bool):
            assert text(f"simulate.state.{fact}.yes") != text(f"simulate.state.{fact}.no")
        else:
            assert text(f"simulate.state.{fact}", value=7) != text(f"simulate.state.{fact}", value=8)
