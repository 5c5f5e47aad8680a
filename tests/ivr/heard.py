"""Understands what the line says, by rules of its own: the other half of the read-out's round trips."""

from __future__ import annotations

import re
from datetime import date

FIGURE = {figure: value for value, figure in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
SPOKEN_DIGIT = {"幺": "1", "艾克斯": "X"} | {figure: str(value) for figure, value in FIGURE.items()}
UNIT = {"十": 10, "百": 100, "千": 1000}

EN_WORDS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
    "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen",
    "eighteen", "nineteen",
)  # fmt: skip
EN_UNIT = {word: value for value, word in enumerate(EN_WORDS)}
EN_TENS = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50,
    "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
EN_SCALE = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}


def mandarin_integer(said: str) -> int:
    """What a listener makes of a Mandarin number."""
    total, section, figure = 0, 0, 0
    for character in said:
        if character in FIGURE:
            figure = FIGURE[character]
        elif character in UNIT:
            section += (figure or 1) * UNIT[character]
            figure = 0
        else:
            value = {"万": 10**4, "亿": 10**8}[character]
            section += figure
            total = (total + section) * value if value == 10**8 else total + section * value
            section = figure = 0
    return total + section + figure


def mandarin_digits(said: str) -> str:
    """The digits of a string that was read one by one, pauses dropped."""
    return "".join(SPOKEN_DIGIT[found] for found in re.findall("艾克斯|[^，]", said))


def mandarin_money(said: str) -> int:
    """The fen of an amount."""
    found = re.fullmatch(r"(?:(.+)元)?(?:(.+)角)?(?:零?(.+)分)?", said)
    assert found, said
    yuan, jiao, fen = (mandarin_integer(part) if part else 0 for part in found.groups())
    return yuan * 100 + jiao * 10 + fen


def mandarin_date(said: str) -> date:
    """The day."""
    found = re.fullmatch(r"(.{4})年(.+)月(.+)日", said)
    assert found, said
    return date(int(mandarin_digits(found[1])), mandarin_integer(found[2]), mandarin_integer(found[3]))


def english_integer(said: str) -> int:
    """What a listener makes of an English number."""
    total = group = 0
    for word in re.findall(r"[a-z]+", said):
        if word in EN_UNIT:
            group += EN_UNIT[word]
        elif word in EN_TENS:
            group += EN_TENS[word]
        elif word == "hundred":
            group *= 100
        elif word in EN_SCALE:
            total, group = total + group * EN_SCALE[word], 0
        else:
            assert word == "and", word
    return total + group


def english_digits(said: str) -> str:
    """The digits of a string that was read one by one, pauses dropped."""
    return "".join("X" if word == "X" else str(EN_UNIT[word]) for word in re.findall(r"\w+", said))


def english_money(said: str) -> int:
    """The fen of an amount."""
    found = re.fullmatch(r"(?:(.+) yuan)?(?: and )?(?:(.+) fen)?", said)
    assert found, said
    yuan, fen = (english_integer(part) if part else 0 for part in found.groups())
    return yuan * 100 + fen
