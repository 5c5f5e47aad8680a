"""Cases that the office has made public, anonymised and with the consent of those who wrote."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, delete, func, insert, select

from backend.storage import cases, forms, replies, submissions
from backend.storage.tables import CaseReplyRow, CaseRow, FormRevision, PublicCaseRow
from backend_client.forms.form import Field, FieldType
from foundation.language import Language, LocalizedText

SHORTEST_NAME = 2
"""Characters of a private answer that is looked for: a Chinese name has two."""
Position = tuple[datetime, str]
"""Where a page ends: time of the last reply and name."""


@dataclass(frozen=True, slots=True)
class Texts:
    """What everybody may read. only: a number of `huimin.v1.Language` where all is in that one, else 0."""

    title: LocalizedText
    summary: LocalizedText
    reply: LocalizedText
    only: int = 0


@dataclass(frozen=True, slots=True)
class PublicCase:
    """A public case. name: ``publicCases/{uuid}``; form: `forms/{form}`; state: a number of the contract."""

    name: str
    texts: Texts
    form: str
    state: int
    receive_time: datetime
    reply_time: datetime


_TEXTS = (
    PublicCaseRow.title_zh,
    PublicCaseRow.title_en,
    PublicCaseRow.summary_zh,
    PublicCaseRow.summary_en,
    PublicCaseRow.reply_zh,
    PublicCaseRow.reply_en,
    PublicCaseRow.only,
)


class Refused(Enum):
    """Why a case is not made public."""

    UNKNOWN = auto()
    ERASED = auto()
    NOT_REPLIED = auto()
    NO_CONSENT = auto()
    """Its resident was not asked, or said no."""


def consents(connection: Connection, reference: str) -> bool:
    """Whether who applied said that the answer may be made public. Raises CannotOpen."""
    row = connection.execute(
        select(CaseRow.submission, FormRevision.public_field)
        .join(
            FormRevision,
            (FormRevision.form == CaseRow.form) & (FormRevision.revision == CaseRow.form_revision),
        )
        .where(CaseRow.reference == reference)
    ).first()
    if row is None or not row.public_field:
        return False
    message, _ = submissions.opened(connection, row.submission)
    return any(answer.field == row.public_field and answer.yes_no for answer in message.answers)


def named(connection: Connection, reference: str, texts: Texts) -> list[LocalizedText]:
    """What somebody answered in private that stands in texts for everybody: labels of the questions.

    Raises CannotOpen.
    """
    row = connection.execute(
        select(CaseRow.submission).where(CaseRow.reference == reference, CaseRow.erased_time.is_(None))
    ).first()
    if row is None:
        return []
    message, _ = submissions.opened(connection, row.submission)
    form = forms.any_revision(connection, message.form, message.form_revision)
    private = {field.id: field.label for field in form.fields if _is_private(field)} if form else {}
    said = "\n".join(
        part[language] for part in (texts.title, texts.summary, texts.reply) for language in Language
    )
    return [
        private[answer.field]
        for answer in message.answers
        if answer.field in private
        for value in (answer.text or answer.digits or answer.identity_number or answer.phone_number,)
        if len(value) >= SHORTEST_NAME and value in said
    ]


def _is_private(field: Field) -> bool:
    """As the form says, and always what a card tells and numbers by which somebody is reached."""
    numbers = (FieldType.IDENTITY_NUMBER, FieldType.PHONE_NUMBER)
    return field.private or field.prefill is not None or field.type in numbers


def publish(connection: Connection, reference: str, texts: Texts, now: datetime) -> Refused | None:
    """Makes a case public, or its texts others. Raises CannotOpen."""
    case = cases.one(connection, reference)
    if case is None:
        return Refused.UNKNOWN
    if case.erased:
        return Refused.ERASED
    if not replies.of(connection, reference).replies:
        return Refused.NOT_REPLIED
    if not consents(connection, reference):
        return Refused.NO_CONSENT
    withdraw(connection, [reference])
    connection.execute(
        insert(PublicCaseRow).values(
            name=f"publicCases/{uuid4()}",
            reference=reference,
            title_zh=texts.title.zh_cn,
            title_en=texts.title.en,
            summary_zh=texts.summary.zh_cn,
            summary_en=texts.summary.en,
            reply_zh=texts.reply.zh_cn,
            reply_en=texts.reply.en,
            only=texts.only,
            publish_time=now,
        )
    )
    return None


def texts(connection: Connection, reference: str) -> Texts | None:
    """What is public of a case; None where nothing is."""
    row = connection.execute(select(*_TEXTS).where(PublicCaseRow.reference == reference)).first()
    return None if row is None else _texts(row)


def withdraw(connection: Connection, references: Sequence[str]) -> int:
    """Makes cases no longer public; how many were."""
    gone = connection.execute(delete(PublicCaseRow).where(PublicCaseRow.reference.in_(references)))
    return gone.rowcount


def newest_first(connection: Connection, after: Position | None, most: int) -> list[PublicCase]:
    """Those that were answered last come first. after: the last one of the page before."""
    replied = func.max(CaseReplyRow.reply_time)
    public = PublicCaseRow
    statement = (
        select(
            public.name,
            *_TEXTS,
            CaseRow.form,
            CaseRow.state,
            CaseRow.create_time,
            replied.label("reply_time"),
        )
        .join(CaseRow, CaseRow.reference == public.reference)
        .join(CaseReplyRow, CaseReplyRow.reference == public.reference)
        .group_by(public.name, CaseRow.reference)
        .order_by(replied.desc(), public.name)
        .limit(most)
    )
    if after is not None:
        moment, name = after
        statement = statement.having((replied < moment) | ((replied == moment) & (public.name > name)))
    return [
        PublicCase(
            row.name,
            _texts(row),
            row.form,
            row.state,
            row.create_time,
            row.reply_time,
        )
        for row in connection.execute(statement)
    ]


def _texts(row: Any) -> Texts:
    return Texts(
        LocalizedText(row.title_zh, row.title_en),
        LocalizedText(row.summary_zh, row.summary_en),
        LocalizedText(row.reply_zh, row.reply_en),
        row.only,
    )
