"""What every device has, in the terms of XFS4IoT."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from enum import Enum


class DeviceStatus(Enum):
    """State of a device (XFS4IoT Common, device status)."""

    ONLINE = "online"
    OFFLINE = "offline"
    POWER_OFF = "powerOff"
    NO_DEVICE = "noDevice"
    HARDWARE_ERROR = "hardwareError"
    USER_ERROR = "userError"
    DEVICE_BUSY = "deviceBusy"
    FRAUD_ATTEMPT = "fraudAttempt"
    NOT_SUPPORTED = "notSupported"
    UNKNOWN = "unknown"


class CompletionCode(Enum):
    """Why a command did not succeed, whatever the class of the device (XFS4IoT completion codes)."""

    TIME_OUT = "timeOut"
    CANCELED = "canceled"
    DEVICE_NOT_READY = "deviceNotReady"
    HARDWARE_ERROR = "hardwareError"
    USER_ERROR = "userError"
    SEQUENCE_ERROR = "sequenceError"
    FRAUD_ATTEMPT = "fraudAttempt"
    UNSUPPORTED_COMMAND = "unsupportedCommand"
    INVALID_DATA = "invalidData"
    CONNECTION_LOST = "connectionLost"


class DeviceError(Exception):
    """A command failed.

    completion: the general code; code: the code of the class (a member of the class's own enumeration,
    such as `CardError`), or None; detail: for the technician, without personal data.
    """

    def __init__(self, completion: CompletionCode, code: Enum | None = None, detail: str = "") -> None:
        parts = [completion.value, str(code.value) if code else "", detail]
        super().__init__(": ".join(part for part in parts if part))
        self.completion = completion
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class SelfTest:
    """Result of a self-test. `findings` are names of sentences in the room's catalogue, worst first."""

    passed: bool
    findings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """Which device it is. `details` are facts the device itself told, such as its serial number."""

    name: str
    driver: str
    port: str
    simulated: bool
    details: dict[str, str] = field(default_factory=dict)


class Device(ABC):
    """A device. One owner; its commands are coroutines, and cancelling one leaves it usable."""

    @property
    @abstractmethod
    def info(self) -> DeviceInfo:
        """Which device it is."""

    @abstractmethod
    async def open(self) -> None:
        """Takes the port for itself. DeviceError(DEVICE_NOT_READY) where it is absent or in use."""

    @abstractmethod
    async def close(self) -> None:
        """Gives the port back. Never raises; may be repeated."""

    @abstractmethod
    async def status(self) -> DeviceStatus:
        """Asks the device. Never raises: what cannot be asked is OFFLINE or NO_DEVICE."""

    @abstractmethod
    async def self_test(self) -> SelfTest:
        """The device's internal test. Never raises."""
