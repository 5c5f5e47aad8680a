"""Answers that fit a form, made from its description alone.

The applicant is nobody: region 110101, born on 1 January 1900, sequence numbers drawn at random.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import UTC, date, datetime
from uuid import uuid4

from huimin.v1 import common_pb2, form_pb2

from backend.clock import COUNTY_TIME, timestamp
from backend_client.forms.answer import Value
from backend_client.forms.filling import Filling
from backend_client.forms.form import Field, FieldType, Form
from backend_client.forms.identity_number import check_character
from backend_client.forms.wire import answer_to_proto

ORIGIN = "conformance"


def applicant() -> str:
    """An identity number of nobody."""
    body = f"11010119000101{secrets.randbelow(1000):03d}"
    return body + check_character(body)


def answers(form: Form, identity_number: str, slot: str = "") -> list[form_pb2.Answer]:
    """An answer to each question that is asked, those of the applicant and of the slot as given.

    Raises AnswerError.
    """
    today = datetime.now(COUNTY_TIME).date()
    filling = Filling(form, lambda: today)
    while (field := filling.next_field()) is not None:
        if field.type is FieldType.SLOT:
            filling.answer(field.id, slot)
        else:
            mine = field.id == form.applicant_field
            filling.answer(field.id, identity_number if mine else _value(field, today))
    return [answer_to_proto(form.field(name), value) for name, value in filling.answers.items()]


def submission(form: Form, given: Sequence[form_pb2.Answer], /, **other: object) -> form_pb2.Submission:
    """A submission of those answers under a new name. other: fields that are to be otherwise."""
    made = form_pb2.Submission(
        name=f"submissions/{uuid4()}",
        form=form.name,
        form_revision=form.revision,
        answers=given,
        channel=common_pb2.CHANNEL_TERMINAL,
        language=common_pb2.LANGUAGE_ZH_CN,
        origin=ORIGIN,
        send_time=timestamp(datetime.now(UTC)),
    )
    made.MergeFrom(form_pb2.Submission(**other))  # type: ignore[arg-type]
    return made


def _value(field: Field, today: date) -> Value | str:
    match field.type:
        case FieldType.TEXT:
            return "conformance".ljust(field.min_length, ".")[: field.longest]
        case FieldType.DIGITS:
            return "1" * max(field.min_length, 1)
        case FieldType.DATE:
            return min(max(field.min_date, today), field.max_date)
        case FieldType.MONEY:
            return max(field.min_fen, 0)
        case FieldType.CHOICE:
            return field.options[0].id
        case FieldType.CHOICES:
            return ",".join(option.id for option in field.options[: max(field.min_length, 1)])
        case FieldType.IDENTITY_NUMBER:
            return applicant()
        case FieldType.PHONE_NUMBER:
            return "13800000000"
        case FieldType.YES_NO:
            return True
    raise AssertionError(field.type)
