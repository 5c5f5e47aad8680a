"""Lookups and records as messages of the contract, and back. Both sides of the wire use it."""

from __future__ import annotations

from datetime import UTC, date, datetime

from google.protobuf.timestamp_pb2 import Timestamp
from google.type import date_pb2
from huimin.v1 import form_pb2, lookup_pb2

from backend_client.forms.form import Option
from backend_client.forms.lookup import (
    MAX_COLUMNS,
    MAX_COUNT,
    MAX_NUMBER,
    MAX_QUESTIONS,
    MAX_RECORDS,
    MAX_TEXT,
    NUMBER,
    PLACE,
    PLATE,
    Access,
    Column,
    ColumnType,
    Found,
    Lookup,
    Month,
    Payable,
    Record,
    RecordValue,
    questions,
)
from backend_client.forms.message_parts import distinct
from backend_client.forms.phone_number import is_phone_number
from backend_client.forms.text import has_bad_character
from backend_client.forms.wire import (
    MAX_OPTIONS,
    Malformed,
    date_from_proto,
    date_to_proto,
    enum_from_proto,
    localized_from_proto,
    localized_to_proto,
    questions_to_proto,
    with_questions,
)
from foundation.language import Language

LOOKUP = "lookup:"
"""Before the bytes of a lookup, where those of a form could stand too."""
MAX_TOKEN = 2000
LARGEST_FEN = 10**12

_VALUE_NAMES = {
    ColumnType.TEXT: "text",
    ColumnType.DIGITS: "digits",
    ColumnType.DATE: "date",
    ColumnType.PERIOD: "period",
    ColumnType.MONEY: "money_fen",
    ColumnType.PLATE: "plate",
    ColumnType.COUNT: "count",
    ColumnType.CHOICE: "choice",
    ColumnType.PHONE_NUMBER: "phone_number",
    ColumnType.MOMENT: "moment",
}
"""The member of `huimin.v1.Value.value` that belongs to each type."""


def lookup_to_proto(lookup: Lookup) -> lookup_pb2.Lookup:
    """A lookup."""
    fields, rules = questions_to_proto(lookup.questions)
    return lookup_pb2.Lookup(
        name=lookup.name,
        revision=lookup.revision,
        title=localized_to_proto(lookup.title),
        access=lookup_pb2.LookupAccess.ValueType(lookup.access.value),
        fields=fields,
        rules=rules,
        columns=[_column_to_proto(column) for column in lookup.columns],
        listed=localized_to_proto(lookup.listed),
        said=localized_to_proto(lookup.said),
        nothing=localized_to_proto(lookup.nothing),
        demonstration=lookup.demonstration,
    )


def lookup_from_proto(message: lookup_pb2.Lookup) -> Lookup:
    """A lookup that can be asked. Raises Malformed where it breaks the contract."""
    if not message.name.startswith("lookups/"):
        raise Malformed("lookup.name")
    if len(message.fields) > MAX_QUESTIONS:
        raise Malformed(f"lookup.fields: {len(message.fields)} of them")
    if not 1 <= len(message.columns) <= MAX_COLUMNS:
        raise Malformed(f"lookup.columns: {len(message.columns)} of them")
    title = localized_from_proto(message.title, "lookup.title")
    lookup = Lookup(
        name=message.name,
        revision=message.revision,
        title=title,
        access=enum_from_proto(Access, message.access, "lookup.access"),
        questions=with_questions(questions(message.name, title), message.fields, message.rules),
        columns=tuple(_column_from_proto(column) for column in message.columns),
        listed=localized_from_proto(message.listed, "lookup.listed"),
        said=localized_from_proto(message.said, "lookup.said"),
        nothing=localized_from_proto(message.nothing, "lookup.nothing"),
        demonstration=message.demonstration,
    )
    distinct((column.id for column in lookup.columns), "lookup.columns")
    known = {column.id for column in lookup.columns}
    for sentence in (lookup.listed, lookup.said):
        if any(not known.issuperset(PLACE.findall(sentence[language])) for language in Language):
            raise Malformed("lookup.listed, said: a place is of no column")
    return lookup


def record_to_proto(lookup: Lookup, record: Record) -> lookup_pb2.Record:
    """A record of that lookup, right by `check_value`."""
    message = lookup_pb2.Record(
        values=[_value_to_proto(lookup.column(name), value) for name, value in record.values.items()],
        text_token=record.text_token,
    )
    if (payable := record.payable) is not None:
        message.payable.token = payable.token
        message.payable.amount_fen = payable.amount_fen
        message.payable.title.CopyFrom(localized_to_proto(payable.title))
    if record.pay_time is not None:
        message.pay_time.FromDatetime(record.pay_time)
    return message


def found_from_proto(lookup: Lookup, message: lookup_pb2.RunLookupResponse) -> Found:
    """What that lookup found. Raises Malformed where it breaks the contract."""
    if len(message.records) > MAX_RECORDS:
        raise Malformed(f"records: {len(message.records)} of them")
    if not message.HasField("ask_time"):
        raise Malformed("ask_time: missing")
    return Found(
        tuple(_record_from_proto(lookup, record) for record in message.records),
        message.more,
        _moment(message.ask_time, "ask_time"),
    )


def check_value(column: Column, value: object) -> RecordValue:
    """The value, where the column can hold it. Raises Malformed, which shows nothing of it."""
    match column.type, value:
        case ColumnType.TEXT, str() if 0 < len(value) <= MAX_TEXT and not has_bad_character(value):
            return value
        case ColumnType.DIGITS, str() if len(value) <= MAX_NUMBER and NUMBER.fullmatch(value):
            return value
        case ColumnType.PLATE, str() if PLATE.fullmatch(value):
            return value
        case ColumnType.CHOICE, str() if any(option.id == value for option in column.options):
            return value
        case ColumnType.PHONE_NUMBER, str() if value.isascii() and (
            is_phone_number(value) or (value.isdigit() and 3 <= len(value) <= 12)  # 110, 12345 are too
        ):
            return value
        case ColumnType.MOMENT, datetime() if value.tzinfo is not None:
            return value
        case ColumnType.DATE, date() if not isinstance(value, datetime):
            return value
        case ColumnType.PERIOD, Month() if 1 <= value.month <= 12 and 1900 <= value.year <= 2199:
            return value
        case ((ColumnType.MONEY | ColumnType.COUNT), int()) if not isinstance(value, bool):
            least = -LARGEST_FEN if column.type is ColumnType.MONEY else 0
            if least <= value <= (LARGEST_FEN if column.type is ColumnType.MONEY else MAX_COUNT):
                return value
    raise Malformed(f"record: column {column.id!r} holds what is no {column.type.name}")


def _column_to_proto(column: Column) -> lookup_pb2.Column:
    return lookup_pb2.Column(
        id=column.id,
        type=lookup_pb2.ColumnType.ValueType(column.type.value),
        label=localized_to_proto(column.label),
        options=[
            form_pb2.Option(id=option.id, label=localized_to_proto(option.label)) for option in column.options
        ],
    )


def _column_from_proto(message: lookup_pb2.Column) -> Column:
    column = Column(
        id=message.id,
        type=enum_from_proto(ColumnType, message.type, "column.type"),
        label=localized_from_proto(message.label, "column.label"),
        options=tuple(
            Option(option.id, localized_from_proto(option.label, "column.options"))
            for option in message.options
        ),
    )
    if len(column.options) > MAX_OPTIONS or bool(column.options) != (column.type is ColumnType.CHOICE):
        raise Malformed(f"column.options: {len(column.options)} of them")
    distinct((option.id for option in column.options), "column.options")
    return column


def _value_to_proto(column: Column, value: RecordValue) -> lookup_pb2.Value:
    message = lookup_pb2.Value(column=column.id)
    match value:
        case datetime():
            message.moment.FromDatetime(value)
        case date():
            message.date.CopyFrom(date_to_proto(value))
        case Month():
            message.period.CopyFrom(date_pb2.Date(year=value.year, month=value.month))
        case _:
            setattr(message, _VALUE_NAMES[column.type], value)
    return message


def _record_from_proto(lookup: Lookup, message: lookup_pb2.Record) -> Record:
    values: dict[str, RecordValue] = {}
    for one in message.values:
        try:
            column = lookup.column(one.column)
        except KeyError:
            raise Malformed("record.values: of no column") from None
        if one.column in values or one.WhichOneof("value") != _VALUE_NAMES[column.type]:
            raise Malformed(f"record: column {column.id!r} is there twice, or of another type")
        values[column.id] = check_value(column, _plain(column, one))
    ordered = {column.id: values[column.id] for column in lookup.columns if column.id in values}
    payable = _payable(message.payable) if message.HasField("payable") else None
    pay_time = _moment(message.pay_time, "record.pay_time") if message.HasField("pay_time") else None
    if payable is not None and pay_time is not None:
        raise Malformed("record.payable: it is paid")
    if len(message.text_token) > MAX_TOKEN:
        raise Malformed("record.text_token")
    return Record(ordered, payable, pay_time, message.text_token)


def _plain(column: Column, message: lookup_pb2.Value) -> object:
    match column.type:
        case ColumnType.DATE:
            return date_from_proto(message.date, "record.date")
        case ColumnType.PERIOD:
            return Month(message.period.year, message.period.month)
        case ColumnType.MOMENT:
            return _moment(message.moment, "record.moment")
    return getattr(message, _VALUE_NAMES[column.type])


def _payable(message: lookup_pb2.Payable) -> Payable:
    if not 0 < len(message.token) <= MAX_TOKEN or not 0 < message.amount_fen <= LARGEST_FEN:
        raise Malformed("record.payable")
    title = localized_from_proto(message.title, "record.payable.title")
    return Payable(message.token, message.amount_fen, title)


def _moment(message: Timestamp, place: str) -> datetime:
    try:
        return message.ToDatetime(UTC)
    except ValueError:
        raise Malformed(f"{place}: not a moment") from None
