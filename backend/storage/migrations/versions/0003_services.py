"""Every service that a county offers: orders, places, tickets, messages, alerts, ratings."""

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """From the release that keeps applications only."""


def downgrade() -> None:
    """Back to it; what it cannot hold is lost."""
