"""What else is kept of a case beside its events: one statement tells which of it there is.

Most cases have nothing of it, and a status query is the call that residents make most.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, exists, select

from backend.storage.ratings import case_matter
from backend.storage.tables import AppointmentRow, CaseReplyRow, RatingRow

_THERE = select(
    exists().where(CaseReplyRow.reference == bindparam("asked")).label("replied"),
    exists().where(AppointmentRow.reference == bindparam("asked")).label("booked"),
    exists().where(RatingRow.matter == bindparam("matter")).label("rated"),
)
"""Every status query runs it: it is built once."""


@dataclass(frozen=True, slots=True)
class Beside:
    """replied: the office has replied, so that the case may have been opened again too; booked: it is an
    appointment, so that there may be a ticket too; rated: it was rated."""

    replied: bool
    booked: bool
    rated: bool


def of(connection: Connection, reference: str) -> Beside:
    """What there is of a case."""
    row = connection.execute(_THERE, {"asked": reference, "matter": case_matter(connection, reference)}).one()
    return Beside(bool(row.replied), bool(row.booked), bool(row.rated))
