"""The reader of two-dimensional and bar codes (XFS4IoT BarcodeReader)."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar, final

from hardware.interfaces.device import Device, Status


class CodeError(Enum):
    """Why no code was read (XFS4IoT BarcodeReader's codes where it has one)."""

    NO_CODE = "noCode"
    """Nobody held a code before the reader in time."""
    BARCODE_INVALID = "barcodeInvalid"
    """What was read is longer than any code, or no text: hold the code there once more."""


class Scanner(Enum):
    """The scanner (XFS4IoT BarcodeReader, scanner)."""

    ON = "on"
    OFF = "off"
    INOPERATIVE = "inoperative"
    NOT_SUPPORTED = "notSupported"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class CodeReaderCapabilities:
    """triggers: it is switched on for a reading, rather than being on always; asks: it can be asked how it
    is, rather than sending codes only; longest: bytes of a code."""

    triggers: bool
    asks: bool
    longest: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeReaderStatus(Status):
    """How the reader is."""

    WRONG: ClassVar[Mapping[Enum, str]] = {Scanner.INOPERATIVE: "advice.code_reader.inoperative"}

    scanner: Scanner = Scanner.UNKNOWN


class CodeReader(Device[CodeReaderCapabilities, CodeReaderStatus]):
    """Reads codes that are held before it."""

    name = "code_reader"
    status_type = CodeReaderStatus
    codes = tuple(CodeError)
    unused = (CodeError.NO_CODE,)

    @abstractmethod
    async def _read_code(self) -> str:
        """Waits for a code, for ever. A code that came before it was asked for is not given."""

    @final
    async def read_code(self, *, timeout: float) -> str:
        """Waits up to `timeout` seconds for a code, and gives its text (XFS4IoT BarcodeReader.Read). It may
        be personal data.

        DeviceError with a CodeError, TIME_OUT with NO_CODE where none came.
        """
        return await self._command(
            "read_code",
            self._read_code,
            timeout=timeout,
            late=CodeError.NO_CODE,
            counts=lambda _: {"codes_read": 1},
        )
