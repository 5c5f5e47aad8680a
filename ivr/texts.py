"""What is shown on a phone's screen in a call: one text after another, never holding up what is said."""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

from ivr.line import HungUp
from speech.spoken import english, mandarin, mandarin_numbers

MOST_WAITING = 8
"""Texts; where a phone takes them so slowly that more wait, the oldest prompt is left out."""
MASK = "•"
SHOWN = 4
"""Digits at the end of a private number that stay."""

_WORDS = sorted({*mandarin.BY_DIGIT.values(), *mandarin_numbers.YEAR_DIGIT.values()}, key=len, reverse=True)
_DIGIT = rf"(?:[0-9Xx]|{'|'.join(_WORDS)}|\b(?:{'|'.join(english.BY_DIGIT.values())}|oh)\b)"
"""A digit in figures, or as either language says it."""
_NUMBER = re.compile(rf"{_DIGIT}(?:[\s,，、.。-]*{_DIGIT}){{4,}}", re.IGNORECASE)
_ONE_DIGIT = re.compile(_DIGIT, re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Text:
    text: str = field(repr=False)
    prompt: bool


class Texts:
    """The screen of one phone. Owns what waits to be shown there."""

    def __init__(self, send: Callable[[str], Awaitable[bool]], note: Callable[[str], None]) -> None:
        """send: shows one text, or says that the phone refuses; note: for the call record."""
        self._send = send
        self._note = note
        self._waiting: deque[_Text] = deque()
        self._last = ""
        self._refused = False
        self._sending: asyncio.Task[None] | None = None

    def show(self, text: str, *, prompt: bool = False) -> None:
        """After those before it. A phone that has refused one is not asked again, and what stands last on the
        screen is not shown twice. prompt: what is only being said; results are not left out for it."""
        if self._refused or not text or text == self._last:
            return
        self._last = text
        self._waiting.append(_Text(text, prompt))
        if len(self._waiting) > MOST_WAITING:
            oldest = next((waiting for waiting in self._waiting if waiting.prompt), self._waiting[0])
            self._waiting.remove(oldest)
        if self._sending is None or self._sending.done():
            self._sending = asyncio.create_task(self._send_all())

    async def close(self) -> None:
        """Shows nothing more."""
        self._waiting.clear()
        if self._sending is not None:
            self._sending.cancel()
            await asyncio.gather(self._sending, return_exceptions=True)

    async def _send_all(self) -> None:
        with suppress(HungUp):
            while self._waiting:
                text = self._waiting.popleft()
                shown = await self._send(text.text)
                if not text.prompt or not shown:
                    self._note("text shown" if shown else "text refused")
                if not shown:
                    self._refused = True
                    self._waiting.clear()


def masked(text: str) -> str:
    """A text with nothing of its longer numbers but their last digits, whether in figures or in words."""

    def hide(number: re.Match[str]) -> str:
        digits = len(_ONE_DIGIT.findall(number[0]))
        left = iter(range(digits))
        return _ONE_DIGIT.sub(lambda digit: MASK if next(left) < digits - SHOWN else digit[0], number[0])

    return _NUMBER.sub(hide, text)
