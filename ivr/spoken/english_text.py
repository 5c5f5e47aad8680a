"""Running English text, made ready to be said: dates, clocks, amounts, telephone numbers, figures.

The rules run in order, the most particular first, as for Mandarin.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, time

from ivr.spoken.english_numbers import MONTHS, ordinal, year
from ivr.spoken.figures import (
    AMOUNT,
    NUMBER,
    PHONE_NUMBER,
    PLATE,
    ascii_digits,
    fen,
    is_code,
    whole_and_fraction,
)
from ivr.spoken.readout import Readout

_MONTH = "|".join(MONTHS)

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
    said = f"the {ordinal(day)} of {match['month']}"
    return f"{said}, {year(int(match['year']))}" if match["year"] else said


def _clock(read: Readout, match: re.Match[str]) -> str:
    hour, minute, half = int(match[1]), int(match[2]), (match[3] or "").lower()
    if half.startswith("p") and hour < 12:
        hour += 12
    return read.time_of_day(time(hour % 24, minute))


def _money(read: Readout, match: re.Match[str]) -> str:
    amount = fen(match["amount"])
    return _number(read, match["amount"]) + " yuan" if amount is None else read.money(amount)


RULES: tuple[tuple[re.Pattern[str], Words], ...] = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (r"(?<!\d)(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)", _date),
        (
            rf"(?<!\d)(?P<day>\d{{1,2}})(?:st|nd|rd|th)? (?P<month>{_MONTH})(?:,? (?P<year>\d{{4}}))?",
            _named_date,
        ),
        (
            rf"(?P<month>{_MONTH}) (?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?!\d)(?:,? (?P<year>\d{{4}}))?",
            _named_date,
        ),
        (PLATE, lambda read, m: read.plate(re.sub(r"[·•]", "", m[0]))),
        (
            PHONE_NUMBER,
            lambda read, m: read.phone_number(re.sub(r"\D", "", m[0])),
        ),
        (
            r"(?i)(\b(?:call|dial|phone|line) )(\d{3,6})(?![\d,.]\d|\d)",
            lambda read, m: m[1] + read.digits(m[2]),
        ),
        (r"(?<=\d)-(?=\d)|(?<=[\d%m.])\s?[–—~]\s?(?=[\d¥])", lambda _, m: " to "),
        (r"(?i)(?<!\d)([01]?\d|2[0-3]):([0-5]\d)(?!\d)(?:\s?([ap])\.?m\.?)?", _clock),
        (rf"(?:[¥￥]|RMB |CNY )\s?{AMOUNT}(?: yuan)?(?! ?(?:million|billion))", _money),
        (rf"(?<![\d.,]){AMOUNT} yuan", _money),
        (r"\[(?=\d{4}\])|(?<=\d{4})\]", lambda _, m: " "),
        (r"(?<![\d.,])(?:19|20)\d\d(?![\d,.]\d|\d|%)", lambda _, m: year(int(m[0]))),
        (r"\bNo\. ?(?=\d)", lambda _, m: "number "),
        (r"(?<=\d)\s?%", lambda _, m: " per cent"),
        (r"(?<=\d)\s?‰", lambda _, m: " per mille"),
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
