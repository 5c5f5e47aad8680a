"""Digits from a keypad: a number may come in parts, and a wrong one is keyed in again."""

from __future__ import annotations

import pytest

from backend_client.forms.form import Field, FieldType
from foundation.language import LocalizedText
from kiosk.visit.keyed_in import joined

NOTHING = LocalizedText("", "")


@pytest.mark.parametrize(
    ("kind", "before", "digits", "then"),
    [
        (FieldType.PHONE_NUMBER, "", "13800138000", "13800138000"),
        (FieldType.PHONE_NUMBER, "1380013", "8000", "13800138000"),
        (FieldType.PHONE_NUMBER, "1380013", "13800138000", "13800138000"),
        (FieldType.PHONE_NUMBER, "13800138000", "13900139000", "13900139000"),
        (FieldType.PHONE_NUMBER, "138", "0013", "1380013"),
        (FieldType.IDENTITY_NUMBER, "11999919900307", "1020", "119999199003071020"),
        (FieldType.IDENTITY_NUMBER, "119999199003071021", "1199991990", "1199991990"),
        (FieldType.DIGITS, "12", "3456", "123456"),
        (FieldType.DIGITS, "123456", "654321", "654321"),
        (FieldType.MONEY, "32.50", "40", "40"),
    ],
)
def test_digits_go_on_with_a_part_and_take_the_place_of_a_whole(
    kind: FieldType, before: str, digits: str, then: str
) -> None:
    least = 6 if kind is FieldType.DIGITS else 0
    field = Field("one", kind, NOTHING, NOTHING, min_length=least, max_length=least)
    most = {FieldType.PHONE_NUMBER: 16, FieldType.IDENTITY_NUMBER: 18}.get(kind, 6)
    assert joined(field, before, digits, most) == then
