"""Sealed personal data, leased references, doors, an audit trail, publications, attachments in the database.

SQLite changes a column by making the table anew, which ``batch_alter_table`` does.
"""

import sqlalchemy as sa
from alembic import op

from backend.storage.vault import vault_of

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """From the first release."""
    _add_doors()
    _add_key_check()
    _add_audit_trail()
    _add_reference_leases()


def downgrade() -> None:
    """Back to the first release; what it cannot hold is lost."""
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
    op.add_column("submissions", sa.Column("problems", sa.String))
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
