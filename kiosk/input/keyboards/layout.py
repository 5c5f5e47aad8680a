"""Where keys stand: pure tables and the arithmetic that places them. No widgets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto

from foundation.language import Language


class Act(Enum):
    """What a key does."""

    INSERT = auto()
    BACKSPACE = auto()
    DONE = auto()
    SHIFT = auto()
    SYMBOLS = auto()
    LETTERS = auto()
    SCRIPT = auto()
    """To another way of writing, which the key is named after."""
    UNDO = auto()
    CLEAR = auto()


class Tone(Enum):
    """How much a key stands out."""

    PLAIN = auto()
    QUIET = auto()
    STRONG = auto()
    CHOSEN = auto()


@dataclass(frozen=True, slots=True)
class Key:
    """One key.

    name: the inspector's ``keyboard.NAME``; insert: what INSERT types; label: what stands on it, where that
    needs no translation; message: the catalogue's identifier of what stands on it otherwise, or of what is
    read where an icon or a sign stands on it; written: the language in which the message stands on it, where
    that is not the resident's; corner: a second sign, small, for what it types as well.
    """

    name: str
    act: Act = Act.INSERT
    insert: str = ""
    label: str = ""
    message: str = ""
    written: Language | None = None
    icon: str = ""
    corner: str = ""
    tone: Tone = Tone.PLAIN

    @property
    def repeats(self) -> bool:
        """Whether holding it does it again and again."""
        return self.act is Act.BACKSPACE


@dataclass(frozen=True, slots=True)
class Cell:
    """A key's place, in keys from the upper left corner."""

    key: Key
    left: float
    top: float
    width: float = 1.0
    height: float = 1.0


@dataclass(frozen=True, slots=True)
class Layout:
    """Keys of one keyboard; `columns` and `rows` are its extent in keys."""

    name: str
    columns: float
    rows: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A key's place in whole pixels, y upwards from the lower left corner, as in a window of Kivy."""

    key: Key
    x: int
    y: int
    width: int
    height: int


Wide = tuple[Key, float]
"""A key and its width in keys."""


def rows(name: str, columns: float, *lines: Iterable[Key | Wide]) -> Layout:
    """A layout of rows, each in the middle of the width."""
    cells = []
    for top, line in enumerate(lines):
        wide = [item if isinstance(item, tuple) else (item, 1.0) for item in line]
        left = (columns - sum(width for _, width in wide)) / 2
        for key, width in wide:
            cells.append(Cell(key, left, top, width))
            left += width
    return Layout(name, columns, len(lines), tuple(cells))


def place(layout: Layout, width: int, row_height: int) -> tuple[Place, ...]:
    """The layout's keys in a rectangle so wide. Cells touch: a finger between two keys hits one of them."""
    unit = width / layout.columns
    height = layout.rows * row_height
    places = []
    for cell in layout.cells:
        left, right = round(cell.left * unit), round((cell.left + cell.width) * unit)
        top, bottom = round(cell.top * row_height), round((cell.top + cell.height) * row_height)
        places.append(Place(cell.key, left, height - bottom, right - left, bottom - top))
    return tuple(places)
