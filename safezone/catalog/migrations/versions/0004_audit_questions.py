"""Indexes for the questions auditors ask."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_index("ix_audit_event_account_time", "audit_event", ["account", "time"], unique=False)
    op.create_index("ix_audit_event_type_time", "audit_event", ["type", "time"], unique=False)


def downgrade() -> None:
    """Take back."""
    op.drop_index("ix_audit_event_type_time", table_name="audit_event")
    op.drop_index("ix_audit_event_account_time", table_name="audit_event")
