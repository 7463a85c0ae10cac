"""The tables of clocks. The journal is the truth: every row here can be made again from it."""

import sqlalchemy as sa

from tocsin.edge.store.schema.base import metadata

clocks = sa.Table(
    "clocks",
    metadata,
    sa.Column("id", sa.Text, primary_key=True, comment="such as INC-2026-0042:response"),
    sa.Column("incident", sa.Text, nullable=False),
    sa.Column("place", sa.Integer, nullable=False, comment="among the clocks of its incident, from 0"),
    sa.Column("definition", sa.Text, nullable=False),
    sa.Column("says", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("is_open", sa.Boolean, nullable=False, comment="what it waits for may still come"),
    sa.Column("priority", sa.Text, comment="null: priority does not matter"),
    sa.Column("started_at", sa.Double, nullable=False),
    sa.Column("due_at", sa.Double, comment="from then on it is late; null: without undue delay"),
    sa.Column("warn_at", sa.Double),
    sa.Column("next_at", sa.Double, comment="when tocsin has something to do about it; null: nothing"),
    sa.Column("warned_at", sa.Double),
    sa.Column("paused_at", sa.Double),
    sa.Column("paused_seconds", sa.Double, nullable=False),
    sa.Column("met_at", sa.Double),
    sa.Column("breached_at", sa.Double),
    sa.Column("noticed_at", sa.Double, comment="when the breach was seen: later where nothing ran"),
    sa.Column("ended_at", sa.Double, comment="when nobody waited for it any more"),
    sa.Column("waived_by", sa.Text, nullable=False),
    sa.Column("superseded_by", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.UniqueConstraint("incident", "place"),
    sa.Index(None, "is_open", "due_at"),
    sa.Index(
        "ix_clocks_next_at",
        "next_at",
        sqlite_where=sa.text("next_at IS NOT NULL"),
        postgresql_where=sa.text("next_at IS NOT NULL"),
    ),
)

clock_situations = sa.Table(
    "clock_situations",
    metadata,
    sa.Column("incident", sa.Text, primary_key=True),
    sa.Column("situation", sa.Text, nullable=False, comment="JSON: what clocks need to know of the incident"),
)
