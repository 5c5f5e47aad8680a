"""Where a slip's text breaks into lines.

A printer's characters stand in columns: a byte of ASCII takes one, everything else (two or four bytes of
GB18030) takes two. 80 mm paper has 48 columns of 12 dots.
"""

from __future__ import annotations

import re
import unicodedata

_CLOSING = "，。、；：！？）》」』】〉〕…’”％℃"
"""A line does not begin with these."""
_OPENING = "（《「『【〈〔‘“￥"
"""A line does not end with these."""
_UNIT = re.compile(rf" +|[{_OPENING}]*(?:[!-~]+|[^\x00-\x7f])[{_CLOSING}]*|[{_OPENING}]+")


def columns_of(text: str) -> int:
    """Columns that a text takes."""
    return sum(1 if character.isascii() else 2 for character in text)


def printable(text: str) -> str:
    """The text without what would be a command to the printer, or has no bytes in GB18030.

    Every space but the Chinese one becomes a plain space, every kind of line end a line feed.
    """
    return "".join(_printable(character) for character in text.replace("\r\n", "\n"))


def _printable(character: str) -> str:
    if character in "\n\u3000":
        return character
    match unicodedata.category(character):
        case "Zl" | "Zp":
            return "\n"
        case "Zs":
            return " "
        case "Cc":
            return " " if character == "\t" else ""
        case "Cs":
            return "?"
        case _:
            return character


def wrap(text: str, columns: int) -> list[str]:
    """Breaks a text at its line ends, at spaces, and between Chinese characters; a word too long is cut.

    columns: at least 2.
    """
    return [line for paragraph in printable(text).split("\n") for line in _wrap_paragraph(paragraph, columns)]


def _wrap_paragraph(paragraph: str, columns: int) -> list[str]:
    lines = []
    line = ""
    for unit in _UNIT.findall(paragraph):
        if columns_of(line) + columns_of(unit) <= columns:
            line += unit
            continue
        if line.strip(" "):
            lines.append(line.rstrip(" "))
        line = "" if unit[0] == " " else unit
        while (head := _head(line, columns)) != line:
            lines.append(head)
            line = line[len(head) :]
    return [*lines, line.rstrip(" ")] if line.strip(" ") or not lines else lines


def _head(text: str, columns: int) -> str:
    """The longest beginning that fits."""
    used = 0
    for index, character in enumerate(text):
        used += columns_of(character)
        if used > columns:
            return text[:index]
    return text
