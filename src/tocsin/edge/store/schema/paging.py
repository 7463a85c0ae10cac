"""The tables of paging: timers of steps, pages and the ways they go, attempts, links, changes of schedules, tests."""

import sqlalchemy as sa

from tocsin.edge.store.schema.base import SEQUENCE, metadata

escalations = sa.Table(
    "escalations",
    metadata,
    sa.Column("incident", sa.Text, primary_key=True),
    sa.Column("policy", sa.Text, primary_key=True),
    sa.Column("step", sa.Integer, primary_key=True, autoincrement=False, comment="from 0"),
    sa.Column("round", sa.Integer, nullable=False, comment="of the next telling, from 0"),
    sa.Column("last_round", sa.Integer, nullable=False),
    sa.Column("every_seconds", sa.Integer, nullable=False),
    sa.Column("next_at", sa.Double, nullable=False),
    sa.Column("state", sa.Text, nullable=False, comment="waiting, answered, over, stopped"),
    sa.Column("body", sa.JSON, nullable=False, comment="the step as it was when the escalation began"),
    sa.Column("answered", sa.JSON, nullable=False, comment="who acknowledged since"),
    sa.Column("asked", sa.JSON, nullable=False, comment="whom it told"),
    sa.Index(
        "ix_escalations_waiting",
        "next_at",
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    ),
)

pages = sa.Table(
    "pages",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, nullable=False, unique=True, comment="incident:policy:step:round:person"),
    sa.Column("incident", sa.Text, nullable=False),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("policy", sa.Text, nullable=False),
    sa.Column("step", sa.Integer, nullable=False),
    sa.Column("round", sa.Integer, nullable=False),
    sa.Column("priority", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False, comment="pending, sent, delivered, answered, failed, superseded"),
    sa.Column("created_at", sa.Double, nullable=False),
    sa.Column("sent_at", sa.Double, comment="when a channel first took it"),
    sa.Column("ended_at", sa.Double, comment="answered, failed or superseded"),
    sa.Index(None, "incident"),
    sa.Index(None, "created_at"),
)

page_ways = sa.Table(
    "page_ways",
    metadata,
    sa.Column("page", sa.Text, sa.ForeignKey("pages.id"), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.Text, nullable=False, server_default="page", comment="page, acknowledged, resolved"),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("due_at", sa.Double, nullable=False),
    sa.Column("state", sa.Text, nullable=False, comment="pending, sending, sent, failed, superseded"),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("attempt", SEQUENCE, comment="the newest: whoever sends it holds the way until claimed_until"),
    sa.Column("claimed_until", sa.Double),
    sa.Column("may_have_gone", sa.Boolean, nullable=False, comment="an attempt may have been taken unseen"),
    sa.Index(
        "ix_page_ways_open",
        "state",
        "due_at",
        sqlite_where=sa.text("state IN ('pending', 'sending')"),
        postgresql_where=sa.text("state IN ('pending', 'sending')"),
    ),
)

page_attempts = sa.Table(
    "page_attempts",
    metadata,
    sa.Column("sequence", SEQUENCE, primary_key=True, autoincrement=True),
    sa.Column("page", sa.Text, sa.ForeignKey("pages.id"), nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("address", sa.Text, nullable=False, comment="only its beginning and end"),
    sa.Column("tried_at", sa.Double, nullable=False),
    sa.Column("ended_at", sa.Double),
    sa.Column("outcome", sa.Text, nullable=False, comment="sending, sent, delivered, busy, refused, unknown"),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("provider_id", sa.Text, nullable=False),
    sa.Column("may_be_repeat", sa.Boolean, nullable=False),
    sa.Index(None, "page"),
)

acknowledge_tokens = sa.Table(
    "acknowledge_tokens",
    metadata,
    sa.Column("digest", sa.Text, primary_key=True, comment="SHA-256; the token itself is nowhere"),
    sa.Column("page", sa.Text, nullable=False, comment="of a page, or of a contact test"),
    sa.Column("expires_at", sa.Double, nullable=False),
    sa.Column("used_at", sa.Double),
)

paging_keys = sa.Table(
    "paging_keys",
    metadata,
    sa.Column("id", sa.SmallInteger, primary_key=True, autoincrement=False, comment="1: there is one row"),
    sa.Column("secret", sa.LargeBinary, nullable=False),
    sa.Column("made_at", sa.Double, nullable=False),
)

on_call_overrides = sa.Table(
    "on_call_overrides",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("schedule", sa.Text, nullable=False),
    sa.Column("person", sa.Text, nullable=False, comment="empty: nobody takes the place"),
    sa.Column("instead_of", sa.Text, nullable=False, comment="empty: of everybody"),
    sa.Column("begins", sa.Double, nullable=False),
    sa.Column("ends", sa.Double, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("made_by", sa.Text, nullable=False),
    sa.Column("made_at", sa.Double, nullable=False),
    sa.Column("removed_at", sa.Double),
    sa.Index(None, "schedule", "ends"),
)

on_call_swaps = sa.Table(
    "on_call_swaps",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("schedule", sa.Text, nullable=False),
    sa.Column("asks", sa.Text, nullable=False),
    sa.Column("takes", sa.Text, nullable=False),
    sa.Column("begins", sa.Double, nullable=False),
    sa.Column("ends", sa.Double, nullable=False),
    sa.Column("back_begins", sa.Double),
    sa.Column("back_ends", sa.Double),
    sa.Column("state", sa.Text, nullable=False, comment="asked, taken, declined, withdrawn"),
    sa.Column("made_at", sa.Double, nullable=False),
    sa.Column("decided_at", sa.Double),
)

contact_tests = sa.Table(
    "contact_tests",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("run", sa.Text, nullable=False, comment="tests that were sent together"),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("address", sa.Text, nullable=False, comment="only its beginning and end"),
    sa.Column("address_digest", sa.Text, nullable=False, comment="SHA-256: which address was tested"),
    sa.Column("tried_at", sa.Double, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False, comment="sent, delivered, busy, refused"),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("answered_at", sa.Double),
    sa.Index(None, "person", "tried_at"),
    sa.Index(None, "run"),
)
