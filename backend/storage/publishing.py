"""Putting the content into the database, where it is another than before."""

from __future__ import annotations

from datetime import date, datetime

from huimin.v1 import policy_pb2
from sqlalchemy import Connection, delete, insert, select, update

from backend.authoring.reading import Content
from backend.search import index
from backend.storage.tables import FormRevision, PolicyRow, PublishedContent
from backend_client.forms.wire import form_to_proto

_BATCH = 200


def publish(connection: Connection, content: Content, now: datetime) -> bool:
    """Makes the database hold this content; False where it did already.

    Policies and the search index are replaced whole, in one transaction. Forms are never removed: a revision
    that is no longer current is retired, because residents may be half-way through it.
    """
    digest = f"{index.VERSION}:{content.digest}"
    held = connection.execute(select(PublishedContent.digest)).scalar()
    if held == digest:
        return False
    _policies(connection, content)
    _forms(connection, content, now)
    connection.execute(delete(PublishedContent))
    connection.execute(insert(PublishedContent), {"id": 1, "digest": digest, "publish_time": now})
    return True


def _policies(connection: Connection, content: Content) -> None:
    connection.execute(delete(PolicyRow))
    index.empty(connection)
    newest_first = sorted(content.policies, key=lambda policy: policy.name)
    newest_first.sort(key=issue_date, reverse=True)
    numbered = list(enumerate(newest_first, 1))
    for start in range(0, len(numbered), _BATCH):
        batch = numbered[start : start + _BATCH]
        connection.execute(
            insert(PolicyRow),
            [
                {
                    "number": number,
                    "name": policy.name,
                    "topic": policy.topic,
                    "issue_date": issue_date(policy),
                    "message": policy.SerializeToString(),
                }
                for number, policy in batch
            ],
        )
        index.add(connection, batch)


def _forms(connection: Connection, content: Content, now: datetime) -> None:
    connection.execute(update(FormRevision).where(FormRevision.retire_time.is_(None)).values(retire_time=now))
    for form in content.forms.values():
        this = (FormRevision.form == form.name) & (FormRevision.revision == form.revision)
        known = connection.execute(update(FormRevision).where(this).values(retire_time=None))
        if known.rowcount == 0:
            message = form_to_proto(form).SerializeToString()
            connection.execute(
                insert(FormRevision).values(form=form.name, revision=form.revision, message=message)
            )


def issue_date(policy: policy_pb2.Policy) -> date:
    """The day of issue."""
    return date(policy.issue_date.year, policy.issue_date.month, policy.issue_date.day)
