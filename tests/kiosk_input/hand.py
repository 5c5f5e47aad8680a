"""A hand before a window: starts `tests.kiosk_input.window` on a display, touches with xdotool (XTEST)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

from kiosk.input.strokes import Stroke

ROOT = Path(__file__).parents[2]
PATIENCE = 6.0
"""Seconds to wait for what a touch should lead to."""

State = dict[str, Any]


class Hand:
    """One window of one size, touched from outside."""

    def __init__(self, size: tuple[int, int], home: Path, cache: Path | None = None) -> None:
        """home: a folder for Kivy's own files; cache: $XDG_CACHE_HOME, where it is not the usual one."""
        self.size = size
        text = f"{size[0]}x{size[1]}"
        read, write = os.pipe()
        self._display = subprocess.Popen(
            ["Xvfb", "-displayfd", str(write), "-screen", "0", f"{text}x24", "-nolisten", "tcp"],
            pass_fds=[write],
            stderr=subprocess.DEVNULL,
        )
        os.close(write)
        with os.fdopen(read) as pipe:
            number = pipe.readline().strip()
        self._env = os.environ | {"DISPLAY": f":{number}", "KIVY_HOME": str(home)}
        if cache:
            self._env["XDG_CACHE_HOME"] = str(cache)
        self._window = subprocess.Popen(
            [sys.executable, "-m", "tests.kiosk_input.window", text],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=self._env,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.ask(do="stop")
            self._window.wait(10)
        finally:
            self._window.kill()
            self._window.wait()
            self._display.kill()
            self._display.wait()

    def ask(self, **command: str) -> State:
        """The window's answer to one command."""
        assert self._window.stdin
        assert self._window.stdout
        self._window.stdin.write(json.dumps(command) + "\n")
        self._window.stdin.flush()
        answer: State = json.loads(self._window.stdout.readline())
        return answer

    def state(self) -> State:
        """What is seen, and the events so far."""
        return self.ask(do="state")

    def show(self, keyboard: str, language: str = "zh_CN", type_: str = "standard") -> State:
        """A new keyboard. type_: the value of a `TypeSize`."""
        self.ask(show=keyboard, language=language, type=type_)
        return self.until(lambda state: state["controls"] and state["size"] == list(self.size))

    def until(self, condition: Callable[[State], Any]) -> State:
        """Waits for what should be seen. AssertionError with what is seen instead."""
        end = time.monotonic() + PATIENCE
        while True:
            state = self.state()
            if condition(state):
                return state
            assert time.monotonic() < end, state
            time.sleep(0.02)

    def touch(self, *names: str) -> None:
        """Touches keys one after another, each as soon as it is there, and waits until the window took it."""
        for name in names:
            state = self.until(lambda state, name=name: enabled(state, name))  # type: ignore[misc]
            self.do(*self.at(state, name), "mousedown", "1", "sleep", "0.02", "mouseup", "1")
            self.until(lambda now, before=state: now["touches"] > before["touches"])  # type: ignore[misc]

    def type(self, letters: str) -> None:
        """Touches keys that are all there already, as fast as two thumbs."""
        before = self.until(lambda state: all(enabled(state, letter) for letter in letters))
        words = [(*self.at(before, letter), "click", "1", "sleep", "0.02") for letter in letters]
        self.do(*(word for touch in words for word in touch))
        self.until(lambda state: state["touches"] >= before["touches"] + len(letters))

    def write(self, field: str, strokes: Sequence[Stroke]) -> State:
        """Writes into a field, ``left`` or ``right``, and waits until the window has seen every stroke.

        strokes: points in hundredths of the field.
        """
        before = self.until(lambda state: f"keyboard.field.{field}" in state["controls"])
        x, y, width, height = before["controls"][f"keyboard.field.{field}"]["bounds"]
        side = min(width, height) * 0.9
        left, top = x + (width - side) / 2, y + (height - side) / 2
        words: list[str] = []
        for stroke in strokes:
            for number, (across, down) in enumerate(stroke):
                at = (str(round(left + across / 100 * side)), str(round(top + down / 100 * side)))
                words += ["mousemove", *at, "sleep", "0.002"]
                words += ["mousedown", "1"] if number == 0 else []
            words += ["mouseup", "1", "sleep", "0.01"]
        self.do(*words)
        return self.until(lambda state: state["touches"] >= before["touches"] + len(strokes))

    def candidate(self, word: str) -> None:
        """Touches the candidate of that text."""

        def place(state: State) -> str | None:
            return next(
                (
                    name
                    for name, control in state["controls"].items()
                    if name.startswith("keyboard.candidate.") and control["text"] == word
                ),
                None,
            )

        name = place(self.until(place))
        assert name
        self.touch(name.removeprefix("keyboard."))

    def do(self, *words: str) -> None:
        """One call of xdotool."""
        subprocess.run(["xdotool", *words], env=self._env, check=True)

    @staticmethod
    def at(state: State, name: str) -> tuple[str, str, str]:
        """xdotool's words for moving to the middle of a key."""
        x, y, width, height = state["controls"][f"keyboard.{name}"]["bounds"]
        return ("mousemove", str(round(x + width / 2)), str(round(y + height / 2)))

    def events(self, count: int) -> list[list[str]]:
        """The events, once there are so many."""
        state = self.until(lambda state: len(state["events"]) >= count)
        events: list[list[str]] = state["events"]
        return events


def enabled(state: State, name: str) -> bool:
    """Whether a key is there and can be touched."""
    control = state["controls"].get(f"keyboard.{name}")
    return bool(control and control["enabled"])


def candidates(state: State) -> list[str]:
    """Texts of the candidates that are seen."""
    return [c["text"] for name, c in state["controls"].items() if name.startswith("keyboard.candidate.")]
