"""Time stamps of checkpoints."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    _ = op


def downgrade() -> None:
    """Take back."""
