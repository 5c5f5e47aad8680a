"""Values of records as a resident reads them, on screens, slips and the screens of phones."""

from __future__ import annotations

from datetime import date, datetime, tzinfo

from backend_client.forms.lookup import Column, ColumnType, Lookup, Month, Record, RecordValue, filled
from backend_client.forms.present import present_date, present_money
from backend_client.forms.wording import wording
from foundation.language import Language


def present_value(column: Column, value: RecordValue, language: Language, zone: tzinfo) -> str:
    """A value in words. zone: the county's."""
    words = wording(language)
    match value:
        case datetime():
            there = value.astimezone(zone)
            day = present_date(there.date(), language)
            return words("present.moment", date=day, time=f"{there.hour}:{there:%M}")
        case date():
            return present_date(value, language)
        case Month():
            return words("present.period", year=value.year, month=words(f"present.month.{value.month}"))
        case int():
            return present_money(value, language) if column.type is ColumnType.MONEY else f"{value:,}"
    match column.type:
        case ColumnType.CHOICE:
            return column.option(value).label[language]
        case ColumnType.PLATE:
            return f"{value[:2]}·{value[2:]}"
        case ColumnType.PHONE_NUMBER if len(value) == 11 and value.startswith("1"):
            return f"{value[:3]} {value[3:7]} {value[7:]}"
    return value


def present_nothing(language: Language) -> str:
    """What stands for a value that a record does not have."""
    return wording(language)("present.no_value")


def present_line(lookup: Lookup, record: Record, language: Language, zone: tzinfo) -> str:
    """A record in one line, as the lookup lists it."""
    missing = present_nothing(language)
    values = {
        column.id: present_value(column, record.values[column.id], language, zone)
        if column.id in record.values
        else missing
        for column in lookup.columns
    }
    return filled(lookup.listed[language], values)


def present_record(
    lookup: Lookup, record: Record, language: Language, zone: tzinfo
) -> tuple[tuple[str, str], ...]:
    """A record in full: label and value of each column that it has."""
    return tuple(
        (lookup.column(name).label[language], present_value(lookup.column(name), value, language, zone))
        for name, value in record.values.items()
    )
