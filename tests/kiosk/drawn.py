"""Draws each screen once in every way that docs/screens.md shows, at one size of the window.

``python -m tests.kiosk.drawn SIZE BACKEND FOLDER`` writes ``FOLDER/KEY/WAY.png``, made smaller, and a line of
JSON with what each screen is.
"""

from __future__ import annotations

import argparse
import asyncio
import inspect
import json
import re
from pathlib import Path
from typing import Any

from PIL import Image

from foundation.language import Language
from foundation.log import start_log
from kiosk.look import Look, TypeSize
from kiosk.settings import KioskSettings
from kiosk.visit import pages
from kiosk.visit.pages import Page
from kiosk.window import prepare, require_window
from tests.kiosk.gallery import Gallery, county, every_page
from tests.kiosk.gallery_help import helps

STANDARD, LARGE, VERY_LARGE = TypeSize
TYPE = {
    "1080x1920": (STANDARD, VERY_LARGE),
    "1280x1024": (LARGE, STANDARD),
    "1920x1080": (STANDARD, VERY_LARGE),
}
"""Size of the type in the normal theme and in that of high contrast."""
SMALL = {"1080x1920": (216, 384), "1280x1024": (270, 216), "1920x1080": (270, 152)}
"""Pixels of a picture."""
FULLER = {
    "address-entry": 1,
    "card-wanted": 1,
    "confirmation": 3,
    "policy-search": 1,
    "reason-entry": 1,
    "reference-entry": 1,
}
"""Which page of a kind is shown where the first one says little."""


class Drawing(Gallery):
    """Draws the first page of each kind, and each overlay, where the gallery judges all."""

    def __init__(self, size: str, folder: Path) -> None:
        super().__init__(None, complete=False, only="")
        self._size = size
        self._folder = folder
        self._met: dict[str, int] = {}
        self.said: dict[str, str] = {}

    def hang(self, page: Page, **over: object) -> None:
        """Draws it in both languages and both themes, if it is the one to be shown of its kind."""
        key = _key(page, over)
        met = self._met.get(key, 0)
        self._met[key] = met + 1
        if met != FULLER.get(key, 0):
            return
        self.said[key] = _said(page, over)
        self._ways = [
            (language, Look(self._type(contrast=contrast), contrast))
            for contrast in (False, True)
            for language in Language
        ]
        super().hang(page, **over)

    def _type(self, *, contrast: bool) -> TypeSize:
        return TYPE[self._size][contrast]

    def _judge(self, view: Any) -> None:
        key = _key(view.page, {name: getattr(view, name) for name in _OVER})
        theme = "contrast" if view.look.contrast else "normal"
        self._draw(view, self._folder / key / f"{self._size}-{theme}-{view.language.value}.png")

    def _draw(self, view: Any, file: Path) -> None:
        from kivy.clock import Clock
        from kivy.core.window import Window
        from kivy.lang import Builder

        from kiosk.inspect import pixels

        Window.clear()
        self._stage.show(view)
        if self._stage.parent is None:
            Window.add_widget(self._stage)
        for _ in range(2):
            Clock.tick()
            Builder.sync()
        small = pixels().resize(SMALL[self._size], Image.Resampling.LANCZOS)
        file.parent.mkdir(parents=True, exist_ok=True)
        small.save(file)


_OVER = ("seconds_left", "leaving", "ending", "waiting", "stoppable", "trouble", "alert", "alerts", "offer")
_OVERLAYS = {
    "seconds_left": "still-there",
    "leaving": "leave",
    "ending": "ending",
    "waiting": "waiting",
    "trouble": "trouble",
    "alert": "alert",
    "alerts": "alert-banner",
    "offer": "rating-offered",
}
"""What lies over or beside a page, by the name under which it is shown."""


def _key(page: Page, over: dict[str, Any]) -> str:
    """A name for a kind of page, or for what lies over one."""
    for name, key in _OVERLAYS.items():
        if over.get(name):
            return key
    kind = type(page).__name__
    if type(page) is pages.Question:
        kind += f"-{page.field.type.name.lower()}"
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", kind).lower().replace("_", "-")


def _said(page: Page, over: dict[str, Any]) -> str:
    """What a kind is, from its documentation."""
    if _key(page, {}) != _key(page, over):
        return ""
    return (inspect.getdoc(type(page)) or "").partition("\n\n")[0].replace("\n", " ")


def main() -> None:
    """Draws, and says what was drawn."""
    parser = argparse.ArgumentParser()
    parser.add_argument("size", choices=tuple(SMALL))
    parser.add_argument("backend")
    parser.add_argument("folder", type=Path)
    wanted = parser.parse_args()
    start_log("screens")
    has = asyncio.run(county(wanted.backend))
    prepare(KioskSettings.model_validate({"size": wanted.size}))
    require_window()
    drawing = Drawing(wanted.size, wanted.folder)
    shown = list(every_page(has, complete=False))
    for page in (*shown, *helps(shown, complete=False)):
        drawing.hang(page)
    drawing.hang_offers(has.forms)
    drawing.hang_overlays(has.forms)
    print(json.dumps(drawing.said, ensure_ascii=False))


if __name__ == "__main__":
    main()
