"""What is being entered."""

from __future__ import annotations

from collections.abc import Callable

from kivy.cache import Cache
from kivy.clock import Clock
from kivy.core.text import Label as CoreLabel
from kivy.graphics import Color, Rectangle
from kivy.uix.textinput import TextInput

from kiosk.fonts import FAMILY
from kiosk.theme import theme
from kiosk.widgets.box import Box
from kiosk.widgets.inspectable import Inspectable
from kiosk.widgets.text import Text


class Entry(Inspectable, Box):
    """One line that grows at its end: numbers, amounts, references."""

    def __init__(
        self,
        width: float,
        *,
        name: str,
        text: str,
        empty: str = "",
        unit: str = "",
        wrong: bool = False,
        size: int | None = None,
        align: str = "left",
    ) -> None:
        """text: as it is shown; empty: what stands there before anything was entered; unit: what stands

        behind it; wrong: whether it was refused.
        """
        c, space = theme.colour, theme.space
        size = size or theme.type.title
        super().__init__(
            width=width,
            height=round(size * 1.3) + 2 * space.s,
            fill=c.surface,
            edge=c.danger if wrong else c.primary,
            edge_width=2 * space.hair,
            inspect_id=name,
            inspect_role="field",
            inspect_text=text,
        )
        room = width - 2 * space.m - (0 if text else space.s)
        unit_label = Text(
            unit, room, size=theme.type.lead, colour=c.soft_ink, align="right", leading=1.3, role=""
        )
        if unit:
            self.put(unit_label, space.m, (self.height - unit_label.height) / 2)
        shown = Text(
            text or empty,
            room,
            size=size if text else min(size, theme.type.lead),
            bold=bool(text),
            colour=c.ink if text else c.soft_ink,
            leading=1.3,
            align=align,
            role="",
        )
        self.put(shown, space.m if text else space.m + space.s, (self.height - shown.height) / 2)
        self._add_caret(shown, bool(text), size)

    def _add_caret(self, shown: Text, there: bool, size: int) -> None:
        left, _, width, _ = shown.drawn[0] if shown.drawn else (0.0, 0.0, 0.0, 0.0)
        at = shown.x + left + (width + theme.space.hair * 2 if there else -theme.space.s)
        with self.canvas:
            Color(*theme.colour.primary)
            Rectangle(
                pos=(round(at), round((self.height - size * 1.15) / 2)),
                size=(theme.space.hair * 2, round(size * 1.15)),
            )


def _line_spacing() -> int:
    return round(theme.type.lead * 0.1)


def text_entry_height(lines: int, most: float | None = None) -> int:
    """Height of a `TextEntry` of so many whole lines, or of as many, at least one, as are at most so high."""
    _, line = CoreLabel(font_size=theme.type.lead, font_name=FAMILY).get_extents("M")
    pitch, margins = line + _line_spacing(), 2 * theme.space.s
    if most is not None:
        lines = max(1, min(lines, int((most - margins) // pitch)))
    return round(lines * pitch + margins)


def forget_typing() -> None:
    """Lets go of what was typed into every `TextEntry` that is shown no more. Kivy keeps their lines for a
    minute, with the words, and the field that was used last until another is."""
    for category in ("textinput.label", "textinput.width"):
        Cache.remove(category)
    TextInput._adjust_viewport(None, 0, 0)  # that it remembers in the field's place, and is not to do
    TextInput._adjust_viewport.cancel()


class TextEntry(Inspectable, TextInput):
    """Free text in several lines; a touch moves the caret. No keyboard of the system is asked for."""

    def __init__(
        self,
        width: float,
        height: float,
        *,
        name: str,
        text: str,
        changed: Callable[[str], None],
        wrong: bool,
    ) -> None:
        """changed: is told the whole text after each change; wrong: whether it was refused."""
        c, space = theme.colour, theme.space
        super().__init__(
            text=text,
            size_hint=(None, None),
            size=(round(width), round(height)),
            multiline=True,
            font_name=FAMILY,
            font_size=theme.type.lead,
            line_spacing=_line_spacing(),
            padding=[space.m, space.s, space.m, space.s],
            background_normal="",
            background_active="",
            background_color=(0, 0, 0, 0),
            foreground_color=c.ink,
            cursor_color=c.primary,
            cursor_width=theme.space.hair * 2,
            cursor_blink=False,
            selection_color=(*c.highlight[:3], 0.6),
            keyboard_mode="managed",
            unfocus_on_touch=False,
            use_bubble=False,
            use_handles=False,
            allow_copy=False,
            inspect_id=name,
            inspect_role="field",
        )
        self._ground = Box(
            self.width,
            self.height,
            fill=c.surface,
            edge=c.danger if wrong else c.primary,
            edge_width=2 * space.hair,
        )
        self.canvas.before.insert(0, self._ground.canvas)
        self.bind(pos=self._move, text=self._tell)
        self._changed = changed
        self.focus = True
        Clock.schedule_once(self._show_end, -1)

    def _show_end(self, _: float) -> None:
        """A long text that is there already shows its end, the field full of it."""
        self.scroll_y = max(0, self.minimum_height - self.height)

    def insert(self, text: str) -> None:
        """Puts text where the caret is, in place of what is selected."""
        self.insert_text(text)

    def backspace(self) -> None:
        """Takes away what is selected, or the character before the caret."""
        self.do_backspace()

    def up(self) -> None:
        """Moves the caret so many lines up as the field shows."""
        self.do_cursor_movement("cursor_pgup")

    def down(self) -> None:
        """And down."""
        self.do_cursor_movement("cursor_pgdown")

    def _ensure_clipboard(self) -> None:
        """A terminal has none; Kivy would look for programs that give one."""

    def right_again(self) -> None:
        """It is being corrected."""
        self._ground.paint(edge=theme.colour.primary)

    def _tell(self, _: object, text: str) -> None:
        self._changed(text)

    def _move(self, *_: object) -> None:
        self._ground.pos = self.pos
