"""Indexes for the questions auditors ask."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_index("ix_audit_event_account_time", "audit_event", ["account", "time"], unique=False)
    refused = sa.text("type IN ('decision.denied', 'authentication.failed')")
    op.create_index(
        "ix_audit_event_refused", "audit_event", ["time"], sqlite_where=refused, postgresql_where=refused
    )


def downgrade() -> None:
    """Take back."""
    op.drop_index("ix_audit_event_refused", table_name="audit_event")
    op.drop_index("ix_audit_event_account_time", table_name="audit_event")
