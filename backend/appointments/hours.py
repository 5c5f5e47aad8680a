"""Opening hours in words, for screens, slips and the phone. Pure.

Days of the week that follow one another and have the same hours are told together.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time

from huimin.v1 import common_pb2

from backend.authoring.counter_entries import OpeningEntry
from backend.authoring.finding import LOCALE
from backend_client.forms.present import present_clock
from foundation.language import Language, Translate, translator

_Hours = tuple[tuple[time, time], ...]


def in_words(opening: OpeningEntry) -> common_pb2.LocalizedText:
    """Such as: 周一至周五 上午9:00至中午12:00、下午1:30至5:00."""
    return common_pb2.LocalizedText(zh_cn=_told(opening, Language.ZH_CN), en=_told(opening, Language.EN))


def _told(opening: OpeningEntry, language: Language) -> str:
    translate = translator("backend", LOCALE, language)
    groups = [
        translate("hours.days", days=_days(first, last, translate), hours=_hours(hours, language, translate))
        for first, last, hours in _groups(opening)
    ]
    return translate("hours.closed_on_holidays", hours=translate("hours.between_days").join(groups))


def _groups(opening: OpeningEntry) -> Iterator[tuple[int, int, _Hours]]:
    """First day, last day, and their hours."""
    first = 0
    for day in range(1, 8):
        hours = opening.of(first)
        if day == 7 or opening.of(day) != hours:
            if hours:
                yield first, day - 1, hours
            first = day


def _days(first: int, last: int, translate: Translate) -> str:
    one = translate(f"hours.weekday.{first}")
    if first == last:
        return one
    joined = "hours.from_to" if last > first + 1 else "hours.and"
    return translate(joined, first=one, last=translate(f"hours.weekday.{last}"))


def _hours(hours: _Hours, language: Language, translate: Translate) -> str:
    day = date(2026, 1, 1)  # of any day, the clock is told
    told = (
        translate(
            "hours.from_to",
            first=present_clock(datetime.combine(day, first), language),
            last=present_clock(datetime.combine(day, last), language),
        )
        for first, last in hours
    )
    return translate("hours.between").join(told)
