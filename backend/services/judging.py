"""What is made of a submission before it is kept. Pure.

One whose resident stands at the door is refused where anything is wrong with it, and the resident mends it.
A deferred one, whose resident holds the reference and is gone, is kept as it came, with what is wrong as
codes for the office, such as ``answers.money:TOO_LARGE`` or FORM_CHANGED.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import grpc
from huimin.v1 import form_pb2

from backend.notifying.contact import Contact, contact_of
from backend.rpc.refusal import Refusal, not_found
from backend.services.answers import checked, recordings
from backend_client.forms.charge import bill_for
from backend_client.forms.form import Form
from backend_client.forms.identity_number import IdentityNumberError, check_identity_number
from backend_client.forms.wire import answer_to_proto
from foundation.language import LocalizedText

FORM_CHANGED = "FORM_CHANGED"
FORM_UNKNOWN = "FORM_UNKNOWN"


@dataclass(frozen=True, slots=True)
class Judged:
    """A submission that may be kept. Its repr shows nothing of it.

    submission: with its answers as they are to be kept; title: the form's; applicant: identity number, empty
    where none can be made out; files: names of those that the answers name; contact: where the resident is
    told of changes; charge_fen: what it costs, 0 where that is nothing or cannot be told;
    form: by which it was judged.
    """

    submission: form_pb2.Submission
    title: LocalizedText
    applicant: str
    files: tuple[str, ...]
    problems: tuple[str, ...] = ()
    contact: Contact | None = None
    charge_fen: int = 0
    form: Form | None = None

    def __repr__(self) -> str:
        return f"Judged({self.submission.name}, …)"


def judge(
    submission: form_pb2.Submission, answered: Form | None, current: Form | None, today: date
) -> Judged:
    """What is to be kept.

    answered: the revision of the form that was filled in, where it may be used still; current: the one that
    is filled in now, None where the form is gone. Raises Refusal.
    """
    if not submission.deferred:
        if answered is None:
            raise _changed() if current is not None else not_found(FORM_UNKNOWN, "form")
        return _right(submission, answered, today)
    problems = []
    if answered is None:
        problems.append(FORM_UNKNOWN if current is None else FORM_CHANGED)
    form = answered or current
    if form is None:
        return _as_it_came(submission, None, problems)
    try:
        judged = _right(submission, form, today)
    except Refusal as refusal:
        problems += [f"{wrong.field}:{wrong.reason}" for wrong in refusal.violations]
        return _as_it_came(submission, form, problems)
    return replace(judged, problems=tuple(problems))


def _right(submission: form_pb2.Submission, form: Form, today: date) -> Judged:
    """With its answers as the form's rules make them. Raises Refusal."""
    values = checked(form, submission.answers, today)
    kept = _copy(submission)
    del kept.answers[:]
    kept.answers.extend(answer_to_proto(form.field(name), value) for name, value in values.items())
    applicant, files = str(values.get(form.applicant_field, "")), recordings(values)
    bill = bill_for(form, values)
    charge_fen = bill.total_fen if bill else 0
    contact = contact_of(form, kept)
    return Judged(kept, form.title, applicant, files, contact=contact, charge_fen=charge_fen, form=form)


def _as_it_came(submission: form_pb2.Submission, form: Form | None, problems: list[str]) -> Judged:
    """With its answers untouched."""
    kept = _copy(submission)
    applicant = next(
        (answer.identity_number for answer in kept.answers if form and answer.field == form.applicant_field),
        next((answer.identity_number for answer in kept.answers if answer.identity_number), ""),
    )
    files = tuple(answer.recording for answer in kept.answers if answer.WhichOneof("value") == "recording")
    title = form.title if form else LocalizedText(submission.form, submission.form)
    contact = contact_of(form, kept)
    return Judged(kept, title, _as_on_a_card(applicant), files, tuple(problems), contact, form=form)


def _as_on_a_card(number: str) -> str:
    """An identity number by which its holder is found; what is none stays as it came."""
    try:
        return check_identity_number(number)
    except IdentityNumberError:
        return number


def _copy(submission: form_pb2.Submission) -> form_pb2.Submission:
    copy = form_pb2.Submission()
    copy.CopyFrom(submission)
    copy.DiscardUnknownFields()
    return copy


def _changed() -> Refusal:
    return Refusal(
        grpc.StatusCode.FAILED_PRECONDITION,
        FORM_CHANGED,
        "The form has changed: get it again, and let the resident look over the answers.",
    )
