"""Destructions of keys, which two people agree to."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    _ = op


def downgrade() -> None:
    """Take back."""
