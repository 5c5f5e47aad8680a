"""Demonstration residents and what they send."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from google.type.date_pb2 import Date
from huimin.v1 import common_pb2, form_pb2

from backend.clock import timestamp
from backend_client.forms.identity_number import check_character


def resident(number: int) -> str:
    """The identity number of a demonstration resident: right by its check digit, of nobody."""
    body = f"11010119000101{number:03}"
    return body + check_character(body)


RESIDENT = resident(0)


def submission_name() -> str:
    return f"submissions/{uuid.uuid4()}"


def answers(**changes: form_pb2.Answer | None) -> list[form_pb2.Answer]:
    """Right answers to forms/everything; a change replaces one, None leaves it out."""
    right = {
        "full_name": form_pb2.Answer(text="示范居民"),
        "sex": form_pb2.Answer(choice="female"),
        "identity_number": form_pb2.Answer(identity_number=RESIDENT),
        "phone": form_pb2.Answer(phone_number="13800000000"),
        "licence": form_pb2.Answer(digits="001234"),
        "start": form_pb2.Answer(date=Date(year=2026, month=12, day=31)),
        "amount": form_pb2.Answer(money_fen=1050),
        "goods": form_pb2.Answer(choices=form_pb2.Choices(options=["grain", "fruit"])),
        "neighbours_agree": form_pb2.Answer(yes_no=False),
    }
    given = {**right, **changes}
    for field, answer in given.items():
        if answer is not None:
            answer.field = field
    return [answer for answer in given.values() if answer is not None]


def submission(
    form: form_pb2.Form, name: str = "", given: list[form_pb2.Answer] | None = None
) -> form_pb2.Submission:
    """A submission of that form, which is right where the answers are."""
    return form_pb2.Submission(
        name=name or submission_name(),
        form=form.name,
        form_revision=form.revision,
        answers=answers() if given is None else given,
        channel=common_pb2.CHANNEL_TERMINAL,
        language=common_pb2.LANGUAGE_ZH_CN,
        origin="terminal-1",
        send_time=timestamp(datetime.now(UTC)),
    )
