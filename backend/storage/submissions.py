"""Submissions: each is kept once, however often it is sent, and becomes one case."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime

from huimin.v1 import case_pb2, form_pb2
from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from backend.storage import cases, references
from backend.storage.database import Database
from backend.storage.references import Taken
from backend.storage.tables import AttachmentRow, CaseRow, SubmissionRow
from foundation.language import LocalizedText
from foundation.log import logger

REFERENCE_REPLACED = "REFERENCE_REPLACED"
"""Problem of a deferred submission whose resident was told a reference that another submission has."""
_log = logger(__name__)

_ATTEMPTS = 5
"""A reference is taken already once in 10^10; another backend may store the same submission first."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A submission that may be kept. Its repr shows nothing of it.

    digest: of what was sent; title: the form's; applicant: identity number; attachments: names of the files
    that the answers name; problems: what is wrong with it, as codes; door: through which it came.
    """

    submission: form_pb2.Submission
    digest: bytes
    title: LocalizedText
    applicant: str
    attachments: tuple[str, ...]
    problems: tuple[str, ...] = ()
    door: str = ""

    def __repr__(self) -> str:
        return f"Checked({self.submission.name}, …)"


class NotLeased(Exception):
    """The reference of a submission is not one that its door may give."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """A submission that is kept. `digest` tells whether another one has the same content."""

    reference: str
    accept_time: datetime
    digest: bytes


def digest(submission: form_pb2.Submission) -> bytes:
    """SHA-256 of what a resident said: the form and the answers in the order of their fields.

    Not of the revision, the clock, the door and the language: a repeat may differ in these.
    """
    said = form_pb2.Submission(
        name=submission.name,
        form=submission.form,
        answers=sorted(submission.answers, key=lambda answer: answer.field),
    )
    said.DiscardUnknownFields()
    return hashlib.sha256(said.SerializeToString(deterministic=True)).digest()


def accepted(connection: Connection, name: str) -> Accepted | None:
    """What was answered when a submission of that name was kept."""
    row = (
        connection.execute(
            select(CaseRow.reference, SubmissionRow.accept_time, SubmissionRow.digest)
            .join(CaseRow, CaseRow.submission == SubmissionRow.name)
            .where(SubmissionRow.name == name)
        )
    ).first()
    return None if row is None else Accepted(row.reference, row.accept_time, row.digest)


async def keep(database: Database, checked: Checked, now: datetime) -> Accepted:
    """Keeps a submission and makes its case, in one transaction; it is on the disk afterwards.

    Where a submission of that name is kept already, that one is returned, whatever its content. Raises
    NotLeased, not for a deferred one.
    """
    for attempt in range(_ATTEMPTS):
        try:
            return await database.write(_keep, checked, now)
        except IntegrityError:
            if attempt == _ATTEMPTS - 1:
                raise
    raise AssertionError("unreachable")


def _keep(connection: Connection, checked: Checked, now: datetime) -> Accepted:
    before = accepted(connection, checked.submission.name)
    if before is not None:
        return before
    reference = _reference(connection, checked, now)
    if checked.submission.reference not in ("", reference):
        # The resident holds the other one; the office sees it beside the submission.
        checked = replace(checked, problems=(*checked.problems, REFERENCE_REPLACED))
    _insert(connection, checked, reference, now)
    return Accepted(reference, now, checked.digest)


def _reference(connection: Connection, checked: Checked, now: datetime) -> str:
    """The reference of a submission: its own, or a new one. Raises NotLeased."""
    submission = checked.submission
    if not submission.reference:
        return references.draw(connection, checked.door, submission.name, now)
    match references.take(connection, submission.reference, checked.door, submission.name, now):
        case Taken.LEASED:
            return submission.reference
        case Taken.UNKNOWN if submission.deferred:  # this database was restored from an older copy
            _log.warning("reference_unknown", submission=submission.name, door=checked.door)
            return submission.reference
        case Taken.ANOTHERS if submission.deferred:
            _log.error("reference_replaced", submission=submission.name, door=checked.door)
            return references.draw(connection, checked.door, submission.name, now)
    raise NotLeased


def _insert(connection: Connection, checked: Checked, reference: str, now: datetime) -> None:
    submission = checked.submission
    connection.execute(
        insert(SubmissionRow).values(
            name=submission.name,
            digest=checked.digest,
            accept_time=now,
            message=submission.SerializeToString(),
            problems=" ".join(checked.problems) or None,
        )
    )
    connection.execute(
        insert(CaseRow).values(
            reference=reference,
            submission=submission.name,
            applicant=checked.applicant,
            form=submission.form,
            title_zh=checked.title.zh_cn,
            title_en=checked.title.en,
            channel=submission.channel,
            state=case_pb2.CASE_STATE_RECEIVED,
            create_time=now,
            update_time=now,
        )
    )
    cases.add_event(connection, reference, cases.Event(case_pb2.CASE_STATE_RECEIVED, now, ""))
    if checked.attachments:
        connection.execute(
            update(AttachmentRow)
            .where(AttachmentRow.name.in_(checked.attachments))
            .values(reference=reference)
        )
