"""What all keyboards are: a bed with keys over the whole width, and events."""

from __future__ import annotations

from foundation.language import Language
from kiosk.input.keyboards.board import Board, row_height
from kiosk.input.keyboards.layout import Act, Key, Layout
from kiosk.input.methods import Script
from kiosk.input.wording import words
from kiosk.theme import theme
from kiosk.widgets.box import Box


class Keyboard(Box):
    """Keys on a bed. Width and height are fixed once it is made, as of every box.

    Events: ``on_insert(text)`` puts text where the caret is; ``on_backspace()`` takes a character away;
    ``on_done()`` ends entering; ``on_script(script)`` asks for another way of writing.
    """

    comes_last = True
    """Read, and walked through with keys, after whatever it fills in."""

    __events__: tuple[str, ...] = ("on_insert", "on_backspace", "on_done", "on_script")

    def __init__(self, width: int, height: int, language: Language, *, bed: bool = True) -> None:
        """height: in pixels, with the bed's margins; bed: not where it holds keyboards with their own."""
        super().__init__(width, height, fill=theme.colour.sunken if bed else None, radius=0)
        self._words = words(language)
        self._room = width - 2 * theme.space.xs
        self._boards: dict[str, Board] = {}
        self._board: Board | None = None

    def on_insert(self, text: str) -> None:
        """Event."""

    def on_backspace(self) -> None:
        """Event."""

    def on_done(self) -> None:
        """Event."""

    def on_script(self, script: Script) -> None:
        """Event."""

    def settle(self) -> None:
        """Inserts what was begun, as if it had been touched."""

    def clear(self) -> None:
        """Drops what was begun and not inserted yet."""

    def _show(self, layout: Layout, height: int = 0) -> Board:
        """Shows a layout at the lower end, in place of the one before. height: of a row, pixels."""
        if self._board:
            self.remove_widget(self._board)
        if layout.name not in self._boards:
            self._boards[layout.name] = Board(
                layout, self._room, height or row_height(), self._words, self._touched
            )
        self._board = self._boards[layout.name]
        self._board.pos = (theme.space.xs, theme.space.xs)
        self.add_widget(self._board)
        return self._board

    def _touched(self, key: Key) -> None:
        match key.act:
            case Act.INSERT:
                self.dispatch("on_insert", key.insert)
            case Act.BACKSPACE:
                self.dispatch("on_backspace")
            case Act.DONE:
                self.dispatch("on_done")
            case Act.SCRIPT:
                self.dispatch("on_script", Script(key.name))


def height_of(layout: Layout, row: int = 0) -> int:
    """Height of a keyboard that has only that layout; row: of a row of keys, pixels."""
    return layout.rows * (row or row_height()) + 2 * theme.space.xs
