"""What a source calls a value, as the value of a record. Whatever cannot be one is nonsense."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from backend.authoring.lookup_entries import ColumnEntry, ColumnTypeName, LookupEntry
from backend.clock import COUNTY_TIME
from backend.lookups.provider import Failure, ProviderFailed, Row
from backend_client.forms.lookup import Lookup, Month, Record, RecordValue
from backend_client.forms.lookup_wire import check_value
from backend_client.forms.message_parts import Malformed
from backend_client.forms.phone_number import digits_of
from backend_client.forms.text import normalise

_LONGEST = 4000
"""Characters of a text that are looked at at all."""
_DAY = re.compile(r"(\d{4})[-/.]?(\d{2})[-/.]?(\d{2})(?:[T ]00:00(?::00(?:\.0+)?)?Z?)?", re.ASCII)
_MONTH = re.compile(r"(\d{4})[-/.年]?(\d{1,2})月?", re.ASCII)
_BETWEEN = re.compile(r"[\s·.•-]")


def records(entry: LookupEntry, lookup: Lookup, rows: Sequence[Row]) -> list[Record]:
    """The rows as records. Raises ProviderFailed, NONSENSE, where one of them cannot be a record."""
    return [_record(entry, lookup, row) for row in rows]


def _record(entry: LookupEntry, lookup: Lookup, row: Row) -> Record:
    if not isinstance(row, Mapping):
        raise ProviderFailed(Failure.NONSENSE, "a row is no mapping")
    values: dict[str, RecordValue] = {}
    for told, column in zip(entry.columns, lookup.columns, strict=True):
        at = told.at or told.id
        if at not in row:
            raise ProviderFailed(Failure.NONSENSE, f"no column {at}")
        raw = row[at]
        if raw is None or (isinstance(raw, str) and not raw.strip()):
            continue
        try:
            values[column.id] = check_value(column, _value(told, raw))
        except (Malformed, ValueError, InvalidOperation, OverflowError):
            raise ProviderFailed(
                Failure.NONSENSE, f"column {at} holds what is no {told.type.value}"
            ) from None
    if not values:
        raise ProviderFailed(Failure.NONSENSE, "a record without any value")
    return Record(values)


def _value(column: ColumnEntry, raw: Any) -> object:
    """Raises ValueError and the like where it cannot be one of that type."""
    if not isinstance(raw, str | int | float | Decimal | date):
        raise ValueError
    if isinstance(raw, bool) and column.type is not ColumnTypeName.CHOICE:
        raise ValueError
    text = str(raw).strip()
    if len(text) > _LONGEST:
        raise ValueError
    match column.type:
        case ColumnTypeName.TEXT:
            return normalise(text)
        case ColumnTypeName.DIGITS:
            return text.replace(" ", "")
        case ColumnTypeName.DATE:
            return raw if isinstance(raw, date) and not isinstance(raw, datetime) else _day(text)
        case ColumnTypeName.PERIOD:
            return _month(raw, text)
        case ColumnTypeName.MONEY:
            return _fen(raw, text, column.unit)
        case ColumnTypeName.PLATE:
            return _BETWEEN.sub("", text).upper()
        case ColumnTypeName.COUNT:
            return _whole(Decimal(text))
        case ColumnTypeName.CHOICE:
            return _meaning(column, raw, text)
        case ColumnTypeName.PHONE_NUMBER:
            return digits_of(text)
        case ColumnTypeName.MOMENT:
            moment = raw if isinstance(raw, datetime) else datetime.fromisoformat(text)
            return moment.replace(tzinfo=COUNTY_TIME) if moment.tzinfo is None else moment


def _day(text: str) -> date:
    found = _DAY.fullmatch(text)
    if not found:
        raise ValueError
    return date(*map(int, found.groups()))


def _month(raw: Any, text: str) -> Month:
    if isinstance(raw, date):
        return Month(raw.year, raw.month)
    found = _MONTH.fullmatch(text)
    if not found:
        day = _day(text)
        return Month(day.year, day.month)
    return Month(int(found[1]), int(found[2]))


def _fen(raw: Any, text: str, unit: str) -> int:
    """A float is taken as it is written: 58.6 is 58.60 and not a little less."""
    amount = Decimal(text.replace(",", ""))
    if not amount.is_finite() or amount.adjusted() > 18:
        raise ValueError
    return _whole(amount if unit == "fen" else amount * 100)


def _whole(number: Decimal) -> int:
    if not number.is_finite() or number.adjusted() > 18 or number != number.to_integral_value():
        raise ValueError
    return int(number)


def _meaning(column: ColumnEntry, raw: Any, text: str) -> str:
    said = str(raw).lower() if isinstance(raw, bool) else text
    for option in column.options or ():
        if said in (option.codes or (option.id,)):
            return option.id
    raise ValueError
