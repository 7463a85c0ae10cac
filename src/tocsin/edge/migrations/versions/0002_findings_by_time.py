"""Findings by when they were seen: what stands of the last hours is read without the rest."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the index."""
    op.create_index(op.f("ix_findings_seen_at"), "findings", ["seen_at"], unique=False)
