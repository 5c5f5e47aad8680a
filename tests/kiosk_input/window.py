"""A window with one keyboard, run by the tests as a process of its own and touched from outside.

Reads commands from standard input, one JSON object a line, and answers each with one JSON line on standard
output: ``{"show": NAME, "language": "zh_CN", "type": "standard"}``, ``{"do": "state"}``, ``{"do": "picture",
"file": PATH}``, ``{"do": "forget"}``, ``{"do": "stop"}``.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Callable
from datetime import date
from typing import Any

WIDTH, HEIGHT = (int(side) for side in sys.argv[1].split("x"))

os.environ["KIVY_NO_ARGS"] = "1"
os.environ["KIVY_NO_CONSOLELOG"] = "1"
os.environ["KIVY_NO_FILELOG"] = "1"

from kivy.config import Config  # noqa: E402

Config.set("graphics", "width", str(WIDTH))
Config.set("graphics", "height", str(HEIGHT))
Config.set("graphics", "multisamples", "0")
Config.set("graphics", "borderless", "1")
Config.set("graphics", "position", "custom")
Config.set("graphics", "left", "0")
Config.set("graphics", "top", "0")
Config.remove_option("input", "mouse")
Config.set("input", "finger", "finger,disable_multitouch")

from kivy.app import App  # noqa: E402
from kivy.core.window import Window  # noqa: E402
from kivy.uix.floatlayout import FloatLayout  # noqa: E402
from kivy.uix.widget import Widget  # noqa: E402

from foundation.language import Language  # noqa: E402
from kiosk.fonts import covers, register_fonts  # noqa: E402
from kiosk.input.deploy import deploy  # noqa: E402
from kiosk.input.handwriting import Handwriting  # noqa: E402
from kiosk.input.keyboards.date import DateKeyboard  # noqa: E402
from kiosk.input.keyboards.date_either import DateEither  # noqa: E402
from kiosk.input.keyboards.date_steps import DateSteps  # noqa: E402
from kiosk.input.keyboards.digits import (  # noqa: E402
    DigitKeyboard,
    IdentityKeyboard,
    MoneyKeyboard,
    PhoneKeyboard,
)
from kiosk.input.keyboards.english import EnglishKeyboard  # noqa: E402
from kiosk.input.keyboards.handwriting import HandwritingKeyboard  # noqa: E402
from kiosk.input.keyboards.key_cap import KeyCap  # noqa: E402
from kiosk.input.keyboards.keyboard import Keyboard  # noqa: E402
from kiosk.input.keyboards.pinyin import PinyinKeyboard  # noqa: E402
from kiosk.input.keyboards.text import TextKeyboard  # noqa: E402
from kiosk.input.keyboards.wheels import DateWheels  # noqa: E402
from kiosk.input.methods import InputMethods, Opened  # noqa: E402
from kiosk.input.recogniser import Recogniser  # noqa: E402
from kiosk.input.rime import PinyinEngine  # noqa: E402
from kiosk.input.words import Words  # noqa: E402
from kiosk.look import Look, TypeSize  # noqa: E402
from kiosk.theme import theme  # noqa: E402
from kiosk.widgets.inspectable import Inspectable  # noqa: E402

STEPS = DateSteps(date(2024, 1, 31), date(1900, 1, 1), date(2026, 12, 31))
TODAY = date(2026, 11, 23)


class KeyboardWindow(App):
    """Holds one keyboard at its lower end."""

    def build(self) -> Widget:
        """The empty window."""
        theme.fit(WIDTH, HEIGHT)
        Window.clearcolor = theme.colour.paper
        self.engine = PinyinEngine(deploy(), shows=_shows)
        words = Words.read()
        self.by_hand = Handwriting(Recogniser(shows=_shows), words)
        self.methods = InputMethods(lambda: Opened(self.engine, self.by_hand, words))
        self.keyboard: Keyboard | None = None
        self.events: list[list[str]] = []
        self.took: list[float] = []
        self.root = FloatLayout()
        Window.bind(on_flip=self._frame_drawn)
        self._touched: float | None = None
        self.touches = 0
        Window.bind(on_touch_up=self._touch)
        return self.root

    def show(self, name: str, language: Language) -> None:
        """Puts a new keyboard into the window."""
        makers: dict[str, Callable[[], Keyboard]] = {
            "pinyin": lambda: PinyinKeyboard(WIDTH, language, self.engine),
            "english": lambda: EnglishKeyboard(WIDTH, language),
            "text": lambda: TextKeyboard(WIDTH, language, self.methods),
            "handwriting": lambda: HandwritingKeyboard(WIDTH, language, self.by_hand),
            "digits": lambda: DigitKeyboard(WIDTH, language),
            "phone": lambda: PhoneKeyboard(WIDTH, language),
            "identity": lambda: IdentityKeyboard(WIDTH, language),
            "money": lambda: MoneyKeyboard(WIDTH, language),
            "date": lambda: DateKeyboard(WIDTH, language),
            "wheels": lambda: DateWheels(WIDTH, language, STEPS),
            "either": lambda: DateEither(WIDTH, language, "", (STEPS.earliest, STEPS.latest), TODAY),
        }
        self.root.clear_widgets()
        self.events = []
        start = time.perf_counter()
        self.keyboard = makers[name]()
        self.built = time.perf_counter() - start
        self.keyboard.bind(
            on_insert=lambda _, text: self.events.append(["insert", text]),
            on_backspace=lambda _: self.events.append(["backspace"]),
            on_done=lambda _: self.events.append(["done"]),
        )
        if hasattr(self.keyboard, "on_date"):
            self.keyboard.bind(on_date=lambda _, day: self.events.append(["date", day.isoformat()]))
        self.root.add_widget(self.keyboard)

    def state(self) -> dict[str, Any]:
        """What is seen and what happened."""
        assert self.keyboard
        return {
            "size": list(Window.size),
            "keyboard": [self.keyboard.width, self.keyboard.height],
            "controls": {
                widget.inspect_id: {
                    "text": widget.inspect_text,
                    "bounds": bounds(widget),
                    "enabled": widget.inspect_enabled,
                    "chosen": widget.inspect_chosen,
                    "ink": list(widget.ink) if isinstance(widget, KeyCap) else [0, 0],
                    "pressed": getattr(widget, "state", "") == "down",
                }
                for widget in self.root.walk()
                if isinstance(widget, Inspectable) and widget.inspect_id
            },
            "events": self.events,
            "text": getattr(self.keyboard, "text", ""),
            "built": self.built,
            "took": self.took,
            "touches": self.touches,
        }

    def answer(self, command: dict[str, Any]) -> dict[str, Any]:
        """Does one command."""
        if "show" in command:
            theme.look = Look(TypeSize(command["type"]))
            self.show(command["show"], Language(command["language"]))
        elif command["do"] == "picture":
            Window.dispatch("on_draw")
            from kivy.graphics.opengl import GL_RGB, GL_UNSIGNED_BYTE, glReadPixels
            from PIL import Image

            pixels = glReadPixels(0, 0, WIDTH, HEIGHT, GL_RGB, GL_UNSIGNED_BYTE)
            Image.frombytes("RGB", (WIDTH, HEIGHT), bytes(pixels)).transpose(
                Image.Transpose.FLIP_TOP_BOTTOM
            ).save(command["file"])
        elif command["do"] == "forget":
            self.methods.forget()
        elif command["do"] == "stop":
            self.stop()
        return self.state() if self.keyboard else {}

    def _touch(self, *_: object) -> None:
        self._touched = time.perf_counter()
        self.touches += 1

    def _frame_drawn(self, *_: object) -> None:
        if self._touched is not None:
            self.took.append(time.perf_counter() - self._touched)
            self._touched = None


def _shows(text: str) -> bool:
    return not covers(text)


def bounds(widget: Widget) -> list[float]:
    """x, y, width and height in window pixels, y down."""
    x, y = widget.to_window(*widget.pos)
    return [x, HEIGHT - y - widget.height, widget.width, widget.height]


async def main() -> None:
    """Serves commands while Kivy runs on the same loop."""
    register_fonts()
    window = KeyboardWindow()
    running = asyncio.create_task(window.async_run("asyncio"))
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        command = json.loads(line)
        print(json.dumps(window.answer(command)), flush=True)
        if command.get("do") == "stop":
            break
    await running
    window.engine.close()


asyncio.run(main())
