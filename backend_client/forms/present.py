"""Answers as a resident reads them, on screens and slips."""

from __future__ import annotations

from datetime import date, datetime

from backend_client.forms.answer import Recording, Value
from backend_client.forms.form import CardItem, Field, FieldType
from backend_client.forms.slot import slot_of
from backend_client.forms.wording import wording
from foundation.language import Language

_STAR = "*"
_HIDDEN = 3 * _STAR


def present(field: Field, value: Value, language: Language, *, masked: bool = False) -> str:
    """A checked answer in words. `masked` shows only what lets its owner know it again."""
    translate = wording(language)
    if isinstance(value, Recording):
        return translate("present.recording")
    if isinstance(value, bool):
        return _HIDDEN if masked else translate("present.yes" if value else "present.no")
    if isinstance(value, date):
        return present_date(value, language, masked=masked)
    if isinstance(value, int):
        return present_money(value, language, masked=masked)
    if isinstance(value, tuple):
        labels = [field.option(identifier).label[language] for identifier in value]
        return _HIDDEN if masked else translate("present.list_separator").join(labels)
    if field.type is FieldType.CHOICE:
        return _HIDDEN if masked else field.option(value).label[language]
    if field.type is FieldType.SLOT:
        return _HIDDEN if masked else present_time(slot_of(value).start, language)
    return _masked(field, value) if masked else value


def present_date(day: date, language: Language, *, masked: bool = False) -> str:
    """A day: 2026年2月3日, 3 February 2026; masked, the year only."""
    translate = wording(language)
    if masked:
        return translate("present.date_masked", year=day.year)
    month = translate(f"present.month.{day.month}")
    return translate("present.date", year=day.year, month=month, day=day.day)


def present_day(day: date, language: Language) -> str:
    """A day that is near, with its weekday and without the year: 2月3日 星期二, Tuesday 3 February."""
    translate = wording(language)
    weekday, month = translate(f"present.weekday.{day.weekday()}"), translate(f"present.month.{day.month}")
    return translate("present.day", weekday=weekday, month=month, day=day.day)


def present_clock(at: datetime, language: Language) -> str:
    """A time of day: 上午9:30, 9:30 a.m."""
    part = "morning" if at.hour < 12 else "noon" if at.hour == 12 else "afternoon"
    hour = at.hour - 12 if at.hour > 12 else at.hour
    return wording(language)(f"present.clock.{part}", hour=hour, minute=f"{at.minute:02d}")


def present_time(at: datetime, language: Language) -> str:
    """When to come: 2026年2月3日 星期二 上午9:30, Tuesday 3 February 2026, 9:30 a.m.

    at: local time of the county.
    """
    translate = wording(language)
    return translate(
        "present.time",
        date=present_date(at.date(), language),
        weekday=translate(f"present.weekday.{at.weekday()}"),
        clock=present_clock(at, language),
    )


def present_money(fen: int, language: Language, *, masked: bool = False) -> str:
    """An amount of fen: 1,234.50元, ¥1,234.50; masked, no digit of it."""
    yuan, rest = divmod(abs(fen), 100)
    amount = _HIDDEN if masked else f"{'-' if fen < 0 else ''}{yuan:,}.{rest:02d}"
    return wording(language)("present.money", amount=amount)


def present_rate(millionths: int) -> str:
    """A rate of so many millionths: 3%, 0.5%, and below one tenth of a per cent 0.5‰."""
    per_mille = 0 < millionths < 1_000
    digits = f"{millionths / (1_000 if per_mille else 10_000):.4f}".rstrip("0").rstrip(".")
    return f"{digits}{'‰' if per_mille else '%'}"


def _masked(field: Field, value: str) -> str:
    match field.type:
        case FieldType.IDENTITY_NUMBER:
            return f"{value[:6]}{8 * _STAR}{value[-4:]}"
        case FieldType.PHONE_NUMBER if len(value) >= 10:
            return f"{value[:3]}{(len(value) - 7) * _STAR}{value[-4:]}"
        case FieldType.DIGITS if len(value) >= 8:
            return (len(value) - 4) * _STAR + value[-4:]
        case FieldType.DIGITS | FieldType.PHONE_NUMBER:
            return len(value) * _STAR
    if field.prefill is CardItem.NAME:
        return value[:1] + _STAR * min(len(value) - 1, len(_HIDDEN))
    return value[:1] + _HIDDEN
