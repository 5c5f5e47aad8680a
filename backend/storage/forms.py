"""Forms as they were published, the earlier revisions too."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from huimin.v1 import form_pb2
from sqlalchemy import Connection, select

from backend.storage.tables import FormRevision
from backend_client.forms.form import Form
from backend_client.forms.wire import form_from_proto

GRACE = timedelta(days=7)
"""So long a form is taken after it was changed or withdrawn: somebody may be half-way through it, and a
terminal without a connection sends later."""


def revision(connection: Connection, form: str, revision: str, now: datetime) -> Form | None:
    """That revision of a form, where it is current or was not long ago."""
    row = _row(connection, form, revision)
    if row is None or (row.retire_time is not None and row.retire_time + GRACE < now):
        return None
    return form_from_proto(form_pb2.Form.FromString(row.message))


def any_revision(connection: Connection, form: str, revision: str) -> Form | None:
    """That revision of a form, however old."""
    row = _row(connection, form, revision)
    return None if row is None else form_from_proto(form_pb2.Form.FromString(row.message))


def retention_days(connection: Connection, form: str, revision: str) -> int | None:
    """So long personal data is kept after a case ends, by that revision; None where it is not known."""
    return connection.execute(
        select(FormRevision.retention_days).where(
            FormRevision.form == form, FormRevision.revision == revision
        )
    ).scalar()


def _row(connection: Connection, form: str, revision: str) -> Any:
    return connection.execute(
        select(FormRevision.message, FormRevision.retire_time).where(
            FormRevision.form == form, FormRevision.revision == revision
        )
    ).first()
