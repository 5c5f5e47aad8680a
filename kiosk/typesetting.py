"""Where lines of Chinese and English break. Pure: it measures with a function that it is given.

Chinese breaks between any two characters, but a line does not begin with a closing mark or end with an
opening one (GB/T 15834-2011, 5.1), and a number stays with its unit (元, 日); English and numbers break at
spaces and after hyphens.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

OPENING = "（《〈「『【〔〖“‘(\\[{￥¥$"
CLOSING = "，。、；：？！）》〉」』】〕〗”’…—·％℃),.;:!?%}\\]"
WORD = "A-Za-z0-9À-ɏ&@#+*=_'/.,:-"
DOT = "·"
"""Stands between two facts in one line."""
JOINTS = "/._-:@"
"""Where names of files and addresses are put together."""
STEPS = 16
"""Widths that `balance` tries, the narrowest first."""
LEAST = 0.7
"""How short a balanced line may be, in parts of what is its share of the text."""
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


class Piece(NamedTuple):
    """What is not parted, and its width with the spaces, and the dot, at its end and without."""

    text: str
    width: float
    bare: float


def wrap(text: str, width: float, advance: Advance) -> list[Line]:
    """The lines of a text that are at most so wide. What is wider in one piece is cut where it must be.

    A newline ends a line; spaces at the end of a line are dropped, and so is a dot between two facts that
    stood there. An empty text has one empty line. No paragraph ends with a line of one Chinese character.
    """
    lines = []
    start = 0
    for paragraph in text.split("\n"):
        pieces = _facts(paragraph, width, advance) or _cut(_measured(paragraph, advance), width, advance)
        lines += _in_company(_filled(pieces, start, width))
        start += len(paragraph) + 1
    return lines


def _in_company(lines: list[Line]) -> list[Line]:
    """The lines of a paragraph, the last of which is not a single Chinese character with its marks.

    The last piece of the line before it is moved down to it where that keeps another there.
    """
    bare = lines[-1].text.strip().rstrip(CLOSING)
    if len(lines) < 2 or len(bare) != 1 or bare.isascii():
        return lines
    before, last = lines[-2:]
    pieces = units(before.text)
    if len(pieces) < 3 or before.start + len(before.text) != last.start:
        return lines
    kept = "".join(pieces[:-1])
    moved = Line(before.start + len(kept), pieces[-1] + last.text)
    return [*lines[:-2], Line(before.start, kept.rstrip()), moved]


def balance(text: str, width: float, advance: Advance) -> list[Line]:
    """The lines of `wrap`, as many, but about equally long, and ending with a mark where that is possible.

    So no single character is left on the last line, and words are seldom parted.
    """
    if "\n" in text:
        return wrap(text, width, advance)
    whole = _facts(text, width, advance) or _measured(text, advance)
    lines = _filled(_cut(whole, width, advance), 0, width)
    if len(lines) == 1:
        return lines
    longest = max(piece.bare for piece in whole)
    narrowest = min(width, max(width / len(lines) * LEAST, longest))
    # Where a piece is wider than the line, all widths that are tried are the line's.
    steps = STEPS if longest <= width else 0
    tries = [_filled(whole, 0, narrowest + (width - narrowest) * step / STEPS) for step in range(steps)]
    for cut in _in_two(text):
        least = 0.0 if _ending(text, cut, 0) == DOT else narrowest
        if all(least <= sum(map(advance, line.text)) <= width for line in cut):
            tries.append(cut)
    even = [tried for tried in tries if len(tried) == len(lines)]

    def ended(tried: list[Line]) -> int:
        return sum(_ending(text, tried, number) in CLOSING + DOT for number in range(len(tried) - 1))

    return max(even, key=ended, default=lines)


def _ending(text: str, lines: Sequence[Line], number: int) -> str:
    """What a line that is not the last ends with in the text, be it dropped or not."""
    return text[: lines[number + 1].start].rstrip()[-1:]


def _measured(paragraph: str, advance: Advance) -> list[Piece]:
    """The units of a paragraph; each is measured once, however many widths are tried."""
    return [_piece(unit, advance) for unit in units(paragraph)]


def _facts(paragraph: str, width: float, advance: Advance) -> list[Piece]:
    """Facts between dots, none of which is parted; none where there are no dots, or one is too long."""
    facts = re.split(rf"(?<= {DOT} )(?=\S)", paragraph) if f" {DOT} " in paragraph else []
    found = [Piece(fact, sum(map(advance, fact)), sum(map(advance, _closed(0, fact).text))) for fact in facts]
    return found if all(piece.bare <= width for piece in found) else []


def _filled(pieces: Sequence[Piece], start: int, width: float) -> list[Line]:
    """Pieces in lines. start: place of the first in the whole text."""
    lines = []
    line, taken = "", 0.0
    for piece in pieces:
        if line and taken + piece.bare > width:
            lines.append(_closed(start, line))
            start += len(line)
            line, taken = "", 0.0
            if piece.text.strip() == DOT:
                start += len(piece.text)
                continue
        line += piece.text
        taken += piece.width
    lines.append(Line(start, line.rstrip()))
    return lines


def _closed(start: int, line: str) -> Line:
    """A line that another follows: without the spaces at its end, and without a dot between them."""
    bare = line.rstrip()
    return Line(start, bare[:-1].rstrip() if bare[-2:] == f" {DOT}" else bare)


def _in_two(text: str) -> Iterator[list[Line]]:
    """Two lines, cut after each mark of the text, or at a dot."""
    at = 0
    for unit in units(text):
        at += len(unit)
        if unit.rstrip()[-1:] in CLOSING + DOT:
            yield [_closed(0, text[:at]), Line(at, text[at:].rstrip())]


def _cut(pieces: Sequence[Piece], width: float, advance: Advance) -> list[Piece]:
    """With those that are wider than a line cut into such as are not."""
    if all(piece.bare <= width for piece in pieces):
        return list(pieces)
    found = []
    for piece in pieces:
        if piece.bare <= width:
            found.append(piece)
        else:
            found += [_piece(part, advance) for part in _parts(piece.text, width, advance)]
    return found


def _piece(text: str, advance: Advance) -> Piece:
    return Piece(text, sum(map(advance, text)), sum(map(advance, text.rstrip())))


def _parts(unit: str, width: float, advance: Advance) -> Iterator[str]:
    """What is wider than a line in parts that are not: paths and addresses after one of their marks, where
    one of them fits."""
    part, taken = "", 0.0
    for character in unit:
        wide = advance(character)
        if part and taken + wide > width:
            fits = 1 + max(map(part.rfind, JOINTS))
            cut = fits or len(part)
            yield part[:cut]
            part = part[cut:]
            taken = sum(map(advance, part))
        part, taken = part + character, taken + wide
    yield part
