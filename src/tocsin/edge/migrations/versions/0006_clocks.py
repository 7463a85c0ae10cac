"""The tables of clocks."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "clocks",
        sa.Column("id", sa.Text(), nullable=False, comment="such as INC-2026-0042:response"),
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False, comment="among the clocks of its incident, from 0"),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("says", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False, comment="what it waits for may still come"),
        sa.Column("priority", sa.Text(), nullable=True, comment="null: priority does not matter"),
        sa.Column("started_at", sa.Double(), nullable=False),
        sa.Column("due_at", sa.Double(), nullable=True, comment="from then on it is late; null: without undue delay"),
        sa.Column("warn_at", sa.Double(), nullable=True),
        sa.Column(
            "next_at", sa.Double(), nullable=True, comment="when tocsin has something to do about it; null: nothing"
        ),
        sa.Column("warned_at", sa.Double(), nullable=True),
        sa.Column("paused_at", sa.Double(), nullable=True),
        sa.Column("paused_seconds", sa.Double(), nullable=False),
        sa.Column("met_at", sa.Double(), nullable=True),
        sa.Column("breached_at", sa.Double(), nullable=True),
        sa.Column(
            "noticed_at", sa.Double(), nullable=True, comment="when the breach was seen: later where nothing ran"
        ),
        sa.Column("ended_at", sa.Double(), nullable=True, comment="when nobody waited for it any more"),
        sa.Column("waived_by", sa.Text(), nullable=False),
        sa.Column("superseded_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clocks")),
        sa.UniqueConstraint("incident", "place", name=op.f("uq_clocks_incident_place")),
    )
    op.create_index(op.f("ix_clocks_is_open_due_at"), "clocks", ["is_open", "due_at"], unique=False)
    where = sa.text("next_at IS NOT NULL")
    op.create_index("ix_clocks_next_at", "clocks", ["next_at"], sqlite_where=where, postgresql_where=where)
    op.create_table(
        "clock_situations",
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("situation", sa.Text(), nullable=False, comment="JSON: what clocks need to know of the incident"),
        sa.PrimaryKeyConstraint("incident", name=op.f("pk_clock_situations")),
    )
