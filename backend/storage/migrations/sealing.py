"""A step of 0002: personal data that the first release kept plain is sealed, and on the way back opened."""

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op
from huimin.v1 import form_pb2

from backend.storage.vault import vault_of

_END_STATES = (6, 7, 8)
"""Rejected, completed, withdrawn."""
_KEPT_MICROSECONDS = 1095 * 86_400 * 1_000_000
"""Of cases that ended before there were rules: three years."""
_BATCH = 500


def seal() -> None:
    """Plain values become sealed ones; whoever is signed in signs in again."""
    op.add_column(
        "form_revisions", sa.Column("retention_days", sa.Integer, nullable=False, server_default="1095")
    )
    op.drop_index("ix_cases_applicant_create_time_reference", "cases")
    op.alter_column("cases", "applicant", new_column_name="plain_applicant")
    op.alter_column("case_events", "note", new_column_name="plain_note")
    op.add_column("cases", sa.Column("applicant", sa.LargeBinary))
    op.add_column("cases", sa.Column("person", sa.LargeBinary))
    op.add_column("cases", sa.Column("form_revision", sa.String, nullable=False, server_default=""))
    op.add_column("cases", sa.Column("erase_time", sa.BigInteger))
    op.add_column("cases", sa.Column("erased_time", sa.BigInteger))
    op.add_column("case_events", sa.Column("note", sa.LargeBinary))
    op.add_column("submissions", sa.Column("request_id", sa.String, nullable=False, server_default=""))
    connection, vault = op.get_bind(), vault_of(op.get_bind())
    for row in _rows("cases", "reference", "submission", "plain_applicant"):
        connection.execute(
            sa.text("UPDATE cases SET applicant = :sealed, person = :person WHERE reference = :reference"),
            {
                "sealed": vault.seal_text(row.plain_applicant, f"cases.applicant {row.reference}"),
                "person": vault.person(row.plain_applicant),
                "reference": row.reference,
            },
        )
    for row in _rows("submissions", "name", "message", "digest"):
        revision = form_pb2.Submission.FromString(row.message).form_revision
        connection.execute(
            sa.text("UPDATE submissions SET message = :sealed, digest = :digest WHERE name = :name"),
            {
                "sealed": vault.seal(row.message, f"submissions.message {row.name}"),
                "digest": vault.index(row.digest.hex(), "submissions.digest"),
                "name": row.name,
            },
        )
        connection.execute(
            sa.text("UPDATE cases SET form_revision = :revision WHERE submission = :name"),
            {"revision": revision, "name": row.name},
        )
    for row in _rows("case_events", "id", "reference", "event_time", "plain_note"):
        if row.plain_note:
            connection.execute(
                sa.text("UPDATE case_events SET note = :sealed WHERE id = :id"),
                {"sealed": vault.seal_text(row.plain_note, _place_of_note(row)), "id": row.id},
            )
    cases = sa.table("cases", *(sa.column(name) for name in ("state", "update_time", "erase_time")))
    connection.execute(
        sa.update(cases)
        .where(cases.c.state.in_(_END_STATES))
        .values(erase_time=cases.c.update_time + _KEPT_MICROSECONDS)
    )
    op.drop_column("cases", "plain_applicant")
    op.drop_column("case_events", "plain_note")
    op.create_index("ix_cases_person_create_time_reference", "cases", ["person", "create_time", "reference"])
    op.create_index("ix_cases_erase_time", "cases", ["erase_time"])
    op.execute("DELETE FROM sessions")
    op.drop_column("sessions", "applicant")
    op.add_column("sessions", sa.Column("person", sa.LargeBinary))


def unseal() -> None:
    """Sealed values become plain ones; what was erased becomes empty."""
    op.execute("DELETE FROM sessions")
    op.drop_column("sessions", "person")
    op.add_column("sessions", sa.Column("applicant", sa.String))
    op.drop_column("form_revisions", "retention_days")
    op.drop_index("ix_cases_erase_time", "cases")
    op.drop_index("ix_cases_person_create_time_reference", "cases")
    op.alter_column("cases", "applicant", new_column_name="sealed_applicant")
    op.alter_column("case_events", "note", new_column_name="sealed_note")
    op.add_column("cases", sa.Column("applicant", sa.String, nullable=False, server_default=""))
    op.add_column("case_events", sa.Column("note", sa.String, nullable=False, server_default=""))
    connection, vault = op.get_bind(), vault_of(op.get_bind())
    for row in _rows("cases", "reference", "sealed_applicant"):
        if row.sealed_applicant is not None:
            connection.execute(
                sa.text("UPDATE cases SET applicant = :applicant WHERE reference = :reference"),
                {
                    "applicant": vault.open_text(row.sealed_applicant, f"cases.applicant {row.reference}"),
                    "reference": row.reference,
                },
            )
    for row in _rows("submissions", "name", "message"):
        message = vault.open(row.message, f"submissions.message {row.name}") if row.message else b""
        connection.execute(
            sa.text("UPDATE submissions SET message = :message, digest = :digest WHERE name = :name"),
            {"message": message, "digest": _digest(message), "name": row.name},
        )
    for row in _rows("case_events", "id", "reference", "event_time", "sealed_note"):
        if row.sealed_note is not None:
            connection.execute(
                sa.text("UPDATE case_events SET note = :note WHERE id = :id"),
                {"note": vault.open_text(row.sealed_note, _place_of_note(row)), "id": row.id},
            )
    for column in ("sealed_applicant", "person", "form_revision", "erase_time", "erased_time"):
        op.drop_column("cases", column)
    op.drop_column("case_events", "sealed_note")
    op.drop_column("submissions", "request_id")
    op.create_index(
        "ix_cases_applicant_create_time_reference", "cases", ["applicant", "create_time", "reference"]
    )


def _rows(table: str, *columns: str) -> Iterator[Any]:
    """All rows of a table, by its key, which is the first column."""
    source = sa.table(table, *(sa.column(name) for name in columns))
    key = source.c[columns[0]]
    after: object = None
    while True:
        statement = sa.select(source).order_by(key).limit(_BATCH)
        if after is not None:
            statement = statement.where(key > after)
        rows: Sequence[Any] = op.get_bind().execute(statement).all()
        if not rows:
            return
        yield from rows
        after = rows[-1][0]


def _place_of_note(row: Any) -> str:
    return f"case_events.note {row.reference} {row.event_time}"


def _digest(message: bytes) -> bytes:
    """As the first release made it; of an erased submission none fits."""
    said = form_pb2.Submission.FromString(message)
    kept = form_pb2.Submission(
        name=said.name, form=said.form, answers=sorted(said.answers, key=lambda answer: answer.field)
    )
    return hashlib.sha256(kept.SerializeToString(deterministic=True)).digest() if message else b""
