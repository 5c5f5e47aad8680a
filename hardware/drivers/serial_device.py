"""What the devices on serial ports have in common."""

from __future__ import annotations

from typing import ClassVar, Literal

from hardware.interfaces.device import AnyDevice, DeviceOptions
from hardware.transport.serial_port import SerialPort


class SerialOptions(DeviceOptions):
    """port: such as /dev/serial/by-id/…, which stays the same whatever else is plugged in."""

    baud: Literal[9600, 19200, 38400, 57600, 115200] = 115200
    """Bits a second, as set at the device."""


class SerialDevice(AnyDevice):
    """A device on a serial port, 8N1, that it alone owns; named after its class in a driver's bases."""

    Options: ClassVar[type[DeviceOptions]] = SerialOptions

    def __init__(self, options: SerialOptions) -> None:
        super().__init__(options)
        self._port = SerialPort(options.port, options.baud)

    async def _open(self) -> None:
        await self._port.open()

    async def _close(self) -> None:
        await self._port.close()

    @property
    def _simulated(self) -> bool:
        return self._port.simulated
