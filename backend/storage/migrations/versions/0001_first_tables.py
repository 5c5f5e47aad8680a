"""The tables of the first release, and the search index.

The index is SQLite's FTS5 without content of its own (`content=''`): the policies lie in their table, the
index holds only where each token is. Its tokenizer takes whatever stands between spaces; the tokens are ours
(`backend.search.units`).
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes them."""
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
    op.create_table(
        "form_revisions",
        sa.Column("form", sa.String, nullable=False),
        sa.Column("revision", sa.String, nullable=False),
        sa.Column("message", sa.LargeBinary, nullable=False),
        sa.Column("retire_time", sa.BigInteger),
        sa.PrimaryKeyConstraint("form", "revision", name="pk_form_revisions"),
    )
    op.create_table(
        "submissions",
        sa.Column("name", sa.String, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("accept_time", sa.BigInteger, nullable=False),
        sa.Column("message", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_submissions"),
    )
    op.create_table(
        "cases",
        sa.Column("reference", sa.String, nullable=False),
        sa.Column("submission", sa.String, nullable=False),
        sa.Column("applicant", sa.String, nullable=False),
        sa.Column("form", sa.String, nullable=False),
        sa.Column("title_zh", sa.String, nullable=False),
        sa.Column("title_en", sa.String, nullable=False),
        sa.Column("channel", sa.Integer, nullable=False),
        sa.Column("state", sa.Integer, nullable=False),
        sa.Column("create_time", sa.BigInteger, nullable=False),
        sa.Column("update_time", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("reference", name="pk_cases"),
        sa.ForeignKeyConstraint(["submission"], ["submissions.name"], name="fk_cases_submission"),
        sa.UniqueConstraint("submission", name="uq_cases_submission"),
    )
    op.create_index(
        "ix_cases_applicant_create_time_reference", "cases", ["applicant", "create_time", "reference"]
    )
    op.create_table(
        "case_events",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("reference", sa.String, nullable=False),
        sa.Column("state", sa.Integer, nullable=False),
        sa.Column("event_time", sa.BigInteger, nullable=False),
        sa.Column("note", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_case_events"),
        sa.ForeignKeyConstraint(["reference"], ["cases.reference"], name="fk_case_events_reference"),
    )
    op.create_index("ix_case_events_reference_id", "case_events", ["reference", "id"])
    op.create_table(
        "attachments",
        sa.Column("name", sa.String, nullable=False),
        sa.Column("submission", sa.String, nullable=False),
        sa.Column("media_type", sa.String, nullable=False),
        sa.Column("size_bytes", sa.Integer, nullable=False),
        sa.Column("sha256", sa.LargeBinary, nullable=False),
        sa.Column("create_time", sa.BigInteger, nullable=False),
        sa.Column("reference", sa.String),
        sa.PrimaryKeyConstraint("name", name="pk_attachments"),
        sa.ForeignKeyConstraint(["reference"], ["cases.reference"], name="fk_attachments_reference"),
    )
    op.create_index("ix_attachments_submission", "attachments", ["submission"])
    op.create_index("ix_attachments_reference_create_time", "attachments", ["reference", "create_time"])
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.LargeBinary, nullable=False),
        sa.Column("expire_time", sa.BigInteger, nullable=False),
        sa.Column("reference", sa.String),
        sa.Column("applicant", sa.String),
        sa.PrimaryKeyConstraint("token_hash", name="pk_sessions"),
    )
    op.create_index("ix_sessions_expire_time", "sessions", ["expire_time"])
    op.create_table(
        "wrong_tries",
        sa.Column("reference", sa.String, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("last_time", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("reference", name="pk_wrong_tries"),
    )
    op.create_index("ix_wrong_tries_last_time", "wrong_tries", ["last_time"])
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE policy_search USING fts5(title, summary, body, document_number,"
            " title_sound, summary_sound, body_sound, title_initials,"
            " content='', tokenize='ascii', prefix='1')"
        )
        op.execute("CREATE VIRTUAL TABLE policy_search_tokens USING fts5vocab('policy_search', 'row')")


def downgrade() -> None:
    """Drops them, with everything in them."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE policy_search_tokens")
        op.execute("DROP TABLE policy_search")
    for table in (
        "wrong_tries",
        "sessions",
        "attachments",
        "case_events",
        "cases",
        "submissions",
        "form_revisions",
        "policies",
        "published_content",
    ):
        op.drop_table(table)
