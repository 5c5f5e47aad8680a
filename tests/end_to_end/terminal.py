"""A hand at a terminal: touches a real window from outside, and reads what it shows through the inspector."""

from __future__ import annotations

import asyncio
import json
import os
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PATIENCE = 20.0
"""Seconds to wait for a screen on a machine that does other things too."""
WAYS_OUT = (
    "leave.end",
    "idle.end",
    "trouble.close",
    "alert.understood",
    "kept.done",
    "card_left.done",
    "nothing_kept.home",
    "bar.leave",
)
"""What is touched to end a visit, what lies over others first."""


@dataclass(frozen=True)
class Control:
    """Something that can be touched; bounds are x, y, width, height in window pixels, y down."""

    id: str
    role: str
    text: str
    bounds: tuple[float, float, float, float]
    enabled: bool
    chosen: bool

    @property
    def centre(self) -> tuple[int, int]:
        """Where a finger goes."""
        x, y, width, height = self.bounds
        return round(x + width / 2), round(y + height / 2)


class Tree:
    """What the window shows at one moment."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.screen: str = document["screen"]
        self.language: str = document["language"]
        self.size: tuple[int, int] = tuple(document["size"])
        self.texts: list[str] = [text["text"] for text in document["texts"]]
        self.errors: list[str] = [text["text"] for text in document["texts"] if text["role"] == "error"]
        """What is wrong with what was entered or done, and what to do."""
        self.named: dict[str, str] = {text["id"]: text["text"] for text in document["texts"] if text["id"]}
        self.controls = {
            c["id"]: Control(c["id"], c["role"], c["text"], tuple(c["bounds"]), c["enabled"], c["chosen"])
            for c in document["controls"]
        }

    def says(self, part: str) -> bool:
        """Whether a text or a control's text on the screen holds `part`."""
        return any(part in text for text in [*self.texts, *(c.text for c in self.controls.values())])

    def chosen(self, identifier: str) -> bool:
        """Whether that option is chosen."""
        return identifier in self.controls and self.controls[identifier].chosen

    def has(self, identifier: str, text: str = "") -> bool:
        """Whether `control` finds it."""
        try:
            self.control(identifier, text)
        except LookupError:
            return False
        return True

    def control(self, identifier: str, text: str = "") -> Control:
        """The control of that identifier, or the first one that begins so and holds `text`. LookupError."""
        if identifier in self.controls and text in self.controls[identifier].text:
            return self.controls[identifier]
        return self.find(identifier, text)

    def find(self, prefix: str, text: str = "") -> Control:
        """The first control whose identifier begins with `prefix` and whose text holds `text`."""
        for control in self.controls.values():
            if control.id.startswith(prefix) and text in control.text:
                return control
        raise LookupError(f"{prefix} {text!r} is not on {self.screen}: {sorted(self.controls)}")


class Terminal:
    """Touches with xdotool (XTEST), so that the whole way from the X server to the screen is used."""

    def __init__(self, inspector: Path, display: str) -> None:
        self.inspector = inspector
        self.display = display

    async def tree(self) -> Tree:
        """What is shown now."""
        return Tree(await self._ask({"do": "tree"}))

    async def picture(self, file: Path) -> None:
        """Saves what is shown as a PNG."""
        file.parent.mkdir(parents=True, exist_ok=True)
        await self._ask({"do": "picture", "file": str(file)})

    async def until(self, condition: Any, what: str, patience: float = PATIENCE) -> Tree:
        """Waits until `condition(tree)` holds. AssertionError with what was shown instead."""
        end = time.monotonic() + patience
        while True:
            tree = await self.tree()
            if condition(tree):
                return tree
            if time.monotonic() > end:
                raise AssertionError(f"{what}; shown is {tree.screen}: {tree.texts} {sorted(tree.controls)}")
            await asyncio.sleep(0.05)

    async def screen(self, name: str, patience: float = PATIENCE) -> Tree:
        """Waits for a screen."""
        return await self.until(lambda tree: tree.screen == name, f"screen {name} did not come", patience)

    async def touch_slowly(self, identifier: str, seconds: float) -> None:
        """As a finger does that stays for a while."""
        tree = await self.until(lambda now: now.has(identifier), f"no {identifier}")
        x, y = tree.control(identifier).centre
        await self._point(f"mousemove {x} {y} mousedown 1 sleep {seconds} mouseup 1")

    async def touch(self, identifier: str, text: str = "", patience: float = PATIENCE) -> None:
        """Touches the control of that identifier (or the first one that begins so and holds `text`)."""

        def there(tree: Tree) -> bool:
            return tree.has(identifier, text) and tree.control(identifier, text).enabled

        tree = await self.until(there, f"{identifier} {text!r} cannot be touched", patience)
        await self.touch_at(tree.control(identifier, text).centre)

    async def touch_at(self, *places: tuple[int, int]) -> None:
        """Each touch: down, a moment, up, and the time in which a finger cannot be back yet."""
        steps = (f"mousemove {x} {y} mousedown 1 sleep 0.03 mouseup 1 sleep 0.1" for x, y in places)
        await self._point(" ".join(steps))

    async def _point(self, steps: str) -> None:
        process = await asyncio.create_subprocess_exec(
            *("xdotool", *steps.split()),
            env=os.environ | {"DISPLAY": self.display},
        )
        assert await process.wait() == 0

    async def keys(self, keys: str, prefix: str = "keyboard.") -> None:
        """Touches keys of the keyboard on the screen, one after another."""
        wanted = {prefix + key for key in keys}
        tree = await self.until(
            lambda now: all(name in now.controls and now.controls[name].enabled for name in wanted),
            f"not all of {sorted(wanted)} can be touched",
        )
        await self.touch_at(*(tree.controls[prefix + key].centre for key in keys))

    async def pinyin(self, letters: str, word: str) -> None:
        """Types letters and touches the candidate `word`."""
        await self.keys(letters)
        await self.touch("keyboard.candidate.", word)

    async def end_visit(self) -> None:
        """Back to the home page of nobody, whatever is shown."""
        for _ in WAYS_OUT:
            tree = await self.tree()
            out = next((name for name in WAYS_OUT if name in tree.controls), None)
            if out is None:
                break
            with suppress(AssertionError):  # the page went by itself, or came too late to be touched
                await self.touch(out, patience=2)
                await self.until(lambda now, was=tree: now.texts != was.texts, "the same page", 5)
        await self.screen("home")

    async def _ask(self, question: dict[str, Any]) -> dict[str, Any]:
        reader, writer = await asyncio.open_unix_connection(str(self.inspector), limit=1 << 24)
        try:
            writer.write(json.dumps(question).encode() + b"\n")
            await writer.drain()
            answer: dict[str, Any] = json.loads(await reader.readline())
        finally:
            writer.close()
            await writer.wait_closed()
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer
