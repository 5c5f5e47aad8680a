"""Erasing personal data: when a form's rule says so, and when somebody asks for it.

What is erased is all that somebody said or that was said of somebody: the submission, who applied, notes,
replies, what was made public of it, files, and the sessions and codes that would open them. What is left is a
skeleton, by which the county counts: reference, form, door, states and times; and the audit trail, which
knows persons by keyed hash only.

Erased is erased from the file too: SQLite overwrites what it deletes (`engine`), and `Database.tidy` empties
the log in which old pages lie. PostgreSQL leaves sealed bytes in its files and its log until it writes over
them; nobody reads those without the key.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from backend.storage import audit, messages, public_cases, ratings, replies
from backend.storage.audit import Actor
from backend.storage.tables import AttachmentRow, CaseCode, CaseEventRow, CaseRow, SessionRow, SubmissionRow

BATCH = 20
"""Cases that are erased in one transaction, each with up to 320 MB of files."""


def erase_due(connection: Connection, actor: Actor, now: datetime) -> int:
    """Erases some cases whose time has come, the longest due first; how many. To be called until none is."""
    due = connection.execute(
        select(CaseRow.reference)
        .where(CaseRow.erase_time <= now)
        .order_by(CaseRow.erase_time)
        .limit(BATCH)
        .with_for_update(skip_locked=True)  # another backend erases those
    ).scalars()
    return erase(connection, list(due), actor, "retention erase", now)


def erase(connection: Connection, references: Sequence[str], actor: Actor, action: str, now: datetime) -> int:
    """Erases cases and enters each into the audit trail; how many."""
    if not references:
        return 0
    these = CaseRow.reference.in_(references)
    named = select(CaseRow.submission).where(these)
    connection.execute(
        delete(AttachmentRow).where(
            AttachmentRow.submission.in_(named) | AttachmentRow.reference.in_(references)
        )
    )
    connection.execute(
        update(SubmissionRow)
        .where(SubmissionRow.name.in_(named))
        .values(message=b"", digest=b"", problems=None)
        .execution_options(synchronize_session=False)
    )
    connection.execute(update(CaseEventRow).where(CaseEventRow.reference.in_(references)).values(note=None))
    replies.forget(connection, references)
    public_cases.withdraw(connection, references)
    ratings.forget_cases(connection, references)
    for table in (SessionRow, CaseCode):
        connection.execute(delete(table).where(table.reference.in_(references)))
    messages.erase(connection, references, now)
    erased = connection.execute(
        update(CaseRow)
        .where(these, CaseRow.erased_time.is_(None))
        .values(applicant=None, person=None, contact=None, erase_time=None, erased_time=now)
    ).rowcount
    audit.append(connection, *(actor.did(action, f"cases/{reference}", now) for reference in references))
    return erased
