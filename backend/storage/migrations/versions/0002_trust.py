"""Sealed personal data, leased references, doors, an audit trail, publications, attachments in the database.

SQLite changes a column by making the table anew, which ``batch_alter_table`` does.
"""

import sqlalchemy as sa
from alembic import op

from backend.storage.migrations import recordings, sealing
from backend.storage.vault import vault_of

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """From the first release."""
    _add_doors()
    recordings.into_database()
    _add_key_check()
    _add_audit_trail()
    _add_reference_leases()
    sealing.seal()
    _drop_search_index()
    _add_publications()
    _bind_sessions()


def downgrade() -> None:
    """Back to the first release; what it cannot hold is lost."""
    _unbind_sessions()
    _drop_publications()
    _make_search_index()
    recordings.into_folder()
    sealing.unseal()
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
