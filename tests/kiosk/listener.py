"""A resident who sees nothing: hears what is said, and presses keys of the keypad."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable

from tests.kiosk.hand import Hand

PATIENCE = 30.0
MOST_STEPS = 80
"""Items of a page, the keys of a keyboard among them."""
WAITS = {"function-key", "enter-digits"}


class Listener:
    """Knows of the screen only what was said since the last key that it pressed."""

    def __init__(self, hand: Hand) -> None:
        self.hand = hand
        self.all: list[str] = []
        self._from = 0

    async def press(self, keys: str, *, entry: bool = False) -> None:
        """Presses keys once the keypad takes them. entry: digits, or the end of them."""
        wanted = "enter-digits" if entry else "function-key"
        await self._until(lambda now: now == wanted, f"the keypad does not wait for {wanted}")
        await self._listen()
        self._from = len(self.all)
        await self.hand.press(keys)

    async def hears(self, part: str) -> str:
        """Waits until something is said; gives that text."""
        end = time.monotonic() + PATIENCE
        while True:
            await self._listen()
            for text in self.all[self._from :]:
                if part in text:
                    return text
            if time.monotonic() > end:
                raise AssertionError(f"{part!r} was not said, but {self.all[self._from :]}")
            await asyncio.sleep(0.05)

    async def go_to(self, name: str, *, back: bool = False) -> str:
        """Steps from item to item until one begins with that name."""
        for _ in range(MOST_STEPS):
            await self.press("*" if back else "#")
            said = await self._item()
            if said[0].startswith(name):
                return " ".join(said)
        raise AssertionError(f"{name!r} is none of the items: {self.all[-2 * MOST_STEPS :]}")

    async def choose(self, name: str, *, back: bool = False) -> None:
        """Goes to an item and presses enter."""
        await self.go_to(name, back=back)
        await self.press("enter")

    async def key_in(self, digits: str) -> None:
        """Keys in digits, and enter."""
        await self.press(f"{digits} enter", entry=True)

    async def _item(self) -> list[str]:
        """What was said of one item, to its position."""
        await self.hears_position()
        return self.all[self._from :]

    async def hears_position(self) -> str:
        """Waits for the end of an item: which of how many it is."""
        end = time.monotonic() + PATIENCE
        while True:
            await self._listen()
            for text in self.all[self._from :]:
                if re.search(r"^第 \d+ 项|^\d+ of \d+$", text):
                    return text
            if time.monotonic() > end:
                raise AssertionError(f"no position was said, but {self.all[self._from :]}")
            await asyncio.sleep(0.05)

    async def _listen(self) -> None:
        answer = await self.hand.ask({"do": "spoken", "after": len(self.all)})
        self.all += answer["spoken"]
        assert len(self.all) == answer["count"]

    async def _until(self, condition: Callable[[object], bool], what: str) -> None:
        end = time.monotonic() + PATIENCE
        while not condition((await self.hand.simulated("pin-pad"))["waits_for"]):
            if time.monotonic() > end:
                raise AssertionError(f"{what}; last was said {self.all[-6:]}")
            await asyncio.sleep(0.03)
