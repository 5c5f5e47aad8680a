"""The board with the terminal's switches and sensors: door, proximity, lights, fan, temperature."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import ClassVar, final

from hardware.interfaces.device import Device, Status

SWITCH_SECONDS = 3.0


class AuxiliariesError(Enum):
    """Why nothing was switched."""

    NO_LIGHT = "noLight"
    """The board has no such light."""
    NO_FAN = "noFan"
    """The board has no fan that can be switched."""
    REFUSED = "refused"
    """The board answered that it does not do that."""


class Door(Enum):
    """The cabinet's door (XFS4IoT Auxiliaries, cabinetDoor)."""

    CLOSED = "closed"
    OPEN = "open"
    TAMPERED = "tampered"
    """Open, and the terminal was not expecting a technician."""
    NOT_SUPPORTED = "notSupported"
    UNKNOWN = "unknown"


class Proximity(Enum):
    """Whether somebody stands before the terminal (XFS4IoT Auxiliaries, proximity)."""

    PRESENT = "present"
    NOT_PRESENT = "notPresent"
    NOT_SUPPORTED = "notSupported"
    UNKNOWN = "unknown"


class Fan(Enum):
    """The fan (XFS4IoT Auxiliaries, fans)."""

    ON = "on"
    OFF = "off"
    FAILED = "failed"
    """Switched on, and it does not turn."""
    NOT_SUPPORTED = "notSupported"
    UNKNOWN = "unknown"


class Heat(Enum):
    """What the temperature means for the terminal."""

    OK = "ok"
    HIGH = "high"
    CRITICAL = "critical"
    LOW = "low"
    NOT_SUPPORTED = "notSupported"
    UNKNOWN = "unknown"


class Light(Enum):
    """Where a light is (XFS4IoT Lights)."""

    CARD_READER = "cardReader"
    IDENTITY_CARD_READER = "identityCardReader"
    PIN_PAD = "pinPad"
    RECEIPT_PRINTER = "receiptPrinter"
    DOCUMENT_PRINTER = "documentPrinter"
    CODE_READER = "codeReader"
    STATUS = "statusIndicator"
    CABINET = "cabinet"


class LightState(Enum):
    """What a light does (XFS4IoT Lights, flashRate)."""

    OFF = "off"
    CONTINUOUS = "continuous"
    SLOW = "slow"
    QUICK = "quick"


class LightColour(Enum):
    """In which colour (XFS4IoT Lights, color)."""

    RED = "red"
    GREEN = "green"
    YELLOW = "yellow"
    BLUE = "blue"
    CYAN = "cyan"
    MAGENTA = "magenta"
    WHITE = "white"


@dataclass(frozen=True, slots=True)
class AuxiliariesCapabilities:
    """What the board has. lights: with the states that each can show; colours: of those lights that have
    more than one; fan: it can be switched."""

    door: bool = False
    proximity: bool = False
    temperature: bool = False
    fan: bool = False
    lights: Mapping[Light, frozenset[LightState]] = field(default_factory=dict)
    colours: Mapping[Light, frozenset[LightColour]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuxiliariesStatus(Status):
    """How the terminal is. temperature: degrees Celsius, or None where nothing measures it."""

    WRONG: ClassVar[Mapping[Enum, str]] = {
        Door.TAMPERED: "advice.auxiliaries.doorTampered",
        Heat.CRITICAL: "advice.auxiliaries.heatCritical",
        Fan.FAILED: "advice.auxiliaries.fanFailed",
        Heat.HIGH: "advice.auxiliaries.heatHigh",
        Heat.LOW: "advice.auxiliaries.heatLow",
        Door.OPEN: "advice.auxiliaries.doorOpen",
    }

    door: Door = Door.UNKNOWN
    proximity: Proximity = Proximity.UNKNOWN
    fan: Fan = Fan.UNKNOWN
    heat: Heat = Heat.UNKNOWN
    temperature: float | None = None


class Auxiliaries(Device[AuxiliariesCapabilities, AuxiliariesStatus]):
    """Says how the terminal is, and switches its lights and its fan."""

    name = "auxiliaries"
    status_type = AuxiliariesStatus
    codes = tuple(AuxiliariesError)

    @abstractmethod
    async def _set_light(self, light: Light, state: LightState, colour: LightColour | None) -> None:
        """Switches a light. UNSUPPORTED_DATA with NO_LIGHT where there is none that can do this."""

    @abstractmethod
    async def _set_fan(self, *, on: bool) -> None:
        """Switches the fan. UNSUPPORTED_COMMAND with NO_FAN where there is none."""

    @final
    async def set_light(self, light: Light, state: LightState, colour: LightColour | None = None) -> None:
        """Switches a light (XFS4IoT Lights.SetLight), in the light's usual colour where none is named.
        DeviceError with an AuxiliariesError."""
        await self._command(
            "set_light", lambda: self._set_light(light, state, colour), timeout=SWITCH_SECONDS
        )

    @final
    async def set_fan(self, *, on: bool) -> None:
        """Switches the fan (XFS4IoT Auxiliaries.SetAuxiliaries). DeviceError with an AuxiliariesError."""
        await self._command("set_fan", lambda: self._set_fan(on=on), timeout=SWITCH_SECONDS)
