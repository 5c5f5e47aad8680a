"""What the devices on serial ports have in common."""

from __future__ import annotations

from enum import Enum
from typing import ClassVar

from hardware.interfaces.device import Device, DeviceError, DeviceInfo, DeviceStatus
from hardware.transport.serial_port import PortProblem, SerialPort

_STATUS: dict[Enum | None, DeviceStatus] = {
    PortProblem.ABSENT: DeviceStatus.NO_DEVICE,
    PortProblem.LOST: DeviceStatus.NO_DEVICE,
    PortProblem.IN_USE: DeviceStatus.DEVICE_BUSY,
    PortProblem.DENIED: DeviceStatus.NO_DEVICE,
    PortProblem.UNUSABLE: DeviceStatus.NO_DEVICE,
}


class SerialDevice(Device):
    """A device on a serial port that it alone owns. `name` is the class's, `driver` the model's."""

    name: ClassVar[str]
    driver: ClassVar[str]

    def __init__(self, port: SerialPort) -> None:
        self._port = port
        self._details: dict[str, str] = {}

    @property
    def info(self) -> DeviceInfo:
        """Which device it is; `details` fill as it tells them."""
        port = self._port
        return DeviceInfo(self.name, self.driver, port.path, port.simulated, dict(self._details))

    async def open(self) -> None:
        """Takes the port for itself. DeviceError(DEVICE_NOT_READY) with a PortProblem where that fails."""
        await self._port.open()

    async def close(self) -> None:
        """Gives the port back. Never raises; may be repeated."""
        await self._port.close()


def status_of(error: DeviceError) -> DeviceStatus:
    """The state of a device that could not be asked."""
    return _STATUS.get(error.code, DeviceStatus.OFFLINE)


def advice_on(error: DeviceError) -> str:
    """Name of the sentence that says what to do about a device that could not be asked."""
    if isinstance(error.code, PortProblem):
        return f"advice.port.{error.code.value}"
    return "advice.no_answer"
