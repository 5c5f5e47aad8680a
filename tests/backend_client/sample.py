"""A form with a field of every type, and a demonstration resident."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from backend_client.forms.card import CardAnswers
from backend_client.forms.form import CardItem, Field, FieldType, Form, Option
from foundation.language import LocalizedText

TODAY = date(2026, 2, 3)
NUMBER = "11010519491231002X"
"""The example of GB 11643-1999."""


def both(zh_cn: str, en: str) -> LocalizedText:
    return LocalizedText(zh_cn, en)


def field(kind: FieldType, **changes: Any) -> Field:
    """A field of that type, named after it, with options where it takes some."""
    options: tuple[Option, ...] = ()
    if kind in (FieldType.CHOICE, FieldType.CHOICES):
        options = (
            Option("seed", both("种子", "Seed")),
            Option("tools", both("农具", "Tools")),
            Option("water", both("水利", "Water")),
        )
    plain = Field(
        id=kind.name.lower(),
        type=kind,
        label=both("问题", "Question"),
        question=both("请回答。", "Please answer."),
        options=options,
    )
    return replace(plain, **changes)


FORM = Form(
    name="forms/sample",
    revision="7",
    title=both("示例", "Sample"),
    introduction=both("说明", "Introduction"),
    fields=(
        field(FieldType.TEXT, id="full_name", prefill=CardItem.NAME, max_length=30),
        field(
            FieldType.CHOICE,
            id="sex",
            prefill=CardItem.SEX,
            options=(Option("male", both("男", "Male")), Option("female", both("女", "Female"))),
        ),
        field(FieldType.DATE, id="born", prefill=CardItem.BIRTH_DATE, not_in_future=True),
        field(FieldType.TEXT, id="address", prefill=CardItem.ADDRESS, hint=both("详细", "In full")),
        field(FieldType.IDENTITY_NUMBER, prefill=CardItem.IDENTITY_NUMBER),
        field(FieldType.PHONE_NUMBER, private=True),
        field(FieldType.DIGITS, id="household", min_length=6, max_length=8, required=False),
        field(FieldType.DATE, id="wish", min_date=date(2026, 1, 1), max_date=date(2026, 12, 31)),
        field(FieldType.MONEY, min_fen=100, max_fen=100_000),
        field(FieldType.CHOICES, min_length=1, max_length=2),
        field(FieldType.YES_NO),
        field(FieldType.TEXT, id="remark", required=False),
    ),
    declaration=both("声明", "Declaration"),
    next_steps=both("之后", "Next"),
    applicant_field="identity_number",
    demonstration=True,
)

CARD = CardAnswers(
    full_name="示例·甲",
    sex="female",
    birth_date=date(1949, 12, 31),
    address="示范县示范路1号",
    identity_number=NUMBER,
)

ENTRIES = {
    "full_name": "示例·甲",
    "sex": "female",
    "born": "19491231",
    "address": "示范县示范路1号",
    "identity_number": "11010519491231002x",
    "phone_number": "138 1234 5678",
    "household": "123456",
    "wish": "2026年5月1日",
    "money": "12*50",
    "choices": "water,seed",
    "yes_no": "1",
    "remark": "无",
}
