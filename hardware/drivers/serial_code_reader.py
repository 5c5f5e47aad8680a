"""Readers of bar codes and QR codes that send each code as a line on a serial port."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from hardware.drivers.serial_device import SerialDevice, SerialOptions
from hardware.interfaces.code_reader import (
    CodeError,
    CodeReader,
    CodeReaderCapabilities,
    CodeReaderStatus,
    Scanner,
)
from hardware.interfaces.device import CompletionCode, DeviceError, DeviceOptions, DeviceStatus
from hardware.protocols.code_line import MAX_BYTES, Coding, LineReader, Refused, Suffix

WAIT_SECONDS = 1.0
"""One wait for bytes; then the port is looked at again."""
SILENCE_SECONDS = 0.5
"""A line that falls silent for so long inside a code with a suffix has cut it short."""


class CodeReaderOptions(SerialOptions):
    """As set at the reader, mostly by reading codes of its manual."""

    suffix: Suffix = Suffix.CR
    coding: Coding = Coding.DETECT
    """Of Chinese text. What is the same in both codings needs none."""
    quiet: float = Field(default=0.1, ge=0.02, le=2.0)
    """Seconds of silence that end a code without suffix."""


class SerialCodeReader(SerialDevice, CodeReader):
    """Takes the next code that begins after it was asked for; the reader itself reads all the time.

    Such a reader has no commands: that its port can be opened is all that is known of it.
    """

    driver = "serial"
    Options: ClassVar[type[DeviceOptions]] = CodeReaderOptions

    def __init__(self, options: CodeReaderOptions) -> None:
        super().__init__(options)
        self._lines = LineReader(options.suffix, options.coding)
        self._silence = options.quiet if options.suffix is Suffix.NONE else SILENCE_SECONDS

    async def _open(self) -> None:
        self._lines.clear()
        await super()._open()

    async def _ask_capabilities(self) -> CodeReaderCapabilities:
        return CodeReaderCapabilities(triggers=False, asks=False, longest=MAX_BYTES)

    async def _ask_status(self) -> CodeReaderStatus:
        self._lines.feed(await self._port.read(0.0))  # raises where the port has gone
        return CodeReaderStatus(device=DeviceStatus.ONLINE, scanner=Scanner.NOT_SUPPORTED)

    async def _read_code(self) -> str:
        await self._forget_earlier()
        while True:
            data = await self._port.read(self._silence if self._lines.begun else WAIT_SECONDS)
            for found in self._lines.feed(data) if data else self._lines.silent():
                if isinstance(found, Refused):
                    reason = found.reason.value
                    raise DeviceError(CompletionCode.INVALID_DATA, CodeError.BARCODE_INVALID, reason)
                if found.text:
                    return found.text

    async def _forget_earlier(self) -> None:
        """Lets pass what was held there before, also the rest of a code whose beginning has come: the end of
        a code must not be taken for a whole one."""
        while data := await self._port.read(self._silence if self._lines.begun else 0.0):
            self._lines.feed(data)
        self._lines.clear()
