"""Every service that a county offers: orders, places, tickets, messages, alerts, ratings."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """From the release that keeps applications only."""
    _add_messages()


def downgrade() -> None:
    """Back to it; what it cannot hold is lost."""
    _drop_messages()


def _add_messages() -> None:
    op.add_column("cases", sa.Column("contact", sa.LargeBinary))
    op.create_table(
        "messages",
        sa.Column("name", sa.String, nullable=False),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("recipient", sa.LargeBinary),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("language", sa.String, nullable=False),
        sa.Column("text", sa.LargeBinary),
        sa.Column("urgent", sa.Boolean, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("problem", sa.String, nullable=False),
        sa.Column("create_time", sa.BigInteger, nullable=False),
        sa.Column("due_time", sa.BigInteger, nullable=False),
        sa.Column("expire_time", sa.BigInteger),
        sa.Column("end_time", sa.BigInteger),
        sa.Column("reference", sa.String),
        sa.Column("request_id", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_messages"),
        sa.UniqueConstraint("key", name="uq_messages_key"),
    )
    op.create_index("ix_messages_state_due_time", "messages", ["state", "due_time"])
    op.create_index("ix_messages_reference", "messages", ["reference"])
    op.create_index("ix_messages_end_time", "messages", ["end_time"])


def _drop_messages() -> None:
    op.drop_table("messages")
    op.drop_column("cases", "contact")
