"""A simulated reader of bar codes and QR codes, which reads whatever is held before it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Self

from hardware.protocols import code_line
from hardware.protocols.code_line import Coding, Suffix
from hardware.simulators.device import Fact, Refused, SimulatedDevice

DEFAULT_TEXT = "HUIMIN-SIMULATED"
WAITING_CODES = 16


class CodeFault(Enum):
    """What goes wrong with the next code; the values are the command line's."""

    NONE = "none"
    UNREADABLE = "unreadable"
    """It is creased: the reader finds none, and sends nothing."""
    TWICE = "twice"
    """It is held there so long that the reader reads it twice."""
    CONTROL_CHARACTERS = "control-characters"
    """It was made to do harm: it holds characters that no text has."""
    TOO_LONG = "too-long"
    """It never ends."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How long finding a code takes, in seconds, and the line's speed. Zeros are for tests."""

    find: float = 0.15
    baud: int = 115200


INSTANT = Pace(0.0, 0)


class SimulatedCodeReader(SimulatedDevice):
    """Sends a code's text and the suffix. suffix, coding: what it was set to."""

    name = "code-reader"
    own_faults = CodeFault
    commands = ()
    actions = ("hold",)
    checked = False

    def __init__(
        self,
        port: Path,
        pace: Pace = Pace(),
        *,
        suffix: Suffix = Suffix.CR,
        coding: Coding = Coding.UTF_8,
    ) -> None:
        super().__init__(port, pace.baud)
        self.pace = pace
        self.suffix = suffix
        self.coding = coding
        self._codes: asyncio.Queue[str] = asyncio.Queue(WAITING_CODES)
        self._read = 0

    @classmethod
    def in_folder(cls, folder: Path, *, instant: bool) -> Self:
        """As huimin-simulate serves it."""
        return cls(folder / cls.name, INSTANT if instant else Pace())

    def hold(self, text: str) -> None:
        """Holds a code before the reader. ValueError where no code holds such a text; it is lost where the
        reader is still busy with many others."""
        code_line.encode(text, self.suffix, self.coding)
        if not self._codes.full():
            self._codes.put_nowait(text)

    def act(self, action: str, given: str) -> None:
        """``hold`` with the code's text."""
        try:
            self.hold(given or DEFAULT_TEXT)
        except ValueError as error:
            raise Refused("simulate.code_unusable", reason=str(error)) from None

    def state(self) -> Mapping[str, Fact]:
        """How many codes it has read."""
        return {"codes_read": self._read}

    def _received(self, data: bytes) -> None:
        """It takes no commands: what it reads is set at the reader."""

    async def _serve(self) -> None:
        while True:
            text = await self._codes.get()
            await asyncio.sleep(self.pace.find)
            if self.silent:
                continue
            for line in self._lines(text):
                await self.line.send(line)
            self._read += 1

    def _lines(self, text: str) -> list[bytes]:
        """What it sends for a code, with its fault."""
        line = code_line.encode(text, self.suffix, self.coding)
        fault = self.fault
        if fault is not CodeFault.NONE:
            self._used_up()
        match fault:
            case CodeFault.UNREADABLE:
                return []
            case CodeFault.TWICE:
                return [line, line]
            case CodeFault.CONTROL_CHARACTERS:
                return [b"\x1b]0;" + line]
            case CodeFault.TOO_LONG:
                return [b"7" * (code_line.MAX_BYTES + 1) + line]
            case _:
                return [line]
