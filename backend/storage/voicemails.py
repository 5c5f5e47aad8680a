"""Messages that callers left for a person: cases of `forms/voicemail`, seen from the office."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from huimin.v1 import common_pb2
from sqlalchemy import Connection, select

from backend.storage import attachments, submissions
from backend.storage.cases import END_STATES
from backend.storage.tables import CaseRow
from backend_client.forms.voicemail import CALLBACK, MESSAGE, NAME
from foundation.language import Language


@dataclass(frozen=True, slots=True)
class Voicemail:
    """One message. Its repr shows no number.

    recording: ``attachments/{uuid}``, empty where the caller would not be recorded; origin: the line's name;
    leave_time: by the line's clock; closed: somebody has dealt with it.
    """

    reference: str
    leave_time: datetime
    language: Language
    origin: str
    callback: str = field(repr=False)
    recording: str
    closed: bool


def listed(connection: Connection, *, everything: bool) -> Sequence[Voicemail]:
    """The oldest first. everything: those that were closed too, until they are erased. Raises CannotOpen."""
    statement = (
        select(CaseRow.reference, CaseRow.submission, CaseRow.state)
        .where(CaseRow.form == NAME, CaseRow.erased_time.is_(None))
        .order_by(CaseRow.create_time, CaseRow.reference)
    )
    if not everything:
        statement = statement.where(CaseRow.state.not_in(END_STATES))
    return [_opened(connection, *row) for row in connection.execute(statement).all()]


def one(connection: Connection, reference: str) -> Voicemail | None:
    """The message of a reference; None where there is none, or it was erased. Raises CannotOpen."""
    row = connection.execute(
        select(CaseRow.reference, CaseRow.submission, CaseRow.state).where(
            CaseRow.form == NAME, CaseRow.reference == reference, CaseRow.erased_time.is_(None)
        )
    ).first()
    return None if row is None else _opened(connection, *row)


def sound(connection: Connection, message: Voicemail) -> Iterator[bytes]:
    """Its recording, a WAV file in pieces; nothing where there is none. Raises CannotOpen."""
    return attachments.pieces(connection, message.recording)


def _opened(connection: Connection, reference: str, submission: str, state: int) -> Voicemail:
    message, _ = submissions.opened(connection, submission)
    answers = {answer.field: answer for answer in message.answers}
    callback, recording = answers.get(CALLBACK), answers.get(MESSAGE)
    return Voicemail(
        reference,
        message.send_time.ToDatetime(tzinfo=UTC),
        Language.EN if message.language == common_pb2.LANGUAGE_EN else Language.ZH_CN,
        message.origin,
        callback.phone_number if callback else "",
        recording.recording if recording else "",
        state in END_STATES,
    )
