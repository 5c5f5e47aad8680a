"""Understands what the line says, by rules of its own: the other half of the read-out's round trips."""

from __future__ import annotations

import re
from datetime import date, time

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
    found = re.fullmatch(r"(.{1,4})年(.+)月(.+)日", said)
    assert found, said
    return date(int(mandarin_digits(found[1])), mandarin_integer(found[2]), mandarin_integer(found[3]))


def mandarin_number_in_full(number: int) -> str:
    """A number another way than the read-out makes it: every place is written, then zeros are struck out."""
    units = ("", "十", "百", "千", "万", "十", "百", "千", "亿", "十", "百", "千", "万")
    digits = str(number)
    said = "".join(
        "零一二三四五六七八九"[int(d)] + units[len(digits) - place] for place, d in enumerate(digits, 1)
    )
    for struck, left in (
        (r"零[十百千]", "零"), (r"零+", "零"), (r"零([万亿])", r"\1"), (r"亿万", "亿零"), (r"零+", "零"),
        (r"(?<=.)零$", ""), (r"^一十", "十"), (r"^二(?=[千万亿])", "两"),
    ):  # fmt: skip
        said = re.sub(struck, left, said)
    return said


HOURS = {"凌晨": (0, 6), "上午": (6, 12), "中午": (12, 13), "下午": (13, 18), "晚上": (18, 24)}


def mandarin_time(said: str) -> time:
    """A time of day; the part of the day has to be the right one."""
    found = re.fullmatch(r"(凌晨|上午|中午|下午|晚上)(.+)点(?:(半)|零?(.+)分)?", said)
    assert found, said
    hour = mandarin_integer(found[2])
    first, end = HOURS[found[1]]
    hour += 12 if hour + 12 < end and found[1] in {"下午", "晚上"} else 0
    assert first <= hour < end, said
    return time(hour, 30 if found[3] else mandarin_integer(found[4]) if found[4] else 0)


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


ENGLISH_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
ENGLISH_DAYS = (
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
    "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth",
    "nineteenth", "twentieth", "twenty-first", "twenty-second", "twenty-third", "twenty-fourth",
    "twenty-fifth", "twenty-sixth", "twenty-seventh", "twenty-eighth", "twenty-ninth", "thirtieth",
    "thirty-first",
)  # fmt: skip


def english_year(said: str) -> int:
    """A year in pairs, or as a number."""
    words = said.split()
    if "thousand" in words or len(words) == 1:
        return english_integer(said)
    century, rest = words[0], words[1:]
    if rest == ["hundred"]:
        return english_integer(century) * 100
    return english_integer(century) * 100 + english_integer(" ".join(word for word in rest if word != "oh"))


def english_date(said: str) -> date:
    """The day."""
    found = re.fullmatch(r"the (\S+) of (\w+), (.+)", said)
    assert found, said
    return date(english_year(found[3]), ENGLISH_MONTHS.index(found[2]) + 1, ENGLISH_DAYS.index(found[1]) + 1)


def english_time(said: str) -> time:
    """A time of day."""
    if said in {"noon", "midnight"}:
        return time(12 if said == "noon" else 0)
    found = re.fullmatch(r"(\S+)(?: (oh )?(\S+))? ([ap])\.m\.", said)
    assert found, said
    minute = english_integer(found[3]) if found[3] else 0
    assert bool(found[2]) == (0 < minute < 10), said
    return time(english_integer(found[1]) % 12 + (12 if found[4] == "p" else 0), minute)
