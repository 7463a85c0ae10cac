"""The journal, which nobody can change: its entries, its size, its followers."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_SAYS = "the journal is only ever added to"


def upgrade() -> None:
    """Make the tables, and the triggers that hold them."""
    op.create_table(
        "journal",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False, comment="from 0, without holes"),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False, comment="in its stream, from 1, without holes"),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.Double(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False, comment="canonical JSON, byte for byte as it was digested"),
        sa.Column("digest", sa.Text(), nullable=False, comment="of the line as a leaf (RFC 6962)"),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_journal")),
        sa.UniqueConstraint("stream", "sequence", name=op.f("uq_journal_stream_sequence")),
    )
    op.create_index(op.f("ix_journal_kind_recorded_at"), "journal", ["kind", "recorded_at"], unique=False)
    op.create_table(
        "journal_size",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False, comment="1: there is one row"),
        sa.Column("size", sa.BigInteger(), nullable=False, comment="entries; who holds this row may append"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal_size")),
    )
    op.execute("INSERT INTO journal_size (id, size) VALUES (1, 0)")
    op.create_table(
        "followers",
        sa.Column("name", sa.Text(), nullable=False, comment="who reads the journal and acts on it"),
        sa.Column("position", sa.BigInteger(), nullable=False, comment="the next entry to act on"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_followers")),
    )
    _forbid_changes()


def _forbid_changes() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for act in ("UPDATE", "DELETE"):
            raising = f"BEGIN SELECT RAISE(ABORT, '{_SAYS}'); END"
            op.execute(f"CREATE TRIGGER journal_no_{act.lower()} BEFORE {act} ON journal {raising}")
        return
    raising = f"BEGIN RAISE EXCEPTION '{_SAYS}'; END"
    op.execute(f"CREATE FUNCTION journal_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ {raising} $$")
    refuse = "FOR EACH STATEMENT EXECUTE FUNCTION journal_refuse()"
    op.execute(f"CREATE TRIGGER journal_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON journal {refuse}")
