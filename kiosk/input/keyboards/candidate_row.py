"""What pinyin and handwriting offer: the syllables typed, and the words to choose from."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from foundation.language import Translate
from kiosk.input.keyboards.key_cap import KeyCap
from kiosk.input.keyboards.layout import Tone
from kiosk.input.keyboards.lines import Line, chunks
from kiosk.input.rime import Composition
from kiosk.theme import theme
from kiosk.widgets.box import Box
from kiosk.widgets.text import TIGHT, Text, fitting, width_of


def lines() -> int:
    """Lines of candidates: what the height of the window allows."""
    return 2 if theme.portrait else 1


def height() -> int:
    """Height of the row in pixels."""
    return _strip() + lines() * theme.touch


def _strip() -> int:
    return round(theme.type.lead * TIGHT) + theme.space.xs


class CandidateRow(Box):
    """Shows a composition. Candidates that do not fit wait behind the page keys, as the next pages do."""

    def __init__(
        self,
        width: int,
        words: Translate,
        chosen: Callable[[int], None],
        turned: Callable[[int], None],
        hint: str = "candidates.hint",
    ) -> None:
        """chosen: is told the candidate's number on the engine's page; turned: 1 or -1, to another page;

        hint: what is said where there are no syllables, by its identifier in the catalogue.
        """
        super().__init__(width, height())
        self._words = words
        self._chosen = chosen
        self._turned = turned
        self._hint = hint
        self._composition = Composition()
        self._portions: list[list[Line]] = [[]]
        self._portion = 0
        self._widths: list[int] = []
        self._caps: list[KeyCap] = []
        self._side = round(theme.touch * 1.15)
        self._page_keys = tuple(self._page_key(step) for step in (-1, 1))
        self.show(self._composition)

    def show(self, composition: Composition, *, at_end: bool = False, hint: str = "") -> None:
        """Another composition. at_end: its last candidates first, for one who turns back; hint: another."""
        self._composition = composition
        self._hint = hint or self._hint
        self._widths = [self._width(text) for text in composition.candidates]
        self._portions = chunks(self._widths, self.width - 2 * self._side, lines())
        self._portion = len(self._portions) - 1 if at_end else 0
        self._draw()

    def _width(self, text: str) -> int:
        wide = width_of(text, theme.type.heading, bold=True) + 2 * theme.space.m
        return round(min(max(wide, theme.touch * 1.15), self.width - 2 * self._side))

    def _draw(self) -> None:
        self.clear_widgets()
        before, self._caps = self._caps, []
        self._draw_strip()
        for number, line in enumerate(self._portions[self._portion]):
            left = 0
            for candidate in line:
                cap = self._candidate(candidate, before)
                self.put(cap, left, _strip() + number * theme.touch)
                self._caps.append(cap)
                left += cap.width
        if self._composition.candidates:
            self._draw_page_keys()

    def _draw_strip(self) -> None:
        composing = not self._composition.empty
        if composing:
            said = self._composition.preedit
            if not self._composition.candidates:
                said += f"  {self._words('candidates.none')}"
        else:
            said = self._words(self._hint)
        room = self.width - 2 * theme.space.s
        size = fitting(
            said,
            room,
            (theme.type.lead, theme.type.body, theme.type.caption, theme.type.mark),
            lines=1,
            bold=composing,
        )
        text = Text(
            said,
            room,
            size=size,
            bold=composing,
            colour=theme.colour.primary if composing else theme.colour.soft_ink,
            leading=TIGHT,
            name="keyboard.composition",
        )
        bare = composing or self._composition.candidates
        self.put(text, theme.space.s, 0 if bare else (self.height - text.height) / 2)

    def _candidate(self, number: int, before: list[KeyCap]) -> KeyCap:
        """One of the keys that were there before, where one is as wide and is not under the finger."""
        text, width = self._composition.candidates[number], self._widths[number]
        first = number == self._composition.highlighted
        name, touched = f"candidate.{number}", partial(self._chosen, number)
        tone = Tone.CHOSEN if first else Tone.PLAIN
        for cap in before:
            if cap.width == width and cap.state == "normal":
                before.remove(cap)
                cap.become(name=name, touched=touched, label=text, tone=tone, bold=first)
                return cap
        return KeyCap(
            width,
            theme.touch,
            name=name,
            touched=touched,
            label=text,
            tone=tone,
            largest=theme.type.heading,
            bold=first,
        )

    def _page_key(self, step: int) -> KeyCap:
        name, icon = ("previous", "page_back") if step < 0 else ("next", "page_on")
        return KeyCap(
            self._side,
            lines() * theme.touch,
            name=f"page.{name}",
            touched=partial(self._turn, step),
            icon=icon,
            largest=theme.type.title,
            text=self._words(f"candidates.{name}"),
            tone=Tone.QUIET,
        )

    def _draw_page_keys(self) -> None:
        back, on = self._page_keys
        back.inspect_enabled = self._portion > 0 or self._composition.page > 0
        on.inspect_enabled = self._portion < len(self._portions) - 1 or not self._composition.last_page
        self.put(back, self.width - 2 * self._side, _strip())
        self.put(on, self.width - self._side, _strip())

    def _turn(self, step: int) -> None:
        if 0 <= self._portion + step < len(self._portions):
            self._portion += step
            self._draw()
        else:
            self._turned(step)
