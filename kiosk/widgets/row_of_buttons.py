"""Buttons that stand side by side say what they say in type of one size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kiosk.theme import theme
from kiosk.typesetting import units
from kiosk.widgets.text import TIGHT, width_of

Said = tuple[str, bool]
"""The text of a button, and whether an icon stands beside it."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """How buttons find their place in a row: size of their type, whether their icons do, and their widths."""

    size: int
    icons: bool
    widths: list[float]


def needed(text: str, size: int, *, icon: bool, lines: int = 1) -> float:
    """Width of a `button` in pixels with such a text in one line or two, and an icon beside it."""
    wide = width_of(text, size, bold=True)
    if lines > 1:
        wide = min((wide, *_halves(text, size)))
    return wide + 2 * theme.space.s + (round(size * 1.2) + theme.space.s if icon else 0) + 1


def same_size(texts: Sequence[str], width: float, sizes: Sequence[int], *, icon: bool) -> tuple[int, ...]:
    """The sizes that all of them have room for in one line of a button so wide; the last in any case."""
    fit = tuple(size for size in sizes if all(needed(text, size, icon=icon) <= width for text in texts))
    return fit or (sizes[-1],)


def in_row(
    said: Sequence[Said], size: int, room: float, height: float, *, most: float, icons: bool
) -> Fitted | None:
    """Buttons of that height in a row, with type of that size; None where they are wider than the room.

    What is left over is shared out equally. most: width that none has unless its words need more.
    """
    if not said:
        return Fitted(size, icons, [])
    gaps = theme.space.s * (len(said) - 1)
    for lines in (1, 2):
        if lines * size * TIGHT > height:
            return None
        least = [needed(text, size, icon=icon and icons, lines=lines) for text, icon in said]
        free = room - gaps - sum(least)
        if free >= 0:
            equal = (room - gaps) / len(said)
            wide = [equal] * len(said) if max(least) <= equal else [one + free / len(said) for one in least]
            return Fitted(
                size, icons, [min(one, max(most, need)) for one, need in zip(wide, least, strict=True)]
            )
    return None


def _halves(text: str, size: int) -> list[float]:
    """The wider of two lines, for each place where the text may break."""
    parts = units(text)
    lines = [("".join(parts[:at]).rstrip(), "".join(parts[at:])) for at in range(1, len(parts))]
    return [max(width_of(line, size, bold=True) for line in both) for both in lines]
