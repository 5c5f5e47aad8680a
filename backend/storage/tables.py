"""The tables. `migrations/` makes them; a test compares the two.

Moments are microseconds since 1970 in UTC, exact and in order on every database. What the contract sends is
kept as its bytes, beside the columns by which it is found.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import (
    BigInteger,
    Dialect,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def microseconds(moment: datetime) -> int:
    """Since 1970."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


class Moment(TypeDecorator[datetime]):
    """An aware datetime as microseconds since 1970."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """To the database."""
        return None if value is None else microseconds(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """From the database, UTC."""
        return None if value is None else _EPOCH + timedelta(microseconds=value)


class Table(DeclarativeBase):
    """Base of all tables."""

    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
        }
    )
    type_annotation_map = {datetime: Moment(), str: String(), bytes: LargeBinary()}  # noqa: RUF012


class PublicationRow(Table):
    """One state of the content. In force is the one with the latest `publish_time` that has come.

    content: all of it but the policies (`authoring.packing`); publish_time: None while it is being written;
    from_start: a backend published it when it started.
    """

    __tablename__ = "publications"
    __table_args__ = (Index(None, "publish_time", "number"),)

    number: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str]
    content: Mapped[bytes]
    publish_time: Mapped[datetime | None]
    create_time: Mapped[datetime]
    author: Mapped[str]
    note: Mapped[str]
    from_start: Mapped[bool]


class PolicyText(Table):
    """One wording of one policy, never changed. `number` stands for it, in the search index too."""

    __tablename__ = "policy_texts"

    number: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[bytes] = mapped_column(unique=True)
    """SHA-256 of the message."""
    message: Mapped[bytes]


class PublishedPolicy(Table):
    """Which wording of a policy belongs to a publication."""

    __tablename__ = "published_policies"
    __table_args__ = (
        Index(None, "publication", "issue_date", "name"),
        Index(None, "publication", "topic", "issue_date", "name"),
    )

    publication: Mapped[int] = mapped_column(ForeignKey("publications.number"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(ForeignKey("policy_texts.number"))
    topic: Mapped[str]
    issue_date: Mapped[date]


class FormRevision(Table):
    """A form as it was published once. `retire_time` is when another revision took its place.

    `retention_days`: so long personal data is kept after the end of a case that was made with it.
    `public_field`: the yes-or-no question by which a resident consents to publication; empty where there is
    none.
    """

    __tablename__ = "form_revisions"

    form: Mapped[str] = mapped_column(primary_key=True)
    revision: Mapped[str] = mapped_column(primary_key=True)
    message: Mapped[bytes]
    retire_time: Mapped[datetime | None]
    retention_days: Mapped[int] = mapped_column(default=1095)
    public_field: Mapped[str] = mapped_column(default="")


class SubmissionRow(Table):
    """What a resident sent, with its answers as they were checked; empty once it was erased.

    `message` and `problems` are sealed, `digest` is a keyed hash that tells other answers. `problems` is what
    was wrong with a deferred one, for the office: codes with a space between, such as
    ``answers.money:TOO_LARGE``; None where nothing was. `request_id` is of the touch or key that sent it.
    """

    __tablename__ = "submissions"

    name: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[bytes]
    accept_time: Mapped[datetime]
    message: Mapped[bytes]
    problems: Mapped[bytes | None]
    request_id: Mapped[str]


class CaseRow(Table):
    """What the office makes of a submission.

    `applicant` is the citizen identity number, sealed; `person` its keyed hash, by which it is found. Both
    are None where a deferred submission named none, and once the case was erased. `contact` is where the
    applicant is told of changes (`backend.notifying.contact`), sealed; None where he is not, and once the
    case was erased. `erase_time` is when that is due, None while the case is open; `erased_time` when it was
    done.
    """

    __tablename__ = "cases"
    __table_args__ = (Index(None, "person", "create_time", "reference"), Index(None, "erase_time"))

    reference: Mapped[str] = mapped_column(primary_key=True)
    submission: Mapped[str] = mapped_column(ForeignKey("submissions.name"), unique=True)
    applicant: Mapped[bytes | None]
    person: Mapped[bytes | None]
    contact: Mapped[bytes | None]
    form: Mapped[str]
    form_revision: Mapped[str]
    title_zh: Mapped[str]
    title_en: Mapped[str]
    channel: Mapped[int]
    state: Mapped[int]
    create_time: Mapped[datetime]
    update_time: Mapped[datetime]
    erase_time: Mapped[datetime | None]
    erased_time: Mapped[datetime | None]


class CaseEventRow(Table):
    """One change of a case. `note` is sealed, None where nothing was noted."""

    __tablename__ = "case_events"
    __table_args__ = (Index(None, "reference", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(ForeignKey("cases.reference"))
    state: Mapped[int]
    event_time: Mapped[datetime]
    note: Mapped[bytes | None]


class AttachmentRow(Table):
    """A file, or how much of it has arrived. `door` is who sends it; `update_time` when it last sent.

    `reference` is the case's whose submission names it, None until one does.
    """

    __tablename__ = "attachments"
    __table_args__ = (
        Index(None, "submission"),
        Index(None, "reference", "create_time"),
        Index(None, "door", "reference"),
    )

    name: Mapped[str] = mapped_column(primary_key=True)
    submission: Mapped[str]
    door: Mapped[str]
    media_type: Mapped[str]
    size_bytes: Mapped[int]
    received_bytes: Mapped[int]
    sha256: Mapped[bytes]
    create_time: Mapped[datetime]
    update_time: Mapped[datetime]
    reference: Mapped[str | None] = mapped_column(ForeignKey("cases.reference"))


class AttachmentChunkRow(Table):
    """A piece of a file, sealed, which begins at byte `start`."""

    __tablename__ = "attachment_chunks"

    name: Mapped[str] = mapped_column(ForeignKey("attachments.name", ondelete="CASCADE"), primary_key=True)
    start: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sealed: Mapped[bytes]


class SessionRow(Table):
    """What a token opens: one case, or the cases of one person, by keyed hash. The token is not kept.

    `kind` is a number of `huimin.v1.CredentialKind`; the token is good through `door` only. `holder` is the
    citizen identity number of a card, sealed, by which lookups ask about its holder; None without a card.
    """

    __tablename__ = "sessions"
    __table_args__ = (Index(None, "expire_time"),)

    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    expire_time: Mapped[datetime]
    kind: Mapped[int]
    door: Mapped[str]
    reference: Mapped[str | None]
    person: Mapped[bytes | None]
    holder: Mapped[bytes | None]


class WrongTries(Table):
    """How often somebody guessed wrong, at one of the things in `backend.storage.tries`.

    `subject` is a keyed hash; `count` is since `since_time` or the last time that it was closed, `closures`
    is how often it was closed in a row.
    """

    __tablename__ = "wrong_tries"
    __table_args__ = (Index(None, "last_time"),)

    scope: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[bytes] = mapped_column(primary_key=True)
    count: Mapped[int]
    since_time: Mapped[datetime]
    last_time: Mapped[datetime]
    closures: Mapped[int]
    closed_until: Mapped[datetime | None]


class CaseCode(Table):
    """The code by which one case is opened once, as a keyed hash."""

    __tablename__ = "case_codes"
    __table_args__ = (Index(None, "expire_time"),)

    reference: Mapped[str] = mapped_column(ForeignKey("cases.reference"), primary_key=True)
    code_hash: Mapped[bytes]
    expire_time: Mapped[datetime]


class AuditEntryRow(Table):
    """Who did what and when; see `backend.storage.audit`. Entries are never changed nor removed."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index(None, "object", "number"),
        Index(None, "person", "number"),
        Index(None, "time"),
    )

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    time: Mapped[datetime]
    door: Mapped[str]
    credential: Mapped[str]
    person: Mapped[bytes | None]
    action: Mapped[str]
    object: Mapped[str]
    outcome: Mapped[str]
    request_id: Mapped[str]
    previous: Mapped[bytes]
    hash: Mapped[bytes]


class AuditHead(Table):
    """Where the audit trail ends; one row, locked by whoever appends."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[bytes]


class DoorRow(Table):
    """A terminal or a phone line. Certificates made before `revoke_time` open nothing, unless recorded."""

    __tablename__ = "doors"

    name: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[int]
    state: Mapped[int]
    create_time: Mapped[datetime]
    revoke_time: Mapped[datetime | None]
    last_seen: Mapped[datetime | None]


class DoorCodeRow(Table):
    """A one-time code. `key_hash` is of the key that used it, which may ask again."""

    __tablename__ = "door_codes"
    __table_args__ = (Index(None, "door"), Index(None, "expire_time"))

    code_hash: Mapped[bytes] = mapped_column(primary_key=True)
    door: Mapped[str] = mapped_column(ForeignKey("doors.name"))
    expire_time: Mapped[datetime]
    used_time: Mapped[datetime | None]
    key_hash: Mapped[bytes | None]


class DoorCertificateRow(Table):
    """A certificate that was issued here and opens its door. `serial` is hexadecimal."""

    __tablename__ = "door_certificates"
    __table_args__ = (Index(None, "door"), Index(None, "expire_time"))

    serial: Mapped[str] = mapped_column(primary_key=True)
    door: Mapped[str] = mapped_column(ForeignKey("doors.name"))
    expire_time: Mapped[datetime]


class KeyCheck(Table):
    """A known value, sealed and as its index, one row: tells other keys before they do harm."""

    __tablename__ = "key_check"

    id: Mapped[int] = mapped_column(primary_key=True)
    sealed: Mapped[bytes]
    found: Mapped[bytes]


class ReferenceLease(Table):
    """A reference, and whom it was given to. `submission` is the one that has it, None until one does.

    `request_id` is the door's name for the request by which it came, or empty.
    """

    __tablename__ = "reference_leases"
    __table_args__ = (Index(None, "door", "submission", "lease_time"), Index(None, "request_id"))

    reference: Mapped[str] = mapped_column(primary_key=True)
    door: Mapped[str]
    request_id: Mapped[str]
    lease_time: Mapped[datetime]
    submission: Mapped[str | None]


class MessageRow(Table):
    """What goes out to a resident by SMS or e-mail; see `backend.storage.messages`.

    `name` is a UUID. `due_time` is when it is to be tried, and while a backend is at it, when the others may
    take it over. `recipient` and `text` are sealed, None once they were wiped. `reference` is of the case
    with which it is erased, None where there is none.
    """

    __tablename__ = "messages"
    __table_args__ = (Index(None, "state", "due_time"), Index(None, "reference"), Index(None, "end_time"))

    name: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    channel: Mapped[str]
    recipient: Mapped[bytes | None]
    kind: Mapped[str]
    language: Mapped[str]
    text: Mapped[bytes | None]
    urgent: Mapped[bool]
    state: Mapped[str]
    attempts: Mapped[int]
    problem: Mapped[str]
    create_time: Mapped[datetime]
    due_time: Mapped[datetime]
    expire_time: Mapped[datetime | None]
    end_time: Mapped[datetime | None]
    reference: Mapped[str | None]
    request_id: Mapped[str]


class RatingRow(Table):
    """How satisfied somebody was; see `backend.storage.ratings`.

    `name` and `matter` are keyed hashes: what a sender repeats is known again, and a matter that was rated.
    `day` is the county's: nothing here tells who rated, or after which application.
    """

    __tablename__ = "ratings"
    __table_args__ = (Index(None, "day", "service"),)

    name: Mapped[bytes] = mapped_column(primary_key=True)
    matter: Mapped[bytes] = mapped_column(unique=True)
    service: Mapped[str]
    channel: Mapped[int]
    satisfaction: Mapped[int]
    day: Mapped[date]


class RatingCaseRow(Table):
    """What somebody was dissatisfied with, for the office to look into and to answer by `due_day`.

    `reference` is of the case that was rated, None where none was, or it was erased. `reason` and `answer`
    are sealed; `recording` is an attachment's name. `erase_time` is set once it was answered.
    """

    __tablename__ = "rating_cases"
    __table_args__ = (Index(None, "answer_time", "due_day"), Index(None, "reference"))

    number: Mapped[int] = mapped_column(primary_key=True)
    service: Mapped[str]
    channel: Mapped[int]
    satisfaction: Mapped[int]
    create_time: Mapped[datetime]
    due_day: Mapped[date]
    reference: Mapped[str | None]
    reason: Mapped[bytes | None]
    recording: Mapped[str | None] = mapped_column(unique=True)
    answer: Mapped[bytes | None]
    answer_time: Mapped[datetime | None]
    erase_time: Mapped[datetime | None]


class CaseReplyRow(Table):
    """What the office replied to a case. `text` is sealed, None once the case was erased."""

    __tablename__ = "case_replies"
    __table_args__ = (Index(None, "reference", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(ForeignKey("cases.reference"))
    text: Mapped[bytes | None]
    reply_time: Mapped[datetime]


class CaseReopeningRow(Table):
    """That a case was opened again, which can be once. `name` is the sender's; `reason` is sealed, None where
    it was spoken, as the attachment `recording`, and once the case was erased."""

    __tablename__ = "case_reopenings"

    reference: Mapped[str] = mapped_column(ForeignKey("cases.reference"), primary_key=True)
    name: Mapped[str]
    reason: Mapped[bytes | None]
    recording: Mapped[str | None]
    reopen_time: Mapped[datetime]
    due_day: Mapped[date]


class PublicCaseRow(Table):
    """What the office made public of a case, anonymised; not sealed, because everybody may read it.

    `only` is a number of `huimin.v1.Language` where all texts are in that one, else 0.
    """

    __tablename__ = "public_cases"
    __table_args__ = (Index(None, "publish_time", "name"),)

    name: Mapped[str] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(ForeignKey("cases.reference"), unique=True)
    title_zh: Mapped[str]
    title_en: Mapped[str]
    summary_zh: Mapped[str]
    summary_en: Mapped[str]
    reply_zh: Mapped[str]
    reply_en: Mapped[str]
    only: Mapped[int]
    publish_time: Mapped[datetime]


class OrderRow(Table):
    """What somebody owes; see `backend.storage.orders`. It holds no personal data.

    subject: keyed hash of what is paid, for an order of no case; None for a case's and once the money was
    given back. request: keyed hash of door and name of the request that made it. `state` is a number of
    `huimin.v1.OrderState`. paid_by: number of the attempt that paid it. closed_for_good: it is not to be paid
    any more, such as after the office gave the money back.
    """

    __tablename__ = "orders"
    __table_args__ = (Index(None, "state"), Index(None, "create_time", "reference"))

    reference: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[bytes | None] = mapped_column(unique=True)
    request: Mapped[bytes | None] = mapped_column(unique=True)
    door: Mapped[str]
    channel: Mapped[int]
    title_zh: Mapped[str]
    title_en: Mapped[str]
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[int]
    create_time: Mapped[datetime]
    update_time: Mapped[datetime]
    due_time: Mapped[datetime]
    pay_time: Mapped[datetime | None]
    paid_by: Mapped[str | None]
    closed_for_good: Mapped[bool]


class AttemptRow(Table):
    """One try to pay an order, which is one transaction at the gateway; `number` is its name there.

    `state` is one of `backend.storage.attempts.State`. code: what the QR code holds, empty before the gateway
    gave it. closing: it is to be closed at the gateway. look_time: when a worker looks at it next, None where
    it need not; looks: how often it did in this state. transaction: the gateway's own number, empty before it
    is paid. problem: why somebody of the office has to look at it, as a code. reason: why the money is given
    back, as a code; back_time: when it was.
    """

    __tablename__ = "payment_attempts"
    __table_args__ = (
        Index(None, "reference", "create_time"),
        Index(None, "look_time"),
        Index(None, "pay_time"),
    )

    number: Mapped[str] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(ForeignKey("orders.reference"))
    gateway: Mapped[str]
    demonstration: Mapped[bool]
    state: Mapped[str]
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    code: Mapped[str]
    create_time: Mapped[datetime]
    expire_time: Mapped[datetime]
    closing: Mapped[bool]
    look_time: Mapped[datetime | None]
    looks: Mapped[int]
    pay_time: Mapped[datetime | None]
    paid_fen: Mapped[int] = mapped_column(BigInteger)
    transaction: Mapped[str]
    problem: Mapped[str]
    reason: Mapped[str]
    back_time: Mapped[datetime | None]


class OrderEventRow(Table):
    """One change of an order or of an attempt; `what` is a code, such as ``paid`` or ``late``."""

    __tablename__ = "order_events"
    __table_args__ = (Index(None, "reference", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(ForeignKey("orders.reference"))
    number: Mapped[str | None]
    state: Mapped[int]
    what: Mapped[str]
    event_time: Mapped[datetime]


class AlertRow(Table):
    """A CAP message from a source that is trusted; see `backend.storage.alerts`. Never removed.

    `document` is what was signed, as it came, `digest` its SHA-256; `alert` the `huimin.v1.Alert` that the
    doors are told, None where it does not go out. `state` and `reason` are those of
    `backend.alerts.deciding`; `end_time` is when it was superseded, cancelled or withdrawn.
    """

    __tablename__ = "alerts"
    __table_args__ = (Index(None, "state", "expire_time"), Index(None, "receive_time"))

    name: Mapped[str] = mapped_column(primary_key=True)
    sender: Mapped[str]
    identifier: Mapped[str]
    sent_time: Mapped[datetime]
    status: Mapped[str]
    msg_type: Mapped[str]
    state: Mapped[str]
    reason: Mapped[str]
    headline: Mapped[str]
    digest: Mapped[bytes]
    document: Mapped[bytes]
    alert: Mapped[bytes | None]
    effective_time: Mapped[datetime | None]
    expire_time: Mapped[datetime | None]
    receive_time: Mapped[datetime]
    end_time: Mapped[datetime | None]


class AlertReference(Table):
    """That a message takes the place of another, or withdraws it; the other may come later or never."""

    __tablename__ = "alert_references"

    name: Mapped[str] = mapped_column(primary_key=True)
    """Of the message that is referred to."""
    by: Mapped[str] = mapped_column(ForeignKey("alerts.name"), primary_key=True)
    sent_time: Mapped[datetime]
    """Of the one that refers to it."""


class AlertAcknowledgementRow(Table):
    """What became of an alert at one terminal or line. Times are the first; counts are of all."""

    __tablename__ = "alert_acknowledgements"

    name: Mapped[str] = mapped_column(ForeignKey("alerts.name"), primary_key=True)
    door: Mapped[str] = mapped_column(primary_key=True)
    origin: Mapped[str] = mapped_column(primary_key=True)
    receive_time: Mapped[datetime | None]
    show_time: Mapped[datetime | None]
    speak_time: Mapped[datetime | None]
    spoken: Mapped[int]
    understand_time: Mapped[datetime | None]
    understood: Mapped[int]


class SlotRow(Table):
    """How many places of a slot are taken; made when the first is. `counters` is an identifier."""

    __tablename__ = "slots"

    counters: Mapped[str] = mapped_column(primary_key=True)
    start_time: Mapped[datetime] = mapped_column(primary_key=True)
    taken: Mapped[int]


class AppointmentRow(Table):
    """When a case is to be at the counters. `state` is a number of `huimin.v1.AppointmentState`.

    It holds a place of its slot while it is BOOKED, CHECKED_IN, KEPT or MISSED.
    """

    __tablename__ = "appointments"
    __table_args__ = (Index(None, "counters", "start_time"), Index(None, "state", "start_time"))

    reference: Mapped[str] = mapped_column(ForeignKey("cases.reference"), primary_key=True)
    counters: Mapped[str]
    start_time: Mapped[datetime]
    minutes: Mapped[int]
    state: Mapped[int]


class TicketRow(Table):
    """A number of the queue of one day. `name` is of the request, so that one asks for one ticket.

    `state` is one of `backend.storage.tickets.State`; `first` is set where an appointment goes before others;
    `window` is the counter that called it, `call_time` when it did last, `calls` how often.
    """

    __tablename__ = "tickets"
    __table_args__ = (
        Index(None, "counters", "day", "state"),
        UniqueConstraint("counters", "day", "letter", "number"),
        Index(None, "reference"),
    )

    name: Mapped[str] = mapped_column(primary_key=True)
    counters: Mapped[str]
    day: Mapped[date]
    letter: Mapped[str]
    number: Mapped[int]
    first: Mapped[bool]
    service: Mapped[str]
    reference: Mapped[str | None] = mapped_column(ForeignKey("cases.reference"))
    state: Mapped[int]
    issue_time: Mapped[datetime]
    window: Mapped[int | None]
    calls: Mapped[int]
    call_time: Mapped[datetime | None]
    end_time: Mapped[datetime | None]


class TicketCount(Table):
    """The last number that was given out of a letter on a day."""

    __tablename__ = "ticket_counts"

    counters: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    letter: Mapped[str] = mapped_column(primary_key=True)
    last: Mapped[int]


class WindowRow(Table):
    """A counter that somebody works at, since `open_time`."""

    __tablename__ = "windows"

    counters: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    open_time: Mapped[datetime]


class DocumentLinkRow(Table):
    """A link to a form on paper, which opens once; see `backend.storage.document_links`.

    `name` is `documents/{uuid}`; `token_hash` a keyed hash of what the link holds; `recipient` one of whom it
    was sent to, None where it was shown. `answers` is what is filled in, sealed, None for a blank form and
    once it was opened.
    """

    __tablename__ = "document_links"
    __table_args__ = (Index(None, "recipient", "create_time"), Index(None, "expire_time"))

    name: Mapped[str] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    recipient: Mapped[bytes | None]
    form: Mapped[str]
    form_revision: Mapped[str]
    language: Mapped[str]
    answers: Mapped[bytes | None]
    create_time: Mapped[datetime]
    expire_time: Mapped[datetime]
    open_time: Mapped[datetime | None]


class TerminalRow(Table):
    """A terminal that reports itself. `name` is its door's, or what it calls itself where it shows no
    certificate; `report` is the last `huimin.v1.TerminalReport`, heard at `last_time`."""

    __tablename__ = "terminals"

    name: Mapped[str] = mapped_column(primary_key=True)
    door: Mapped[str] = mapped_column(index=True)
    first_time: Mapped[datetime]
    last_time: Mapped[datetime]
    report: Mapped[bytes]


class TerminalEventRow(Table):
    """Something that changed at a terminal; see `backend.fleet.changes`."""

    __tablename__ = "terminal_events"
    __table_args__ = (Index(None, "terminal", "number"), Index(None, "event_time"))

    number: Mapped[int] = mapped_column(primary_key=True)
    terminal: Mapped[str] = mapped_column(ForeignKey("terminals.name"))
    event_time: Mapped[datetime]
    what: Mapped[str]
    subject: Mapped[str]
    value: Mapped[str]
