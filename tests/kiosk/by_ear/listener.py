"""A resident who sees nothing: hears what is said, and presses keys of the keypad."""

from __future__ import annotations

import asyncio
import time

from tests.kiosk.hand import Hand

PATIENCE = 30.0
MOST_STEPS = 90
"""Items of a page, the keys of a keyboard among them."""


class Listener:
    """Knows of the screen only what was said since the last key that it pressed."""

    def __init__(self, hand: Hand) -> None:
        self.hand = hand
        self.all: list[tuple[int, str]] = []
        self._turn = 0

    async def press(self, keys: str, *, entry: bool = False) -> None:
        """Presses keys once the keypad takes them. entry: digits, or the end of them."""
        wanted = "enter-digits" if entry else "function-key"
        end = time.monotonic() + PATIENCE
        while (await self.hand.simulated("pin-pad"))["waits_for"] != wanted:
            assert time.monotonic() < end, f"the keypad does not wait for {wanted}: {self.all[-6:]}"
            await asyncio.sleep(0.03)
        await self._listen()
        self._turn = self.all[-1][0] if self.all else 0
        await self.hand.press(keys)

    @property
    def heard(self) -> list[str]:
        """What was said since the last key."""
        return [text for turn, text in self.all if turn > self._turn]

    async def hears(self, *parts: str) -> str:
        """Waits until a text is said with one of these parts in it; gives that text."""
        end = time.monotonic() + PATIENCE
        while True:
            await self._listen()
            for text in self.heard:
                if any(part in text for part in parts):
                    return text
            assert time.monotonic() < end, f"none of {parts} was said; last: {self.all[-8:]}"
            await asyncio.sleep(0.05)

    async def go_to(self, name: str, *, back: bool = False) -> None:
        """Steps from item to item until one begins with that name."""
        for _ in range(MOST_STEPS):
            await self.press("*" if back else "#")
            await self.hears("")
            if self.heard[0].startswith(name):
                return
        raise AssertionError(f"{name!r} is none of the items: {[t for _, t in self.all[-2 * MOST_STEPS :]]}")

    async def choose(self, name: str, *, back: bool = False) -> None:
        """Goes to an item and presses enter."""
        await self.go_to(name, back=back)
        await self.press("enter")

    async def key_in(self, digits: str) -> None:
        """Keys in digits, and enter."""
        await self.press(f"{digits} enter", entry=True)

    async def _listen(self) -> None:
        answer = await self.hand.ask({"do": "spoken", "after": len(self.all)})
        self.all += [(turn, text) for turn, text in answer["spoken"]]
        assert len(self.all) == answer["count"]
