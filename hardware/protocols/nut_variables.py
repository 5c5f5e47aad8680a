"""What the variables mean with which NUT (Network UPS Tools) tells how a power supply is.

NUT's server gives them as text by name (RFC 9271):
``ups.status`` holds words with a space between, such as ``OL CHRG``, ``battery.charge`` percent,
``battery.runtime`` seconds. A supply tells what it can, so any of them may be missing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from enum import Enum

from hardware.interfaces.device import DeviceStatus
from hardware.interfaces.power_supply import Battery, Load, PowerSource, PowerSupplyStatus

LONGEST_RUNTIME = 7 * 86_400
"""Seconds; a longer time is a mistake of the supply."""
LONGEST_TEXT = 64
"""Of what a supply calls itself."""


class Flag(Enum):
    """The words of ups.status that matter here."""

    ON_LINE = "OL"
    ON_BATTERY = "OB"
    LOW_BATTERY = "LB"
    REPLACE_BATTERY = "RB"
    CHARGING = "CHRG"
    BYPASS = "BYPASS"
    OVERLOADED = "OVER"
    OFF = "OFF"
    """It supplies nothing."""
    FORCED_SHUTDOWN = "FSD"
    """Whoever looks after the supply shuts everything down now."""
    ALARM = "ALARM"
    WAIT = "WAIT"
    """NUT has not heard of the supply yet."""


def flags(variables: Mapping[str, str]) -> frozenset[Flag]:
    """The known words of the status; others are passed over."""
    known = {flag.value: flag for flag in Flag}
    words = variables.get("ups.status", "").split()
    return frozenset(known[word] for word in words if word in known)


def figure(variables: Mapping[str, str], name: str, highest: float) -> float | None:
    """A figure from 0 to the highest; None where there is none, or it makes no sense."""
    try:
        found = float(variables.get(name, ""))
    except ValueError:
        return None
    return found if math.isfinite(found) and 0 <= found <= highest else None


def model(variables: Mapping[str, str]) -> str:
    """What the supply calls itself, by maker and model."""
    words = (variables.get(f"device.{part}") or variables.get(f"ups.{part}", "") for part in ("mfr", "model"))
    return " ".join("".join(filter(str.isprintable, " ".join(words))).split())[:LONGEST_TEXT]


def status(variables: Mapping[str, str]) -> PowerSupplyStatus:
    """How the supply is."""
    said = flags(variables)
    if not said or Flag.WAIT in said:
        return PowerSupplyStatus(device=DeviceStatus.UNKNOWN)
    charge = figure(variables, "battery.charge", 100)
    return PowerSupplyStatus(
        device=DeviceStatus.POWER_OFF if Flag.OFF in said else DeviceStatus.ONLINE,
        advice=("advice.power_supply.alarm",) if Flag.ALARM in said else (),
        source=_source(said),
        battery=_battery(said, charge),
        load=Load.OVERLOADED if Flag.OVERLOADED in said else Load.OK,
        charge=None if charge is None else round(charge),
        runtime=figure(variables, "battery.runtime", LONGEST_RUNTIME),
    )


def _source(said: frozenset[Flag]) -> PowerSource:
    if Flag.ON_BATTERY in said:
        return PowerSource.BATTERY
    if Flag.BYPASS in said:
        return PowerSource.BYPASS
    return PowerSource.MAINS if Flag.ON_LINE in said else PowerSource.UNKNOWN


def _battery(said: frozenset[Flag], charge: float | None) -> Battery:
    """On the battery, that it ends is what matters; on the mains, that it has to be replaced."""
    low = bool(said & {Flag.LOW_BATTERY, Flag.FORCED_SHUTDOWN})
    if low and (Flag.ON_BATTERY in said or Flag.FORCED_SHUTDOWN in said):
        return Battery.LOW
    if Flag.REPLACE_BATTERY in said:
        return Battery.FAILURE
    if low:
        return Battery.LOW
    if charge is None:
        return Battery.UNKNOWN
    return Battery.FULL if charge >= 100 else Battery.OPERATIONAL
