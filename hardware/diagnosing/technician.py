"""The person who checks: is told what to do, and asked what they see."""

from __future__ import annotations

import asyncio
import os
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TextIO

from foundation.language import Language, Translate
from hardware.wording import texts

MAX_ANSWER = 4096
"""Bytes of an answer; a terminal's line has no more."""
YES = {"y", "yes", "1"}
NO = {"n", "no", "0"}
"""Answers in any language, beside the words of the catalogue."""


class NobodyThere(Exception):
    """Standard input has ended: nobody answers."""


class NotSeen(Exception):
    """Nobody did what was asked for, or the device did not notice. Its text names the sentence that says what
    to do in either case."""


class Technician(ABC):
    """Somebody who is told what to do, sees what a device does, and answers. Sentences are named as in the
    room's catalogue; what fills them in is taken from `text`."""

    text: Translate

    @abstractmethod
    def say(self, name: str, /, **placeholders: object) -> None:
        """Shows a sentence."""

    @abstractmethod
    async def confirms(self, name: str, /, **placeholders: object) -> bool:
        """Asks a question until it is answered with yes or no. Raises NobodyThere."""

    @abstractmethod
    async def enters(self, name: str, /, **placeholders: object) -> str:
        """Asks for something to be typed. Raises NobodyThere."""


class ConsoleTechnician(Technician):
    """Talks over a text console. What is said goes to standard error, so that a report can go elsewhere."""

    def __init__(self, language: Language, *, out: TextIO = sys.stderr, answers: int = 0) -> None:
        """answers: file descriptor of standard input."""
        self.text = texts(language)
        self.acted: Callable[[], None] = lambda: None
        """Is called whenever something is said or answered: somebody works."""
        self._out = out
        self._answers = answers
        self._held = b""

    def say(self, name: str, /, **placeholders: object) -> None:
        """Shows a sentence."""
        self._write(self.text(name, **placeholders) + "\n")

    async def confirms(self, name: str, /, **placeholders: object) -> bool:
        """Asks a question until it is answered with yes or no. Raises NobodyThere."""
        yes, no = self.text("technician.yes"), self.text("technician.no")
        while True:
            self._write(f"{self.text(name, **placeholders)} [{self.text('technician.choice')}] ")
            answer = (await self._line()).lower()
            if answer in YES or answer == yes:
                return True
            if answer in NO or answer == no:
                return False

    async def enters(self, name: str, /, **placeholders: object) -> str:
        """Asks for something to be typed. Raises NobodyThere."""
        self._write(self.text(name, **placeholders) + " ")
        return await self._line()

    def _write(self, text: str) -> None:
        self.acted()
        self._out.write(text)
        self._out.flush()

    async def _line(self) -> str:
        """The next line, without its end. A reader of its own would wait on where nobody can interrupt it."""
        while b"\n" not in self._held:
            data = await self._read()
            if not data or len(self._held) > MAX_ANSWER:
                raise NobodyThere
            self._held += data
        self.acted()
        line, _, self._held = self._held.partition(b"\n")
        return line.decode("utf-8", "replace").strip()

    async def _read(self) -> bytes:
        loop = asyncio.get_running_loop()
        ready = asyncio.Event()
        try:
            loop.add_reader(self._answers, ready.set)
        except PermissionError:
            return os.read(self._answers, MAX_ANSWER)  # a file, which never keeps anybody waiting
        try:
            await ready.wait()
            return os.read(self._answers, MAX_ANSWER)
        finally:
            loop.remove_reader(self._answers)
