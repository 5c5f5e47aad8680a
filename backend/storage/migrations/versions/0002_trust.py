"""Sealed personal data, leased references, doors, an audit trail, publications, attachments in the database.

SQLite changes a column by making the table anew, which ``batch_alter_table`` does.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """From the first release."""
    _add_doors()
    _add_audit_trail()


def downgrade() -> None:
    """Back to the first release; what it cannot hold is lost."""
    for table in ("door_certificates", "door_codes", "doors"):
        op.drop_table(table)
    for table in ("audit_head", "audit_entries"):
        op.drop_table(table)


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
