"""The power supply (XFS4IoT PowerManagement): on the mains or on its battery. It has no commands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

from hardware.interfaces.device import Device, Status


class PowerSource(Enum):
    """Where the power comes from."""

    MAINS = "mains"
    BATTERY = "battery"
    """The mains have failed."""
    BYPASS = "bypass"
    """From the mains, past the battery: a failure of the mains switches the terminal off."""
    NOT_SUPPORTED = "notSupported"
    UNKNOWN = "unknown"


class Battery(Enum):
    """The battery (XFS4IoT PowerManagement, batteryStatus)."""

    FULL = "full"
    OPERATIONAL = "operational"
    LOW = "low"
    """The terminal has to be shut down now where it runs on the battery."""
    FAILURE = "failure"
    """The battery has to be replaced."""
    NOT_SUPPORTED = "notSupported"
    UNKNOWN = "unknown"


class Load(Enum):
    """What the terminal takes."""

    OK = "ok"
    OVERLOADED = "overloaded"
    NOT_SUPPORTED = "notSupported"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class PowerSupplyCapabilities:
    """What it tells. model: as it calls itself; charge: percent; runtime: seconds on battery."""

    model: str
    charge: bool
    runtime: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerSupplyStatus(Status):
    """How the supply is. charge: percent of the battery; runtime: seconds for which it lasts; None where it
    does not tell."""

    WRONG: ClassVar[Mapping[Enum, str]] = {
        Battery.FAILURE: "advice.power_supply.batteryFailure",
        Battery.LOW: "advice.power_supply.batteryLow",
        PowerSource.BATTERY: "advice.power_supply.onBattery",
        Load.OVERLOADED: "advice.power_supply.overloaded",
        PowerSource.BYPASS: "advice.power_supply.bypass",
    }

    source: PowerSource = PowerSource.UNKNOWN
    battery: Battery = Battery.UNKNOWN
    load: Load = Load.UNKNOWN
    charge: int | None = None
    runtime: float | None = None


class PowerSupply(Device[PowerSupplyCapabilities, PowerSupplyStatus]):
    """Says where the power comes from, and for how long."""

    name = "power_supply"
    status_type = PowerSupplyStatus
