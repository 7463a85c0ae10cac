"""The tables of updates: what stakeholders are told, to whom it went, and which thread a subject is in."""

import sqlalchemy as sa
from alembic import op

from tocsin.edge.store.schema.base import SEQUENCE

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "updates",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False, comment="in its incident, from 1"),
        sa.Column("group_name", sa.Text(), nullable=False, comment="of channels.toml"),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("tlp", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False, comment="from 1; every change counts"),
        sa.Column("authors", sa.Text(), nullable=False, comment="a JSON list of actors who wrote any of it"),
        sa.Column("approver", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("changed_at", sa.Double(), nullable=False),
        sa.Column("published_at", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_updates")),
        sa.UniqueConstraint("incident", "number", name=op.f("uq_updates_incident_number")),
    )
    op.create_table(
        "update_deliveries",
        sa.Column("update_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False, comment="from 0, as in the group"),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.Double(), nullable=False, comment="while it is being sent: until when it is held"),
        sa.Column("may_have_gone", sa.Boolean(), nullable=False),
        sa.Column("provider_id", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False, comment="what the channel said last"),
        sa.PrimaryKeyConstraint("update_id", "position", name=op.f("pk_update_deliveries")),
    )
    op.create_index(op.f("ix_update_deliveries_state"), "update_deliveries", ["state"])
    op.create_table(
        "update_attempts",
        sa.Column("sequence", SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("update_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False, comment="from 1"),
        sa.Column("outcome", sa.Text(), nullable=False, comment="sending until it has ended"),
        sa.Column("tried_at", sa.Double(), nullable=False),
        sa.Column("ended_at", sa.Double(), nullable=True, comment="null where tocsin was stopped meanwhile"),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_update_attempts")),
    )
    op.create_index(op.f("ix_update_attempts_update_id"), "update_attempts", ["update_id"])
    op.create_table(
        "channel_threads",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("thread", sa.Text(), nullable=False, comment="what the provider calls it"),
        sa.Column("begun_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "address", "subject", name=op.f("pk_channel_threads")),
    )
