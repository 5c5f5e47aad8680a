"""Running English text, made ready to be said: dates, clocks, amounts, telephone numbers, figures.

The rules run in order, the most particular first, as for Mandarin.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, time

from speech.spoken.english_numbers import MONTHS, TENS, fraction, ordinal, year
from speech.spoken.figures import (
    AMOUNT,
    FRACTION,
    IDENTITY_NUMBER,
    MINUS,
    NUMBER,
    PHONE_NUMBER,
    PLATE,
    ascii_digits,
    fen,
    is_code,
    whole_and_fraction,
)
from speech.spoken.readout import Readout

_MONTH = "|".join([*MONTHS, *(month[:3] for month in MONTHS), "Sept"])
_COUNTED = (
    "beds|cases|characters|children|companies|copies|cubic|days|families|hectares|hours|households|items|jobs|"
    "kilometres|letters|metres|minutes|mu|pages|people|persons|places|pupils|residents|seats|square|students|"
    "times|tonnes|units|vehicles|villages|words|workers|yuan"
)
"""What follows a number that is no year."""
UNITS = {
    "kg": "kilograms", "km": "kilometres", "cm": "centimetres", "mm": "millimetres", "m²": "square metres",
    "m2": "square metres", "m³": "cubic metres", "m3": "cubic metres", "kWh": "kilowatt hours",
    "kW": "kilowatts", "kV": "kilovolts", "ml": "millilitres", "mL": "millilitres", "L": "litres",
    "°C": "degrees Celsius", "℃": "degrees Celsius",
}  # fmt: skip
"""Units that stand behind a number as signs."""
_UNIT = rf"(?<=\d)\s?({'|'.join(UNITS)})(?![A-Za-z\d²³])"

Words = Callable[[Readout, re.Match[str]], str]


def _number(read: Readout, written: str) -> str:
    whole, fraction = whole_and_fraction(written)
    said = read.digit_string(whole) if is_code(whole) else read.integer(int(whole))
    return f"{said} point {read.digits(fraction)}" if fraction else said


def _date(read: Readout, match: re.Match[str]) -> str:
    try:
        return read.full_date(date(int(match[1]), int(match[2]), int(match[3])))
    except ValueError:  # no such day: the writer's slip is read as it stands
        return " ".join(_number(read, found) for found in match.groups())


def _named_date(_: Readout, match: re.Match[str]) -> str:
    day = int(match["day"])
    if not 1 <= day <= 31:
        return match[0]
    month = next(name for name in MONTHS if name.startswith(match["month"][:3]))
    said = f"the {ordinal(day)} of {month}"
    return f"{said}, {year(int(match['year']))}" if match["year"] else said


def _clock(read: Readout, match: re.Match[str]) -> str:
    hour, minute, half = int(match[1]), int(match[2]), (match[3] or "").lower()
    if half and hour <= 12:
        hour = hour % 12 + (12 if half == "p" else 0)
    return read.time_of_day(time(hour % 24, minute))


def _fraction(_: Readout, match: re.Match[str]) -> str:
    part, whole = int(match[1]), int(match[2])
    return fraction(part, whole) if 0 < part < whole else match[0]


def _decade(_: Readout, match: re.Match[str]) -> str:
    tens = int(match[2])
    if tens < 2:
        return f"{year(int(match[1] + match[2] + '0'))}s"
    return f"{year(int(match[1]) * 100).removesuffix(' hundred')} {TENS[tens].removesuffix('y')}ies"


def _money(read: Readout, match: re.Match[str]) -> str:
    amount = fen(match["amount"])
    return _number(read, match["amount"]) + " yuan" if amount is None else read.money(amount)


RULES: tuple[tuple[re.Pattern[str], Words], ...] = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (r"(?<!\d)(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)", _date),
        (
            rf"(?<!\d)(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<month>{_MONTH})\b"
            r"(?:,? (?P<year>\d{4}))?",
            _named_date,
        ),
        (
            rf"\b(?P<month>{_MONTH}) (?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?!\d)(?:,? (?P<year>\d{{4}}))?",
            _named_date,
        ),
        (IDENTITY_NUMBER, lambda read, m: read.identity_number(m[0].upper())),
        (PLATE, lambda read, m: read.plate(re.sub(r"[·•]", "", m[0]))),
        (
            PHONE_NUMBER,
            lambda read, m: read.phone_number(re.sub(r"\D", "", m[0])),
        ),
        (
            r"(?i)(\b(?:call|dial|phone|line|hotline) )(\d{3,6})(?![\d,.]\d|\d)",
            lambda read, m: m[1] + read.digits(m[2]),
        ),
        (r"(?<![\d.,])\d{3,6}(?= (?:hot)?line\b)", lambda read, m: read.digits(m[0])),
        (_UNIT, lambda _, m: f" {UNITS[m[1]]}"),
        (FRACTION, _fraction),
        (MINUS, lambda _, m: "minus "),
        (r"(?<=\d)-(?=\d)|(?<=[\d%m.])\s?[–—~]\s?(?=[\d¥])", lambda _, m: " to "),
        (r"(?i)(?<!\d)([01]?\d|2[0-3]|24(?=:00)):([0-5]\d)(?!\d)(?:\s?([ap])\.?m\.?)?", _clock),
        (rf"(?:[¥￥]|RMB |CNY )\s?{AMOUNT}(?: yuan)?(?! ?(?:million|billion))", _money),
        (rf"(?<![\d.,]){AMOUNT} yuan", _money),
        (r"\[(?=\d{4}\])|(?<=\d{4})\]", lambda _, m: " "),
        (r"\b(19|20)(\d)0s\b", _decade),
        (r"(?<![\d.,])([1-9]\d{0,3})(?:st|nd|rd|th)\b", lambda _, m: ordinal(int(m[1]))),
        (rf"(?<![\d.,])(?:19|20)\d\d(?![\d,.]\d|\d|%| (?:{_COUNTED})\b)", lambda _, m: year(int(m[0]))),
        (r"\bNo\. ?(?=\d)", lambda _, m: "number "),
        (r"(?<=\d)\s?%", lambda _, m: " per cent"),
        (r"(?<=\d)\s?‰", lambda _, m: " per mille"),
        (r"(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Za-z])", lambda _, m: " "),
        (NUMBER, lambda read, m: _number(read, m[0])),
    )
)

_SIGNS = str.maketrans({"#": " hash ", "*": " star ", "&": " and ", "\n": " ", "“": "", "”": "", "•": ","})


def say(written: str, read: Readout) -> str:
    """The text without digits or signs that a voice would stumble over."""
    text = ascii_digits(written.strip())
    for pattern, words in RULES:
        text = pattern.sub(lambda match, words=words: words(read, match), text)  # type: ignore[misc]
    text = re.sub(r"\s[—–-]\s|—", ", ", text.translate(_SIGNS))
    text = re.sub(r"(?<=[.!?])\.+", "", text)
    return re.sub(r"\s+(?=[,.;:!?])", "", re.sub(r"\s{2,}", " ", text)).strip()
