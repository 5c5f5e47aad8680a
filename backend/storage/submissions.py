"""Submissions: each is kept once, however often it is sent, and becomes one case.

What the resident said lies sealed.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, replace
from datetime import datetime

from huimin.v1 import case_pb2, common_pb2, form_pb2
from sqlalchemy import Connection, insert, select

from backend.appointments import reminding
from backend.notifying.contact import Contact
from backend.storage import appointments, attachments, audit, cases, orders, references
from backend.storage.appointments import Unbooked, Wish
from backend.storage.audit import Actor
from backend.storage.references import Taken
from backend.storage.tables import CaseRow, SubmissionRow
from backend.storage.vault import vault_of
from foundation.language import Language, LocalizedText
from foundation.log import logger

REFERENCE_REPLACED = "REFERENCE_REPLACED"
"""Problem of a deferred submission whose resident was told a reference that another submission has."""
_log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Checked:
    """A submission that may be kept. Its repr shows nothing of it.

    digest: of what was sent; title: the form's; applicant: identity number; attachments: names of the files
    that the answers name; actor: the door through which it came; problems: what is wrong with it, as codes;
    contact: where its resident is told of changes; charge_fen: what it costs, until when it can be paid;
    wish: the slot that it asks for.
    """

    submission: form_pb2.Submission
    digest: bytes
    title: LocalizedText
    applicant: str
    attachments: tuple[str, ...]
    actor: Actor
    problems: tuple[str, ...] = ()
    contact: Contact | None = None
    charge_fen: int = 0
    due_time: datetime | None = None
    wish: Wish | None = None

    def __repr__(self) -> str:
        return f"Checked({self.submission.name}, …)"


class AttachmentMissing(Exception):
    """A file that the answers name has not arrived; `name` says which."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class NotLeased(Exception):
    """The reference of a submission is not one that its door may give."""


class NotBooked(Exception):
    """There is no place for what a submission wants to book; `field` asks for it, `why` says why not."""

    def __init__(self, field: str, why: Unbooked) -> None:
        super().__init__(f"{field}: {why}")
        self.field = field
        self.why = why


@dataclass(frozen=True, slots=True)
class Accepted:
    """A submission that is kept. `same`: it has the content of the one that came now."""

    reference: str
    accept_time: datetime
    same: bool


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


def accepted(connection: Connection, name: str, digest: bytes) -> Accepted | None:
    """What was answered when a submission of that name was kept. digest: of the one that came now."""
    row = (
        connection.execute(
            select(CaseRow.reference, SubmissionRow.accept_time, SubmissionRow.digest)
            .join(CaseRow, CaseRow.submission == SubmissionRow.name)
            .where(SubmissionRow.name == name)
        )
    ).first()
    if row is None:
        return None
    same = not row.digest or hmac.compare_digest(row.digest, _keyed(connection, digest))
    return Accepted(row.reference, row.accept_time, same)


def keep(connection: Connection, checked: Checked, now: datetime) -> Accepted:
    """Keeps a submission, makes its case, gives it its files, and enters it into the audit trail.

    Where a submission of that name is kept already, that one is returned, whatever its content. Raises
    AttachmentMissing; NotLeased and NotBooked, not for a deferred one: that is kept without a place.
    """
    submission = checked.submission
    before = accepted(connection, submission.name, checked.digest)
    if before is not None:
        return before
    reference = _reference(connection, checked, now)
    if submission.reference not in ("", reference):
        # The resident holds the other one; the office sees it beside the submission.
        checked = replace(checked, problems=(*checked.problems, REFERENCE_REPLACED))
    unbooked = _book(connection, checked, now)
    if checked.wish and unbooked:
        checked = replace(checked, problems=(*checked.problems, f"answers.{checked.wish.field}:{unbooked}"))
    _insert(connection, checked, reference, now)
    if checked.wish:
        appointments.add(connection, reference, checked.wish.time, booked=unbooked is None)
        reminding.begin(connection, reference, checked.wish.place, now, checked.actor.request_id)
    for missing in attachments.claim(
        connection, submission.name, checked.attachments, reference, door=checked.actor.door
    ):
        raise AttachmentMissing(missing)
    if checked.charge_fen:
        _owe(connection, checked, reference, now)
    audit.append(connection, checked.actor.did("FormService.CreateSubmission", f"cases/{reference}", now))
    return Accepted(reference, now, True)


def language(connection: Connection, reference: str) -> Language:
    """In which the submission of a case was made; Chinese where it was erased."""
    name = connection.execute(select(CaseRow.submission).where(CaseRow.reference == reference)).scalar()
    sealed = connection.execute(select(SubmissionRow.message).where(SubmissionRow.name == name)).scalar()
    if not sealed or name is None:
        return Language.ZH_CN
    message = form_pb2.Submission.FromString(vault_of(connection).open(sealed, message_place(name)))
    return Language.EN if message.language == common_pb2.LANGUAGE_EN else Language.ZH_CN


def opened(connection: Connection, name: str) -> tuple[form_pb2.Submission, tuple[str, ...]]:
    """A submission that was kept and not erased, and what was wrong with it. Raises CannotOpen."""
    row = connection.execute(
        select(SubmissionRow.message, SubmissionRow.problems).where(SubmissionRow.name == name)
    ).one()
    vault = vault_of(connection)
    problems = "" if row.problems is None else vault.open_text(row.problems, problems_place(name))
    message = form_pb2.Submission.FromString(vault.open(row.message, message_place(name)))
    return message, tuple(problems.split())


def problems(connection: Connection, reference: str) -> tuple[str, ...]:
    """What was wrong with the submission of a case, as codes, where it was kept nevertheless.

    Raises CannotOpen.
    """
    row = connection.execute(
        select(SubmissionRow.name, SubmissionRow.problems)
        .join(CaseRow, CaseRow.submission == SubmissionRow.name)
        .where(CaseRow.reference == reference)
    ).first()
    if row is None or row.problems is None:
        return ()
    return tuple(vault_of(connection).open_text(row.problems, problems_place(row.name)).split())


def _reference(connection: Connection, checked: Checked, now: datetime) -> str:
    """The reference of a submission: its own, or a new one. Raises NotLeased."""
    submission = checked.submission
    if not submission.reference:
        return references.draw(connection, checked.actor.door, submission.name, now)
    match references.take(connection, submission.reference, checked.actor.door, submission.name, now):
        case Taken.LEASED:
            return submission.reference
        case Taken.UNKNOWN if submission.deferred:  # this database was restored from an older copy
            _log.warning("reference_unknown", submission=submission.name, door=checked.actor.door)
            return submission.reference
        case Taken.ANOTHERS if submission.deferred:
            _log.error("reference_replaced", submission=submission.name, door=checked.actor.door)
            return references.draw(connection, checked.actor.door, submission.name, now)
    raise NotLeased


def _owe(connection: Connection, checked: Checked, reference: str, now: datetime) -> None:
    """Makes the order of a case."""
    new = orders.New(
        title=checked.title,
        amount_fen=checked.charge_fen,
        channel=checked.submission.channel,
        due_time=checked.due_time or now,
        reference=reference,
    )
    orders.make(connection, new, checked.actor, now)


def _book(connection: Connection, checked: Checked, now: datetime) -> Unbooked | None:
    """Takes the place that a submission asks for; why there is none. Raises NotBooked."""
    if checked.wish is None:
        return None
    person = vault_of(connection).person(checked.applicant) if checked.applicant else None
    why = appointments.book(connection, checked.wish.time, checked.submission.form, person, now)
    if why and not checked.submission.deferred:
        raise NotBooked(checked.wish.field, why)
    return why


def _insert(connection: Connection, checked: Checked, reference: str, now: datetime) -> None:
    submission, vault = checked.submission, vault_of(connection)
    problems = " ".join(checked.problems)
    connection.execute(
        insert(SubmissionRow).values(
            name=submission.name,
            digest=_keyed(connection, checked.digest),
            accept_time=now,
            message=vault.seal(submission.SerializeToString(), message_place(submission.name)),
            problems=vault.seal_text(problems, problems_place(submission.name)) if problems else None,
            request_id=checked.actor.request_id,
        )
    )
    connection.execute(
        insert(CaseRow).values(
            reference=reference,
            submission=submission.name,
            **cases.seal_applicant(connection, reference, checked.applicant),
            contact=cases.seal_contact(connection, reference, checked.contact),
            form=submission.form,
            form_revision=submission.form_revision,
            title_zh=checked.title.zh_cn,
            title_en=checked.title.en,
            channel=submission.channel,
            state=case_pb2.CASE_STATE_RECEIVED,
            create_time=now,
            update_time=now,
        )
    )
    received = cases.Event(case_pb2.CASE_STATE_RECEIVED, now, "")
    request_id = checked.actor.request_id
    cases.add_event(connection, reference, received, told="case_received", request_id=request_id)


def _keyed(connection: Connection, digest: bytes) -> bytes:
    """A digest as it is kept: from a plain one, answers could be guessed."""
    return vault_of(connection).index(digest.hex(), "submissions.digest")


def message_place(name: str) -> str:
    """For which a message is sealed."""
    return f"submissions.message {name}"


def problems_place(name: str) -> str:
    """For which problems are sealed."""
    return f"submissions.problems {name}"
