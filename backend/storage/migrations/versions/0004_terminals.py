"""The terminals, which report themselves."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """From the release that does not know its terminals."""
    op.create_table(
        "terminals",
        sa.Column("name", sa.String, nullable=False),
        sa.Column("door", sa.String, nullable=False),
        sa.Column("first_time", sa.BigInteger, nullable=False),
        sa.Column("last_time", sa.BigInteger, nullable=False),
        sa.Column("report", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_terminals"),
    )
    op.create_index("ix_terminals_door", "terminals", ["door"])
    op.create_table(
        "terminal_events",
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("terminal", sa.String, nullable=False),
        sa.Column("event_time", sa.BigInteger, nullable=False),
        sa.Column("what", sa.String, nullable=False),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("value", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_terminal_events"),
        sa.ForeignKeyConstraint(["terminal"], ["terminals.name"], name="fk_terminal_events_terminal"),
    )
    op.create_index("ix_terminal_events_terminal_number", "terminal_events", ["terminal", "number"])
    op.create_index("ix_terminal_events_event_time", "terminal_events", ["event_time"])


def downgrade() -> None:
    """Back to it; what the terminals said is lost until they say it again."""
    op.drop_table("terminal_events")
    op.drop_table("terminals")
