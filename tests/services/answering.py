"""The same answer to any question: as it is entered on the screen, and by the keys of a telephone."""

from __future__ import annotations

from collections.abc import Mapping

from backend_client.forms.answer import Value
from backend_client.forms.form import Field, FieldType, Form
from backend_client.forms.together import asked
from tests.kiosk.visit.terminal import CARD

OWNER = CARD.identity_number
"""Nobody real, who comes to the terminal; records of the demonstration are his."""
CALLER = "119999195001011025"
"""Another, who calls: nobody books the same matter twice."""
MOBILE = "13800001111"
DAY = "2026-01-05"
KNOWN: Mapping[str, Mapping[str, str]] = {
    "lookups/traffic-violations": {"plate_digits": "0101", "frame_end": "2468"},
    "lookups/phone-bill": {"phone": "13900000101", "password": "246810"},
    "lookups/business-registration": {"number": "539999000000101"},
    "forms/tax-declaration": {
        "sales": "352000",
        "year_income": "952000",
        "year_costs": "512000",
        "prepaid": "1200",
    },
}
"""What finds records of the demonstration, and what owes a tax. Other questions have any answer that fits."""


def entry(asking: Form, field: Field, who: str = OWNER) -> str:
    """The answer as `kiosk.visit.events.Enter` takes it; a slot is not entered. who: identity number."""
    known = KNOWN.get(asking.name, {})
    assert known.keys() <= {one.id for one in asking.fields}, asking.name
    if field.id in known:
        return known[field.id]
    match field.type:
        case FieldType.TEXT:
            return "请听我说，这是试填的内容。"[: field.longest]
        case FieldType.DIGITS:
            return "1" * max(field.min_length, 1)
        case FieldType.DATE:
            return max(DAY, f"{field.min_date.isoformat()}")
        case FieldType.MONEY:
            return str(max(field.min_fen // 100, 1))
        case FieldType.CHOICE:
            return field.options[0].id
        case FieldType.CHOICES:
            return ",".join(option.id for option in field.options[: max(field.min_length, 1)])
        case FieldType.IDENTITY_NUMBER:
            return who
        case FieldType.PHONE_NUMBER:
            return MOBILE
        case FieldType.YES_NO:
            return "no"
        case FieldType.SLOT:
            raise ValueError(field.id)


def keys(asking: Form, field: Field, *, agreed: bool, who: str = CALLER) -> str:
    """What a caller does for that answer.

    agreed: to being recorded, earlier in the form; who: identity number.
    """
    match field.type:
        case FieldType.TEXT:
            return f"{'' if agreed and field.required else '1'}\n{entry(asking, field)}\n1"
        case FieldType.DATE:
            return f"{entry(asking, field).replace('-', '')}\n1"
        case FieldType.MONEY:
            return f"{entry(asking, field)}#\n1"
        case FieldType.CHOICE:
            return "1"
        case FieldType.CHOICES:
            return "\n".join([*"1234"[: max(field.min_length, 1)], "#"])
        case FieldType.YES_NO:
            return "2"
        case FieldType.SLOT:
            return "1\n1\n1"
    entered = entry(asking, field, who).replace("X", "*")
    complete = field.type is not FieldType.DIGITS or len(entered) == field.longest
    return f"{entered}{'' if complete else '#'}\n1"


def _value(field: Field) -> Value:
    """The answer where later questions may hang on it."""
    match field.type:
        case FieldType.CHOICE:
            return field.options[0].id
        case FieldType.CHOICES:
            return tuple(option.id for option in field.options[: max(field.min_length, 1)])
    return False


def asked_of(asking: Form) -> tuple[Field, ...]:
    """The questions that are asked of somebody who answers so."""
    return asked(asking, {field.id: _value(field) for field in asking.fields})


def answers_by_keys(asking: Form, who: str = CALLER) -> str:
    """All that a caller does from the first question to the last. who: identity number."""
    done, agreed = [], False
    for field in asked_of(asking):
        done.append(keys(asking, field, agreed=agreed, who=who))
        agreed = agreed or field.type is FieldType.TEXT
    return "\n".join(done)
