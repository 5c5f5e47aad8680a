"""Sealing everything anew with the newest key, batch by batch, while backends serve.

Backends that run read their keys anew when they meet a value that was sealed with the new one: `KeyCheck`, at
which they look every few seconds, is sealed anew first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select, tuple_, update
from sqlalchemy.orm import InstrumentedAttribute

from backend.storage import (
    attachments,
    cases,
    document_links,
    messages,
    ratings,
    replies,
    sessions,
    submissions,
    vault,
)
from backend.storage.database import Database
from backend.storage.tables import (
    AttachmentChunkRow,
    CaseEventRow,
    CaseReopeningRow,
    CaseReplyRow,
    CaseRow,
    DocumentLinkRow,
    KeyCheck,
    MessageRow,
    RatingCaseRow,
    SessionRow,
    SubmissionRow,
)
from backend.storage.vault import vault_of

BATCH = 40
"""Values in one transaction; a piece of a file has 256 KiB."""


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """A column of sealed values. place: for which the value of a row is sealed; also: what that needs."""

    column: InstrumentedAttribute[Any]
    key: tuple[InstrumentedAttribute[Any], ...]
    place: Callable[[Any], str]
    also: tuple[InstrumentedAttribute[Any], ...] = ()


SEALED = (
    SealedColumn(KeyCheck.sealed, (KeyCheck.id,), lambda row: vault.PLACE),
    SealedColumn(
        SubmissionRow.message, (SubmissionRow.name,), lambda row: submissions.message_place(row.name)
    ),
    SealedColumn(
        SubmissionRow.problems, (SubmissionRow.name,), lambda row: submissions.problems_place(row.name)
    ),
    SealedColumn(CaseRow.applicant, (CaseRow.reference,), lambda row: cases.applicant_place(row.reference)),
    SealedColumn(CaseRow.contact, (CaseRow.reference,), lambda row: cases.contact_place(row.reference)),
    SealedColumn(
        CaseEventRow.note,
        (CaseEventRow.id,),
        lambda row: cases.note_place(row.reference, row.event_time),
        (CaseEventRow.reference, CaseEventRow.event_time),
    ),
    SealedColumn(
        AttachmentChunkRow.sealed,
        (AttachmentChunkRow.name, AttachmentChunkRow.start),
        lambda row: attachments.place(row.name, row.start),
    ),
    SealedColumn(
        SessionRow.holder, (SessionRow.token_hash,), lambda row: sessions.holder_place(row.token_hash)
    ),
    SealedColumn(MessageRow.recipient, (MessageRow.name,), lambda row: messages.recipient_place(row.name)),
    SealedColumn(
        DocumentLinkRow.answers,
        (DocumentLinkRow.name,),
        lambda row: document_links.answers_place(row.name),
    ),
    SealedColumn(MessageRow.text, (MessageRow.name,), lambda row: messages.text_place(row.name)),
    SealedColumn(
        CaseReplyRow.text,
        (CaseReplyRow.id,),
        lambda row: replies.text_place(row.reference, row.reply_time),
        (CaseReplyRow.reference, CaseReplyRow.reply_time),
    ),
    SealedColumn(
        CaseReopeningRow.reason,
        (CaseReopeningRow.reference,),
        lambda row: replies.reason_place(row.reference),
    ),
    SealedColumn(RatingCaseRow.reason, (RatingCaseRow.number,), lambda row: ratings.reason_place(row.number)),
    SealedColumn(RatingCaseRow.answer, (RatingCaseRow.number,), lambda row: ratings.answer_place(row.number)),
)
"""All there are; a test finds one that is missing."""


async def rotate(database: Database) -> int:
    """Seals with the newest key whatever was not, until nothing is left; how many values.

    Raises CannotOpen where a value cannot be opened; what was done before stays done.
    """
    count = 0
    for sealed in SEALED:
        after: tuple[object, ...] | None = None
        while True:
            some, after = await database.write(_rotate_some, sealed, after)
            count += some
            if after is None:
                break
    return count


def _rotate_some(
    connection: Connection, sealed: SealedColumn, after: tuple[object, ...] | None
) -> tuple[int, tuple[object, ...] | None]:
    """Seals some values behind a key anew; how many, and the key of the last, None at the end."""
    keys = vault_of(connection)
    statement = (
        select(*sealed.key, *sealed.also, sealed.column.label("sealed_value"))
        .where(func.length(sealed.column) > 0, func.substr(sealed.column, 2, 4) != keys.newest)
        .order_by(*sealed.key)
        .limit(BATCH)
        .with_for_update()
    )
    if after is not None:
        statement = statement.where(tuple_(*sealed.key) > after)
    rows = connection.execute(statement).all()
    for row in rows:
        place = sealed.place(row)
        anew = keys.seal(keys.open(row.sealed_value, place), place)
        this = [column == value for column, value in zip(sealed.key, row, strict=False)]
        table = sealed.column.class_
        connection.execute(update(table).where(*this).values({sealed.column: anew}))
    return len(rows), tuple(rows[-1][: len(sealed.key)]) if rows else None
