"""What NUT's variables say of a power supply."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.interfaces.device import DeviceStatus
from hardware.interfaces.power_supply import Battery, Load, PowerSource, PowerSupplyStatus
from hardware.protocols.nut_variables import LONGEST_TEXT, figure, model, status


def said(words: str, **more: str) -> PowerSupplyStatus:
    return status({"ups.status": words, **{name.replace("_", "."): value for name, value in more.items()}})


@pytest.mark.parametrize(
    ("words", "source", "battery", "load"),
    [
        ("OL", PowerSource.MAINS, Battery.OPERATIONAL, Load.OK),
        ("OL CHRG", PowerSource.MAINS, Battery.OPERATIONAL, Load.OK),
        ("OB DISCHRG", PowerSource.BATTERY, Battery.OPERATIONAL, Load.OK),
        ("OB LB", PowerSource.BATTERY, Battery.LOW, Load.OK),
        ("OL LB", PowerSource.MAINS, Battery.LOW, Load.OK),
        ("OL RB", PowerSource.MAINS, Battery.FAILURE, Load.OK),
        ("OL LB RB", PowerSource.MAINS, Battery.FAILURE, Load.OK),
        ("OB LB RB", PowerSource.BATTERY, Battery.LOW, Load.OK),
        ("FSD OL", PowerSource.MAINS, Battery.LOW, Load.OK),
        ("OL OVER", PowerSource.MAINS, Battery.OPERATIONAL, Load.OVERLOADED),
        ("BYPASS OL", PowerSource.BYPASS, Battery.OPERATIONAL, Load.OK),
        ("OL NEWER WORDS", PowerSource.MAINS, Battery.OPERATIONAL, Load.OK),
    ],
)
def test_the_words_of_the_status_are_understood(
    words: str, source: PowerSource, battery: Battery, load: Load
) -> None:
    found = said(words, battery_charge="80", battery_runtime="900")
    assert (found.device, found.source, found.battery, found.load) == (
        DeviceStatus.ONLINE,
        source,
        battery,
        load,
    )
    assert (found.charge, found.runtime) == (80, 900.0)


@pytest.mark.parametrize("words", ["", "WAIT", "NEWER"])
def test_a_supply_of_which_nothing_is_known_yet_is_unknown(words: str) -> None:
    assert said(words) == PowerSupplyStatus(device=DeviceStatus.UNKNOWN)


def test_a_supply_that_is_off_or_sounds_an_alarm_is_told_as_such() -> None:
    assert said("OFF").device is DeviceStatus.POWER_OFF
    assert said("ALARM OL").findings == ("advice.power_supply.alarm",)
    assert said("OL", battery_charge="100").findings == ()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("87.5", 87.5),
        ("0", 0.0),
        ("100.1", None),
        ("-1", None),
        ("nan", None),
        ("inf", None),
        ("much", None),
        ("", None),
    ],
)
def test_a_figure_that_makes_no_sense_is_none(text: str, found: float | None) -> None:
    assert figure({"battery.charge": text}, "battery.charge", 100) == found


def test_the_battery_is_full_at_a_hundred_percent_and_unknown_without_a_figure() -> None:
    assert said("OL", battery_charge="100.0").battery is Battery.FULL
    assert said("OL").battery is Battery.UNKNOWN


def test_what_a_supply_calls_itself_is_short_and_can_be_shown() -> None:
    assert model({"device.mfr": "Huimin", "ups.model": " Test\x1b  600 "}) == "Huimin Test 600"
    assert model({}) == ""
    assert len(model({"ups.mfr": "x" * 1000})) == LONGEST_TEXT


@given(st.dictionaries(st.text(max_size=20), st.text(max_size=40)), st.text(max_size=60))
def test_no_variables_make_anything_but_a_status(variables: dict[str, str], words: str) -> None:
    for battery in (variables.get("x", ""), words):
        found = status({**variables, "ups.status": words, "battery.charge": battery})
        assert found.charge is None or 0 <= found.charge <= 100
