"""Sealed personal data, leased references, doors, an audit trail, publications, attachments in the database.

SQLite changes a column by making the table anew, which ``batch_alter_table`` does.
"""

import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import context, op
from huimin.v1 import form_pb2

from backend.storage.vault import vault_of

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_CHUNK = 256 << 10
"""Bytes of a piece of an attachment."""


def upgrade() -> None:
    """From the first release."""
    _add_doors()
    _attachments_into_database()
    _add_key_check()
    _add_audit_trail()
    _add_reference_leases()
    _seal_personal_data()
    _drop_search_index()
    _add_publications()
    _bind_sessions()


def downgrade() -> None:
    """Back to the first release; what it cannot hold is lost."""
    _unbind_sessions()
    _drop_publications()
    _make_search_index()
    _attachments_into_folder()
    _open_personal_data()
    for table in ("door_certificates", "door_codes", "doors"):
        op.drop_table(table)
    for table in ("audit_head", "audit_entries", "key_check"):
        op.drop_table(table)
    op.drop_table("reference_leases")
    op.drop_column("submissions", "problems")


def _add_key_check() -> None:
    vault = vault_of(op.get_bind())
    check = op.create_table(
        "key_check",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("found", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_key_check"),
    )
    known = {
        "id": 1,
        "sealed": vault.seal(b"huimin", "key_check.sealed"),
        "found": vault.index("huimin", "key_check.sealed"),
    }
    op.bulk_insert(check, [known])


def _add_audit_trail() -> None:
    op.create_table(
        "audit_entries",
        sa.Column("number", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("time", sa.BigInteger, nullable=False),
        sa.Column("door", sa.String, nullable=False),
        sa.Column("credential", sa.String, nullable=False),
        sa.Column("person", sa.LargeBinary),
        sa.Column("action", sa.String, nullable=False),
        sa.Column("object", sa.String, nullable=False),
        sa.Column("outcome", sa.String, nullable=False),
        sa.Column("request_id", sa.String, nullable=False),
        sa.Column("previous", sa.LargeBinary, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_audit_entries"),
    )
    op.create_index("ix_audit_entries_object_number", "audit_entries", ["object", "number"])
    op.create_index("ix_audit_entries_person_number", "audit_entries", ["person", "number"])
    op.create_index("ix_audit_entries_time", "audit_entries", ["time"])
    head = op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_head"),
    )
    op.bulk_insert(head, [{"id": 1, "number": 0, "hash": bytes(32)}])


def _add_doors() -> None:
    op.create_table(
        "doors",
        sa.Column("name", sa.String, nullable=False),
        sa.Column("kind", sa.Integer, nullable=False),
        sa.Column("state", sa.Integer, nullable=False),
        sa.Column("create_time", sa.BigInteger, nullable=False),
        sa.Column("revoke_time", sa.BigInteger),
        sa.Column("last_seen", sa.BigInteger),
        sa.PrimaryKeyConstraint("name", name="pk_doors"),
    )
    op.create_table(
        "door_codes",
        sa.Column("code_hash", sa.LargeBinary, nullable=False),
        sa.Column("door", sa.String, nullable=False),
        sa.Column("expire_time", sa.BigInteger, nullable=False),
        sa.Column("used_time", sa.BigInteger),
        sa.Column("key_hash", sa.LargeBinary),
        sa.PrimaryKeyConstraint("code_hash", name="pk_door_codes"),
        sa.ForeignKeyConstraint(["door"], ["doors.name"], name="fk_door_codes_door"),
    )
    op.create_index("ix_door_codes_door", "door_codes", ["door"])
    op.create_index("ix_door_codes_expire_time", "door_codes", ["expire_time"])
    op.create_table(
        "door_certificates",
        sa.Column("serial", sa.String, nullable=False),
        sa.Column("door", sa.String, nullable=False),
        sa.Column("expire_time", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("serial", name="pk_door_certificates"),
        sa.ForeignKeyConstraint(["door"], ["doors.name"], name="fk_door_certificates_door"),
    )
    op.create_index("ix_door_certificates_door", "door_certificates", ["door"])
    op.create_index("ix_door_certificates_expire_time", "door_certificates", ["expire_time"])


def _add_reference_leases() -> None:
    op.add_column("submissions", sa.Column("problems", sa.LargeBinary))
    op.create_table(
        "reference_leases",
        sa.Column("reference", sa.String, nullable=False),
        sa.Column("door", sa.String, nullable=False),
        sa.Column("request_id", sa.String, nullable=False),
        sa.Column("lease_time", sa.BigInteger, nullable=False),
        sa.Column("submission", sa.String),
        sa.PrimaryKeyConstraint("reference", name="pk_reference_leases"),
    )
    op.create_index(
        "ix_reference_leases_door_submission_lease_time",
        "reference_leases",
        ["door", "submission", "lease_time"],
    )
    op.create_index("ix_reference_leases_request_id", "reference_leases", ["request_id"])
    op.execute(
        "INSERT INTO reference_leases (reference, door, request_id, lease_time, submission)"
        " SELECT reference, 'doors/local', '', create_time, submission FROM cases"
    )


_END_STATES = (6, 7, 8)
"""Rejected, completed, withdrawn."""
_KEPT_MICROSECONDS = 1095 * 86_400 * 1_000_000
"""Of cases that ended before there were rules: three years."""
_BATCH = 500


def _seal_personal_data() -> None:
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


def _open_personal_data() -> None:
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


def _attachments_into_database() -> None:
    """The first release kept whole files only, each in a folder, by name and the begin of its SHA-256."""
    with op.batch_alter_table("attachments") as table:
        table.add_column(sa.Column("door", sa.String, nullable=False, server_default="doors/local"))
        table.add_column(sa.Column("received_bytes", sa.Integer, nullable=False, server_default="0"))
        table.add_column(sa.Column("update_time", sa.BigInteger, nullable=False, server_default="0"))
    with op.batch_alter_table("attachments") as table:
        for column in ("door", "received_bytes", "update_time"):
            table.alter_column(column, server_default=None)
    op.execute(sa.text("UPDATE attachments SET update_time = create_time"))
    chunks = op.create_table(
        "attachment_chunks",
        sa.Column("name", sa.String, nullable=False),
        sa.Column("start", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("name", "start", name="pk_attachment_chunks"),
        sa.ForeignKeyConstraint(
            ["name"], ["attachments.name"], name="fk_attachment_chunks_name", ondelete="CASCADE"
        ),
    )
    vault = vault_of(op.get_bind())
    for name, content in _files():
        for start in range(0, len(content), _CHUNK):
            piece = content[start : start + _CHUNK]
            sealed = vault.seal(piece, f"attachment_chunks.sealed {name} {start}")
            op.bulk_insert(chunks, [{"name": name, "start": start, "sealed": sealed}])
        arrived = sa.text("UPDATE attachments SET received_bytes = size_bytes WHERE name = :name")
        op.execute(arrived.bindparams(name=name))
    # An entry whose file is gone: nobody can hand it out, and an upload may bring it again.
    op.execute(sa.text("DELETE FROM attachments WHERE received_bytes = 0 AND reference IS NULL"))


def _attachments_into_folder() -> None:
    connection = op.get_bind()
    vault, folder = vault_of(connection), context.config.attributes["attachments"]
    whole = sa.text("SELECT name, sha256 FROM attachments WHERE received_bytes = size_bytes")
    for name, sha256 in connection.execute(whole).all():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        pieces = sa.text("SELECT start, sealed FROM attachment_chunks WHERE name = :name ORDER BY start")
        with (folder / _file_name(name, sha256)).open("wb") as file:
            for start, sealed in connection.execute(pieces, {"name": name}).all():
                file.write(vault.open(sealed, f"attachment_chunks.sealed {name} {start}"))
            file.flush()
            os.fsync(file.fileno())
    op.execute(sa.text("DELETE FROM attachments WHERE received_bytes < size_bytes AND reference IS NULL"))
    op.drop_table("attachment_chunks")
    with op.batch_alter_table("attachments") as table:
        for column in ("door", "received_bytes", "update_time"):
            table.drop_column(column)


def _files() -> Iterator[tuple[str, bytes]]:
    """The files of the first release that are there and are what was described, by their names."""
    folder: Path | None = context.config.attributes["attachments"]
    for name, sha256 in op.get_bind().execute(sa.text("SELECT name, sha256 FROM attachments")).all():
        if folder is None:
            raise FileNotFoundError("it has attachments of the first release: run `database upgrade head`")
        file = folder / _file_name(name, sha256)
        content = file.read_bytes() if file.exists() else b""
        if hashlib.sha256(content).digest() == sha256:
            yield name, content


def _file_name(name: str, sha256: bytes) -> str:
    return f"{name.removeprefix('attachments/')}-{sha256[:8].hex()}"


def _drop_search_index() -> None:
    """Search has an index of its own, made of the published content."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE IF EXISTS policy_search_tokens")
        op.execute("DROP TABLE IF EXISTS policy_search")


def _make_search_index() -> None:
    """As 0001 does. It is empty: the first release publishes its content anew when it starts."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE policy_search USING fts5(title, summary, body, document_number,"
            " title_sound, summary_sound, body_sound, title_initials,"
            " content='', tokenize='ascii', prefix='1')"
        )
        op.execute("CREATE VIRTUAL TABLE policy_search_tokens USING fts5vocab('policy_search', 'row')")
    op.execute("DELETE FROM published_content")


def _add_publications() -> None:
    """The content is published anew from its folder, which the first release knew it by."""
    for table in ("policies", "published_content"):
        op.drop_table(table)
    op.create_table(
        "publications",
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("digest", sa.String, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("publish_time", sa.BigInteger),
        sa.Column("create_time", sa.BigInteger, nullable=False),
        sa.Column("author", sa.String, nullable=False),
        sa.Column("note", sa.String, nullable=False),
        sa.Column("from_start", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_publications"),
    )
    op.create_index("ix_publications_publish_time_number", "publications", ["publish_time", "number"])
    op.create_table(
        "policy_texts",
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("message", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_policy_texts"),
        sa.UniqueConstraint("digest", name="uq_policy_texts_digest"),
    )
    published = "published_policies"
    op.create_table(
        published,
        sa.Column("publication", sa.Integer, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("topic", sa.String, nullable=False),
        sa.Column("issue_date", sa.Date, nullable=False),
        sa.PrimaryKeyConstraint("publication", "name", name="pk_published_policies"),
        sa.ForeignKeyConstraint(
            ["publication"], ["publications.number"], name="fk_published_policies_publication"
        ),
        sa.ForeignKeyConstraint(["number"], ["policy_texts.number"], name="fk_published_policies_number"),
    )
    by_day, by_topic = ["publication", "issue_date", "name"], ["publication", "topic", "issue_date", "name"]
    op.create_index("ix_published_policies_publication_issue_date_name", published, by_day)
    op.create_index("ix_published_policies_publication_topic_issue_date_name", published, by_topic)


def _drop_publications() -> None:
    for table in ("published_policies", "policy_texts", "publications"):
        op.drop_table(table)
    op.create_table(
        "published_content",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("digest", sa.String, nullable=False),
        sa.Column("publish_time", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_published_content"),
    )
    op.create_table(
        "policies",
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("topic", sa.String, nullable=False),
        sa.Column("issue_date", sa.Date, nullable=False),
        sa.Column("message", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_policies"),
        sa.UniqueConstraint("name", name="uq_policies_name"),
    )
    op.create_index("ix_policies_issue_date_name", "policies", ["issue_date", "name"])
    op.create_index("ix_policies_topic_issue_date_name", "policies", ["topic", "issue_date", "name"])


def _bind_sessions() -> None:
    """Sessions last for minutes and wrong tries for hours: both begin anew."""
    op.drop_table("sessions")
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.LargeBinary, nullable=False),
        sa.Column("expire_time", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.Integer, nullable=False),
        sa.Column("door", sa.String, nullable=False),
        sa.Column("reference", sa.String),
        sa.Column("person", sa.LargeBinary),
        sa.PrimaryKeyConstraint("token_hash", name="pk_sessions"),
    )
    op.create_index("ix_sessions_expire_time", "sessions", ["expire_time"])
    op.drop_table("wrong_tries")
    op.create_table(
        "wrong_tries",
        sa.Column("scope", sa.String, nullable=False),
        sa.Column("subject", sa.LargeBinary, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("since_time", sa.BigInteger, nullable=False),
        sa.Column("last_time", sa.BigInteger, nullable=False),
        sa.Column("closures", sa.Integer, nullable=False),
        sa.Column("closed_until", sa.BigInteger),
        sa.PrimaryKeyConstraint("scope", "subject", name="pk_wrong_tries"),
    )
    op.create_index("ix_wrong_tries_last_time", "wrong_tries", ["last_time"])
    op.create_table(
        "case_codes",
        sa.Column("reference", sa.String, nullable=False),
        sa.Column("code_hash", sa.LargeBinary, nullable=False),
        sa.Column("expire_time", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("reference", name="pk_case_codes"),
        sa.ForeignKeyConstraint(["reference"], ["cases.reference"], name="fk_case_codes_reference"),
    )
    op.create_index("ix_case_codes_expire_time", "case_codes", ["expire_time"])


def _unbind_sessions() -> None:
    """As `_open_personal_data` expects them."""
    op.drop_table("case_codes")
    op.drop_table("sessions")
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.LargeBinary, nullable=False),
        sa.Column("expire_time", sa.BigInteger, nullable=False),
        sa.Column("reference", sa.String),
        sa.Column("person", sa.LargeBinary),
        sa.PrimaryKeyConstraint("token_hash", name="pk_sessions"),
    )
    op.create_index("ix_sessions_expire_time", "sessions", ["expire_time"])
    op.drop_table("wrong_tries")
    op.create_table(
        "wrong_tries",
        sa.Column("reference", sa.String, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("last_time", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("reference", name="pk_wrong_tries"),
    )
    op.create_index("ix_wrong_tries_last_time", "wrong_tries", ["last_time"])
