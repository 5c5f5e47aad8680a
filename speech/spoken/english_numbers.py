"""English numbers, ordinals and years, the British way."""

from __future__ import annotations

import re

from speech.spoken.readout import LARGEST

UNITS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
    "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen",
    "eighteen", "nineteen",
)  # fmt: skip
TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
ORDINALS = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth",
    "nine": "ninth", "twelve": "twelfth",
}  # fmt: skip


def below_hundred(number: int) -> str:
    """0 to 99."""
    if number < 20:
        return UNITS[number]
    tens, unit = divmod(number, 10)
    return TENS[tens] + (f"-{UNITS[unit]}" if unit else "")


def below_thousand(number: int) -> str:
    """1 to 999."""
    hundreds, rest = divmod(number, 100)
    parts = [f"{UNITS[hundreds]} hundred"] if hundreds else []
    if rest:
        parts.append(below_hundred(rest))
    return " and ".join(parts)


def integer(number: int) -> str:
    """A whole number, 0 to 10^12."""
    if not 0 <= number <= LARGEST:
        raise ValueError(f"{number} is not read as a number")
    if number == 0:
        return "zero"
    parts = []
    rest = number
    for name, value in (("trillion", 10**12), ("billion", 10**9), ("million", 10**6), ("thousand", 10**3)):
        group, rest = divmod(rest, value)
        if group:
            parts.append(f"{below_thousand(group)} {name}")
    if rest:
        parts.append(f"and {below_hundred(rest)}" if parts and rest < 100 else below_thousand(rest))
    return " ".join(parts)


def ordinal(number: int) -> str:
    """1 to 10^12: twenty-first, one hundred and second."""
    said = integer(number)
    last = re.split("[ -]", said)[-1]
    changed = f"{last[:-1]}ieth" if last.endswith("y") else ORDINALS.get(last, f"{last}th")
    return said.removesuffix(last) + changed


def fraction(part: int, whole: int) -> str:
    """Part of a whole, 2 or more: one half, three quarters, two thirds."""
    name = {2: "half", 4: "quarter"}.get(whole) or ordinal(whole)
    return f"{integer(part)} {name}{'' if part == 1 else 's'}"


def year(number: int) -> str:
    """A year in its usual pairs: twenty twenty-six, two thousand and five, nineteen oh five."""
    century, rest = divmod(number, 100)
    if not century or (century % 10 == 0 and rest < 10):
        return integer(number)
    if rest == 0:
        return f"{below_hundred(century)} hundred"
    return f"{below_hundred(century)} {'oh ' if rest < 10 else ''}{below_hundred(rest)}"
