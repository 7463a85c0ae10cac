"""The tables of pages: timers, pages, the ways they go, attempts, links, changes of schedules, tests."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    _escalations()
    _pages()
    _page_ways()
    _page_attempts()
    _acknowledge_tokens()
    _paging_keys()
    _on_call_overrides()
    _on_call_swaps()
    _contact_tests()


def _escalations() -> None:
    op.create_table(
        "escalations",
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False, autoincrement=False, comment="from 0"),
        sa.Column("round", sa.Integer(), nullable=False, comment="of the next telling, from 0"),
        sa.Column("last_round", sa.Integer(), nullable=False),
        sa.Column("every_seconds", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.Double(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False, comment="waiting, answered, over, stopped"),
        sa.Column("body", sa.JSON(), nullable=False, comment="the step as it was when the escalation began"),
        sa.Column("answered", sa.JSON(), nullable=False, comment="who acknowledged since"),
        sa.Column("asked", sa.JSON(), nullable=False, comment="whom it told"),
        sa.PrimaryKeyConstraint("incident", "policy", "step", name=op.f("pk_escalations")),
    )
    op.create_index(
        "ix_escalations_waiting",
        "escalations",
        ["next_at"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )


def _pages() -> None:
    op.create_table(
        "pages",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False, comment="incident:policy:step:round:person"),
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("priority", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False, comment="pending, sent, delivered, answered, failed, superseded"),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("sent_at", sa.Double(), comment="when a channel first took it"),
        sa.Column("ended_at", sa.Double(), comment="answered, failed or superseded"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pages")),
        sa.UniqueConstraint("key", name=op.f("uq_pages_key")),
    )
    op.create_index(op.f("ix_pages_incident"), "pages", ["incident"], unique=False)
    op.create_index(op.f("ix_pages_created_at"), "pages", ["created_at"], unique=False)


def _page_ways() -> None:
    op.create_table(
        "page_ways",
        sa.Column("page", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("kind", sa.Text(), nullable=False, server_default="page", comment="page, acknowledged, resolved"),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("due_at", sa.Double(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False, comment="pending, sending, sent, failed, superseded"),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("attempt", _SEQUENCE, comment="the newest: whoever sends it holds the way until claimed_until"),
        sa.Column("claimed_until", sa.Double()),
        sa.Column("may_have_gone", sa.Boolean(), nullable=False, comment="an attempt may have been taken unseen"),
        sa.ForeignKeyConstraint(["page"], ["pages.id"], name=op.f("fk_page_ways_page_pages")),
        sa.PrimaryKeyConstraint("page", "position", name=op.f("pk_page_ways")),
    )
    op.create_index(
        "ix_page_ways_open",
        "page_ways",
        ["state", "due_at"],
        unique=False,
        sqlite_where=sa.text("state IN ('pending', 'sending')"),
        postgresql_where=sa.text("state IN ('pending', 'sending')"),
    )


def _page_attempts() -> None:
    op.create_table(
        "page_attempts",
        sa.Column("sequence", _SEQUENCE, nullable=False, autoincrement=True),
        sa.Column("page", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False, comment="only its beginning and end"),
        sa.Column("tried_at", sa.Double(), nullable=False),
        sa.Column("ended_at", sa.Double()),
        sa.Column("outcome", sa.Text(), nullable=False, comment="sending, sent, delivered, busy, refused, unknown"),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("provider_id", sa.Text(), nullable=False),
        sa.Column("may_be_repeat", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["page"], ["pages.id"], name=op.f("fk_page_attempts_page_pages")),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_page_attempts")),
    )
    op.create_index(op.f("ix_page_attempts_page"), "page_attempts", ["page"], unique=False)


def _acknowledge_tokens() -> None:
    op.create_table(
        "acknowledge_tokens",
        sa.Column("digest", sa.Text(), nullable=False, comment="SHA-256; the token itself is nowhere"),
        sa.Column("page", sa.Text(), nullable=False, comment="of a page, or of a contact test"),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.Column("used_at", sa.Double()),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_acknowledge_tokens")),
    )


def _paging_keys() -> None:
    op.create_table(
        "paging_keys",
        sa.Column("id", sa.SmallInteger(), nullable=False, autoincrement=False, comment="1: there is one row"),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paging_keys")),
    )


def _on_call_overrides() -> None:
    op.create_table(
        "on_call_overrides",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("schedule", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False, comment="empty: nobody takes the place"),
        sa.Column("instead_of", sa.Text(), nullable=False, comment="empty: of everybody"),
        sa.Column("begins", sa.Double(), nullable=False),
        sa.Column("ends", sa.Double(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", sa.Double(), nullable=False),
        sa.Column("removed_at", sa.Double()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_on_call_overrides")),
    )
    op.create_index(op.f("ix_on_call_overrides_schedule_ends"), "on_call_overrides", ["schedule", "ends"], unique=False)


def _on_call_swaps() -> None:
    op.create_table(
        "on_call_swaps",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("schedule", sa.Text(), nullable=False),
        sa.Column("asks", sa.Text(), nullable=False),
        sa.Column("takes", sa.Text(), nullable=False),
        sa.Column("begins", sa.Double(), nullable=False),
        sa.Column("ends", sa.Double(), nullable=False),
        sa.Column("back_begins", sa.Double()),
        sa.Column("back_ends", sa.Double()),
        sa.Column("state", sa.Text(), nullable=False, comment="asked, taken, declined, withdrawn"),
        sa.Column("made_at", sa.Double(), nullable=False),
        sa.Column("decided_at", sa.Double()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_on_call_swaps")),
    )


def _contact_tests() -> None:
    op.create_table(
        "contact_tests",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("run", sa.Text(), nullable=False, comment="tests that were sent together"),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False, comment="only its beginning and end"),
        sa.Column("address_digest", sa.Text(), nullable=False, comment="SHA-256: which address was tested"),
        sa.Column("tried_at", sa.Double(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False, comment="sent, delivered, busy, refused"),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.Double()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_tests")),
    )
    op.create_index(op.f("ix_contact_tests_person_tried_at"), "contact_tests", ["person", "tried_at"], unique=False)
    op.create_index(op.f("ix_contact_tests_run"), "contact_tests", ["run"], unique=False)
