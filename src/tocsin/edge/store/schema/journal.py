"""The tables of the journal: its entries, its size, and how far each follower has read."""

import sqlalchemy as sa

from tocsin.edge.store.schema.base import metadata

journal = sa.Table(
    "journal",
    metadata,
    sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False, comment="from 0, without holes"),
    sa.Column("stream", sa.Text, nullable=False),
    sa.Column("sequence", sa.BigInteger, nullable=False, comment="in its stream, from 1, without holes"),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("recorded_at", sa.Double, nullable=False),
    sa.Column("line", sa.Text, nullable=False, comment="canonical JSON, byte for byte as it was digested"),
    sa.Column("digest", sa.Text, nullable=False, comment="of the line as a leaf (RFC 6962)"),
    sa.UniqueConstraint("stream", "sequence"),
    sa.Index(None, "kind", "recorded_at"),
)

journal_size = sa.Table(
    "journal_size",
    metadata,
    sa.Column("id", sa.SmallInteger, primary_key=True, autoincrement=False, comment="1: there is one row"),
    sa.Column("size", sa.BigInteger, nullable=False, comment="entries; who holds this row may append"),
)

followers = sa.Table(
    "followers",
    metadata,
    sa.Column("name", sa.Text, primary_key=True, comment="who reads the journal and acts on it"),
    sa.Column("position", sa.BigInteger, nullable=False, comment="the next entry to act on"),
)
