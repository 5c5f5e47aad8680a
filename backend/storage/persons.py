"""One person: everything that is held on them, and its erasure.

A person is found by the number under which they applied. What somebody else wrote of them, in their own
application, belongs to that application and is not looked through.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from huimin.v1 import form_pb2
from sqlalchemy import Connection, delete, select

from backend.storage import (
    attachments,
    audit,
    cases,
    forms,
    messages,
    orders,
    public_cases,
    replies,
    retention,
    submissions,
)
from backend.storage.audit import Actor, Entry, Kept
from backend.storage.cases import END_STATES, Case
from backend.storage.tables import AttachmentRow, CaseRow, SessionRow, SubmissionRow
from backend.storage.vault import vault_of
from backend_client.forms.form import Form

EXPORT = "person export"
ERASE = "person erase"


@dataclass(frozen=True, slots=True)
class HeldFile:
    """A file of a submission."""

    name: str
    media_type: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class HeldCase:
    """A case with all that is held on it. Its repr shows no more than the reference.

    form: the revision that was answered, None where the backend does not have it; problems: as in
    `submissions.Checked`.
    """

    case: Case
    submission: form_pb2.Submission
    form: Form | None
    problems: tuple[str, ...]
    files: tuple[HeldFile, ...]
    answered: replies.Answered
    public: public_cases.Texts | None
    """What the office has made public of it."""
    messages: tuple[messages.Kept, ...]
    """What was sent to the applicant about it."""
    order: orders.Order | None
    """What it cost."""

    def __repr__(self) -> str:
        return f"HeldCase({self.case.reference}, …)"


@dataclass(frozen=True, slots=True)
class Held:
    """All that is held on a person. `trail`: who read or changed it, and when. Its repr shows nothing."""

    cases: tuple[HeldCase, ...]
    trail: tuple[Kept, ...]

    def __repr__(self) -> str:
        return f"Held({len(self.cases)} cases, …)"


class OpenCases(Exception):
    """Some cases of the person are still open; their references."""

    def __init__(self, references: Sequence[str]) -> None:
        super().__init__(f"{len(references)} open cases")
        self.references = references


def held(connection: Connection, number: str, actor: Actor, now: datetime) -> Held:
    """Everything on a person; that it was asked for is entered into the audit trail.

    number: citizen identity number.
    """
    person = vault_of(connection).person(number)
    references = _references(connection, person)
    found = tuple(_case(connection, reference) for reference in references)
    objects = [f"{kind}/{reference}" for reference in references for kind in ("cases", "orders")]
    objects += [file.name for one in found for file in one.files]
    trail: list[Kept] = []
    while some := audit.entries(
        connection, objects=objects, person=person, after=trail[-1].number if trail else 0
    ):
        trail += some
    audit.append(connection, *_asked(references, EXPORT, actor, now))
    return Held(found, tuple(trail))


def file_pieces(connection: Connection, name: str) -> Iterator[bytes]:
    """The bytes of a file, in order. Raises CannotOpen."""
    return attachments.pieces(connection, name)


def erase(
    connection: Connection, number: str, actor: Actor, now: datetime, *, with_open: bool = False
) -> int:
    """Erases all cases of a person, and their sessions; how many cases. Raises OpenCases."""
    person = vault_of(connection).person(number)
    references = _references(connection, person)
    still_open = connection.execute(
        select(CaseRow.reference).where(CaseRow.person == person, CaseRow.state.not_in(END_STATES))
    ).scalars()
    if not with_open and (found := sorted(still_open)):
        raise OpenCases(found)
    connection.execute(delete(SessionRow).where(SessionRow.person == person))
    if references:
        retention.erase(connection, references, actor, ERASE, now)
    else:
        audit.append(connection, *_asked(references, ERASE, actor, now))
    return len(references)


def _references(connection: Connection, person: bytes) -> list[str]:
    """The cases of a person, the oldest first."""
    found = connection.execute(
        select(CaseRow.reference)
        .where(CaseRow.person == person)
        .order_by(CaseRow.create_time, CaseRow.reference)
        .with_for_update()
    )
    return list(found.scalars())


def _case(connection: Connection, reference: str) -> HeldCase:
    case = cases.one(connection, reference)
    assert case is not None
    row = connection.execute(
        select(SubmissionRow.name)
        .join(CaseRow, CaseRow.submission == SubmissionRow.name)
        .where(CaseRow.reference == reference)
    ).one()
    submission, problems = submissions.opened(connection, row.name)
    files = connection.execute(
        select(AttachmentRow.name, AttachmentRow.media_type, AttachmentRow.size_bytes)
        .where((AttachmentRow.submission == row.name) | (AttachmentRow.reference == reference))
        .order_by(AttachmentRow.name)
    )
    form = forms.any_revision(connection, submission.form, submission.form_revision)
    return HeldCase(
        case,
        submission,
        form,
        problems,
        tuple(HeldFile(*file) for file in files),
        replies.of(connection, reference),
        public_cases.texts(connection, reference),
        tuple(messages.of_cases(connection, [reference])),
        orders.one(connection, reference),
    )


def _asked(references: Sequence[str], action: str, actor: Actor, now: datetime) -> list[Entry]:
    """One entry a case; where there are none, one all the same, for it was asked."""
    objects = [f"cases/{reference}" for reference in references] or ["persons"]
    return [actor.did(action, one, now) for one in objects]
