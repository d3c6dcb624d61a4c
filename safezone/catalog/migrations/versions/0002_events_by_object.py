"""The log is asked about single objects: an index for that."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_index("ix_audit_event_object", "audit_event", ["object"], unique=False)


def downgrade() -> None:
    """Take back."""
    op.drop_index("ix_audit_event_object", table_name="audit_event")
