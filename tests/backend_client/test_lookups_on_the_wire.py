"""Lookups and records as messages: there and back, and refused where they break the contract."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from huimin.v1 import lookup_pb2

from backend_client.forms.form import Field, FieldType, Option
from backend_client.forms.lookup import (
    Access,
    Column,
    ColumnType,
    Lookup,
    Month,
    Payable,
    Record,
    RecordValue,
    questions,
)
from backend_client.forms.lookup_wire import (
    found_from_proto,
    lookup_from_proto,
    lookup_to_proto,
    record_to_proto,
)
from backend_client.forms.present_record import present_line, present_record
from backend_client.forms.wire import Malformed
from foundation.language import Language, LocalizedText

COUNTY = ZoneInfo("Asia/Shanghai")


def text(zh: str, en: str) -> LocalizedText:
    return LocalizedText(zh, en)


VALUES: dict[str, RecordValue] = {
    "text": "甲",
    "digits": "AB-12",
    "date": date(2026, 10, 1),
    "period": Month(2026, 10),
    "money": -123450,
    "plate": "云A0T101",
    "count": 12000,
    "choice": "open",
    "phone_number": "13900000101",
    "moment": datetime(2026, 10, 1, 0, 15, tzinfo=UTC),
}
LOOKUP = Lookup(
    name="lookups/trial",
    revision="1",
    title=text("试验", "Trial"),
    access=Access.REFERENCE,
    questions=replace(
        questions("lookups/trial", text("试验", "Trial")),
        fields=(Field("number", FieldType.DIGITS, text("号", "No."), text("号码？", "Number?")),),
    ),
    columns=tuple(
        Column(
            kind.name.lower(),
            kind,
            text("列", kind.name),
            (Option("open", text("在办", "open")),) if kind is ColumnType.CHOICE else (),
        )
        for kind in ColumnType
    ),
    listed=text("{period}的{money}", "{money} of {period}"),
    said=text("{text}。", "{text}."),
    nothing=text("没有", "None"),
)


def test_a_lookup_comes_back_as_it_went() -> None:
    assert lookup_from_proto(lookup_to_proto(LOOKUP)) == LOOKUP


def test_records_come_back_as_they_went() -> None:
    payable = Payable("token", 200, text("罚款", "Fine"))
    records = [Record(VALUES, payable), Record({"text": "乙"})]
    answer = lookup_pb2.RunLookupResponse(records=[record_to_proto(LOOKUP, one) for one in records])
    answer.ask_time.FromDatetime(datetime(2026, 11, 22, tzinfo=UTC))
    found = found_from_proto(LOOKUP, answer)
    assert list(found.records) == records
    assert list(found.records[0].values) == [column.id for column in LOOKUP.columns]
    assert "甲" not in repr(found)
    assert "token" not in repr(payable)


@pytest.mark.parametrize(
    ("language", "line", "values"),
    [
        (
            Language.ZH_CN,
            "2026年10月的-1,234.50元",
            ("甲", "AB-12", "2026年10月1日", "2026年10月", "-1,234.50元", "云A·0T101", "12,000", "在办"),
        ),
        (
            Language.EN,
            "¥-1,234.50 of October 2026",
            ("甲", "AB-12", "1 October 2026", "October 2026", "¥-1,234.50", "云A·0T101", "12,000", "open"),
        ),
    ],
)
def test_values_are_shown_in_the_words_of_the_language(
    language: Language, line: str, values: tuple[str, ...]
) -> None:
    record = Record(VALUES)
    assert present_line(LOOKUP, record, language, COUNTY) == line
    shown = [value for _, value in present_record(LOOKUP, record, language, COUNTY)]
    assert tuple(shown[:8]) == values
    assert shown[8] == "139 0000 0101"
    assert shown[9].endswith(" 8:15"), "the county's clock"


def no_columns(message: lookup_pb2.Lookup) -> None:
    del message.columns[:]


def column_twice(message: lookup_pb2.Lookup) -> None:
    message.columns.append(message.columns[0])


def unknown_access(message: lookup_pb2.Lookup) -> None:
    message.access = 9  # type: ignore[assignment]


def unknown_place(message: lookup_pb2.Lookup) -> None:
    message.listed.en = "{nobody}"


def choice_without_options(message: lookup_pb2.Lookup) -> None:
    message.columns[0].type = lookup_pb2.COLUMN_TYPE_CHOICE


def too_many_questions(message: lookup_pb2.Lookup) -> None:
    for number in range(10):
        message.fields.append(message.fields[0])
        message.fields[-1].id = f"number_{number}"


@pytest.mark.parametrize(
    "change",
    [no_columns, column_twice, unknown_access, unknown_place, choice_without_options, too_many_questions],
)
def test_a_lookup_that_breaks_the_contract_is_refused(change: Callable[[lookup_pb2.Lookup], None]) -> None:
    message = lookup_to_proto(LOOKUP)
    change(message)
    with pytest.raises(Malformed):
        lookup_from_proto(message)


@pytest.mark.parametrize(
    "value",
    [
        lookup_pb2.Value(column="nobody", text="x"),
        lookup_pb2.Value(column="text", count=1),
        lookup_pb2.Value(column="text", text="x" * 501),
        lookup_pb2.Value(column="digits", digits="x y"),
        lookup_pb2.Value(column="plate", plate="A0T101"),
        lookup_pb2.Value(column="choice", choice="gone"),
        lookup_pb2.Value(column="count", count=-1),
        lookup_pb2.Value(column="date"),
    ],
)
def test_a_value_that_breaks_the_contract_is_refused(value: lookup_pb2.Value) -> None:
    answer = lookup_pb2.RunLookupResponse(records=[lookup_pb2.Record(values=[value])])
    answer.ask_time.FromDatetime(datetime(2026, 11, 22, tzinfo=UTC))
    with pytest.raises(Malformed) as caught:
        found_from_proto(LOOKUP, answer)
    assert "x y" not in str(caught.value)
