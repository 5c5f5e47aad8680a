"""Where lines of Chinese and English break. Pure: it measures with a function that it is given.

Chinese breaks between any two characters, but a line does not begin with a closing mark or end with an
opening one (GB/T 15834-2011, 5.1), and a number stays with its unit (元, 日); English and numbers break at
spaces and after hyphens.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

OPENING = "（《〈「『【〔〖“‘(\\[{￥¥$"
CLOSING = "，。、；：？！）》〉」』】〕〗”’…—·％℃),.;:!?%}\\]"
WORD = "A-Za-z0-9À-ɏ&@#+*=_'/.,:-"
JOINTS = "/._-:@"
"""Where names of files and addresses are put together."""
STEPS = 16
"""Widths that `balance` tries, the narrowest first."""
_UNIT = re.compile(
    rf"[{OPENING}]*(?:[{WORD}]*[A-Za-z0-9À-ɏ&@#+*=_/-](?:(?<=[0-9])[元年月日天])?|[^\n])?[{CLOSING}]*[ \t]*"
)

Advance = Callable[[str], float]
"""Width of one character in pixels."""


class Line(NamedTuple):
    """One line. `start` is the place of its first character in the whole text."""

    start: int
    text: str


def units(line: str) -> list[str]:
    """A line without newlines, cut at every place where it may break."""
    found = []
    at = 0
    while at < len(line):
        match = _UNIT.match(line, at)
        end = match.end() if match and match.end() > at else at + 1
        found.append(line[at:end])
        at = end
    return found


def wrap(text: str, width: float, advance: Advance) -> list[Line]:
    """The lines of a text that are at most so wide. What is wider in one piece is cut where it must be.

    A newline ends a line; spaces at the end of a line are dropped. An empty text has one empty line.
    """
    lines = []
    start = 0
    for paragraph in text.split("\n"):
        line, taken, at = "", 0.0, start
        for piece in _pieces(paragraph, width, advance):
            bare = sum(map(advance, piece.rstrip()))
            if line and taken + bare > width:
                lines.append(Line(at, line.rstrip()))
                at += len(line)
                line, taken = "", 0.0
            line += piece
            taken += sum(map(advance, piece))
        lines.append(Line(at, line.rstrip()))
        start += len(paragraph) + 1
    return lines


def balance(text: str, width: float, advance: Advance) -> list[Line]:
    """The lines of `wrap`, as many, but about equally long, and ending with a mark where that is possible.

    So no single character is left on the last line, and words are seldom parted.
    """
    lines = wrap(text, width, advance)
    if len(lines) == 1 or "\n" in text:
        return lines
    longest = max(sum(map(advance, unit.rstrip())) for unit in units(text))
    narrowest = min(width, max(width / len(lines) * 0.8, longest))
    tries = [wrap(text, narrowest + (width - narrowest) * step / STEPS, advance) for step in range(STEPS)]
    for cut in _in_two(text, advance):
        if all(narrowest <= sum(map(advance, line.text)) <= width for line in cut):
            tries.append(cut)
    even = [tried for tried in tries if len(tried) == len(lines)]
    return max(even, key=lambda tried: sum(line.text[-1:] in CLOSING for line in tried[:-1]), default=lines)


def _in_two(text: str, advance: Advance) -> Iterator[list[Line]]:
    """Two lines, cut after each mark of the text."""
    at = 0
    for unit in units(text):
        at += len(unit)
        if unit.rstrip()[-1:] in CLOSING:
            yield [Line(0, text[:at].rstrip()), Line(at, text[at:].rstrip())]


def _pieces(paragraph: str, width: float, advance: Advance) -> Iterator[str]:
    """The units, those that are wider than a line cut into such as are not: paths and addresses after one of
    their marks, where one of them fits."""
    for unit in units(paragraph):
        if sum(map(advance, unit.rstrip())) <= width:
            yield unit
            continue
        piece, taken = "", 0.0
        for character in unit:
            wide = advance(character)
            if piece and taken + wide > width:
                fits = 1 + max(map(piece.rfind, JOINTS))
                cut = fits or len(piece)
                yield piece[:cut]
                piece = piece[cut:]
                taken = sum(map(advance, piece))
            piece, taken = piece + character, taken + wide
        yield piece
