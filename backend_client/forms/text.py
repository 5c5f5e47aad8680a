"""Free text: which characters can be stored, shown and printed."""

from __future__ import annotations

import unicodedata

_FORMAT_ALLOWED = frozenset("\u200c\u200d")
_IDEOGRAPHIC_PLANES = (2, 3)


def normalise(text: str) -> str:
    """The text in Unicode NFC, line ends as newlines, without outer space."""
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def has_bad_character(text: str) -> bool:
    """Whether it holds a character that cannot be stored or could mislead a reader."""
    return any(_is_bad(character) for character in text)


def _is_bad(character: str) -> bool:
    """Control characters but newline, lone surrogates, private use, what Unicode has not assigned, and
    format characters (directional overrides among them) but the two joiners.

    The two planes that Unicode keeps for ideographs are taken whole: rare characters of names are added there
    (GB 18030-2022) faster than Python's tables follow.
    """
    match unicodedata.category(character):
        case "Cc":
            return character != "\n"
        case "Cf":
            return character not in _FORMAT_ALLOWED
        case "Cn":
            plane, place = divmod(ord(character), 0x10000)
            return plane not in _IDEOGRAPHIC_PLANES or place >= 0xFFFE
        case "Cs" | "Co" | "Zl" | "Zp":
            return True
    return False
