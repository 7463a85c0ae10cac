"""The tables of updates: what stakeholders are told, to whom it went, and which thread a subject is in."""

import sqlalchemy as sa

from tocsin.edge.store.schema.base import SEQUENCE, metadata

updates = sa.Table(
    "updates",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("incident", sa.Text, nullable=False),
    sa.Column("number", sa.Integer, nullable=False, comment="in its incident, from 1"),
    sa.Column("group_name", sa.Text, nullable=False, comment="of channels.toml"),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("tlp", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False, comment="from 1; every change counts"),
    sa.Column("authors", sa.Text, nullable=False, comment="a JSON list of actors who wrote any of it"),
    sa.Column("approver", sa.Text, nullable=False),
    sa.Column("sender", sa.Text, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("created_at", sa.Double, nullable=False),
    sa.Column("changed_at", sa.Double, nullable=False),
    sa.Column("published_at", sa.Double),
    sa.UniqueConstraint("incident", "number"),
)

update_deliveries = sa.Table(
    "update_deliveries",
    metadata,
    sa.Column("update_id", sa.Text, primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True, comment="from 0, as in the group"),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False, index=True),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("due_at", sa.Double, nullable=False, comment="while it is being sent: until when it is held"),
    sa.Column("may_have_gone", sa.Boolean, nullable=False),
    sa.Column("provider_id", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False, comment="what the channel said last"),
)

update_attempts = sa.Table(
    "update_attempts",
    metadata,
    sa.Column("sequence", SEQUENCE, primary_key=True, autoincrement=True),
    sa.Column("update_id", sa.Text, nullable=False, index=True),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False, comment="from 1"),
    sa.Column("outcome", sa.Text, nullable=False, comment="sending until it has ended"),
    sa.Column("tried_at", sa.Double, nullable=False),
    sa.Column("ended_at", sa.Double, comment="null where tocsin was stopped meanwhile"),
    sa.Column("detail", sa.Text, nullable=False),
)

channel_threads = sa.Table(
    "channel_threads",
    metadata,
    sa.Column("channel", sa.Text, primary_key=True),
    sa.Column("address", sa.Text, primary_key=True),
    sa.Column("subject", sa.Text, primary_key=True),
    sa.Column("thread", sa.Text, nullable=False, comment="what the provider calls it"),
    sa.Column("begun_at", sa.Double, nullable=False),
)
