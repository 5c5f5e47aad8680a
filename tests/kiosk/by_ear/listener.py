"""A resident who sees nothing: hears what is said, and presses keys of the keypad."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from tests.kiosk.hand import Hand

PATIENCE = 30.0
MOST_STEPS = 90
"""Items of a page, the keys of a keyboard among them."""


class Listener:
    """Knows of the screen only what was said since the last key that it pressed."""

    def __init__(self, hand: Hand) -> None:
        self.hand = hand
        self.all: list[tuple[int, str]] = []
        self.keys = 0
        """How many were pressed."""
        self._turn = 0
        self._pressed = ""

    async def press(self, keys: str, *, entry: bool = False) -> None:
        """Presses keys once the keypad takes them. entry: digits, or the end of them."""
        wanted = "enter-digits" if entry else "function-key"
        end = time.monotonic() + PATIENCE
        while (await self.hand.simulated("pin-pad"))["waits_for"] != wanted:
            assert time.monotonic() < end, f"the keypad does not wait for {wanted}: {self.all[-6:]}"
            await asyncio.sleep(0.03)
        await self._listen()
        self._turn = self.all[-1][0] if self.all else 0
        self._pressed = keys
        self.keys += sum(len(key) if key.isdigit() else 1 for key in keys.split())
        await self.hand.press(keys)

    @property
    def heard(self) -> list[str]:
        """What was said since the last key."""
        return [text for turn, text in self.all if turn > self._turn]

    async def hears(self, *parts: str, patience: float = PATIENCE) -> str:
        """Waits until a text is said with one of these parts in it; gives that text."""
        return await self.until(
            lambda text: any(part in text for part in parts), f"none of {parts}", patience
        )

    async def until(self, wanted: Callable[[str], object], missing: str, patience: float = PATIENCE) -> str:
        """Waits until a text of that kind is said. missing: what is said not to have been said."""
        end = time.monotonic() + patience
        while True:
            await self._listen()
            for text in self.heard:
                if wanted(text):
                    return text
            assert time.monotonic() < end, (
                f"{missing} was said; last: {self.all[-8:]}; pressed {self._pressed!r}; "
                f"the keypad: {await self.hand.simulated('pin-pad')}"
            )
            await asyncio.sleep(0.05)

    async def step_to(
        self, wanted: Callable[[str], object], missing: str, *, back: bool = False, onward: str = ""
    ) -> str:
        """Steps from item to item until one is said of that kind; gives it.

        onward: what turns to the next sheet of a long page, which is then chosen on the way.
        """
        for _ in range(MOST_STEPS):
            await self.press("*" if back else "#")
            await self.hears("")
            if wanted(self.heard[0]):
                return self.heard[0]
            if onward and self.heard[0].startswith(onward):
                await self.press("enter")
                await self.hears("")
        raise AssertionError(f"{missing} is an item: {[t for _, t in self.all[-2 * MOST_STEPS :]]}")

    async def go_to(self, name: str, *, back: bool = False, onward: str = "") -> None:
        """Steps from item to item until one begins with that name."""
        await self.step_to(
            lambda text: text.startswith(name), f"nothing that begins {name!r}", back=back, onward=onward
        )

    async def choose(self, name: str, *, back: bool = False, onward: str = "") -> None:
        """Goes to an item and presses enter."""
        await self.go_to(name, back=back, onward=onward)
        await self.press("enter")

    async def key_in(self, digits: str) -> None:
        """Keys in digits, and enter."""
        await self.press(f"{digits} enter", entry=True)

    async def _listen(self) -> None:
        answer = await self.hand.ask({"do": "spoken", "after": len(self.all)})
        self.all += [(turn, text) for turn, text in answer["spoken"]]
        assert len(self.all) == answer["count"]
