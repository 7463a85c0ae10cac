"""
The tables of the watching: findings, notices of them, blocks, and what hinders.

A finding's `body` is its JSON as the command line has it, in which exact integers are decimal strings: no
database type can hold 256 bits, and no reader may round them.
"""

import sqlalchemy as sa

from tocsin.edge.store.schema.base import SEQUENCE, metadata

findings = sa.Table(
    "findings",
    metadata,
    sa.Column("id", sa.Text, primary_key=True, comment="Finding.id: the same sighting has the same id"),
    sa.Column("detector", sa.Text, nullable=False),
    sa.Column("severity", sa.SmallInteger, nullable=False, comment="Severity, 1 to 5"),
    sa.Column("chain_id", sa.BigInteger, nullable=False),
    sa.Column("block_number", sa.BigInteger, nullable=False),
    sa.Column("block_hash", sa.Text, nullable=False),
    sa.Column("transaction_hash", sa.Text),
    sa.Column("body", sa.JSON, nullable=False, comment="the finding as JSON; exact integers are strings"),
    sa.Column("seen_at", sa.Double, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False, comment="counts reports and retractions; odd is retracted"),
    sa.Column("retracted_at", sa.Double),
    sa.Column("retracted_by", sa.Text, comment="what replaced its block"),
    sa.Index(None, "chain_id", "block_hash"),
    sa.Index(None, "chain_id", "block_number"),
    sa.Index(None, "seen_at"),
)

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("sequence", SEQUENCE, primary_key=True, autoincrement=True),
    sa.Column("key", sa.Text, nullable=False, unique=True, comment="idempotency key: finding id and revision"),
    sa.Column("kind", sa.Text, nullable=False, comment="finding or retraction"),
    sa.Column("finding_id", sa.Text, sa.ForeignKey("findings.id"), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("next_try_at", sa.Double, nullable=False),
    sa.Column("delivered_at", sa.Double),
    sa.Index(
        "ix_outbox_pending",
        "sequence",
        sqlite_where=sa.text("delivered_at IS NULL"),
        postgresql_where=sa.text("delivered_at IS NULL"),
    ),
)

deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("sequence", SEQUENCE, primary_key=True, autoincrement=True),
    sa.Column("notice", SEQUENCE, sa.ForeignKey("outbox.sequence"), nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("tried_at", sa.Double, nullable=False),
    sa.Column("error", sa.Text, comment="null: it was told"),
    sa.Index(None, "notice"),
)

blocks = sa.Table(
    "blocks",
    metadata,
    sa.Column("chain_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("hash", sa.Text, nullable=False),
    sa.Column("parent_hash", sa.Text, nullable=False),
    sa.Column("timestamp", sa.BigInteger, nullable=False),
    sa.Column("done_at", sa.Double, nullable=False),
)

checkpoints = sa.Table(
    "checkpoints",
    metadata,
    sa.Column("chain_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("start", sa.BigInteger, nullable=False, comment="the first block that was to be watched"),
    sa.Column("number", sa.BigInteger, nullable=False, comment="every block from the start to here is done"),
    sa.Column("hash", sa.Text, comment="null before the first block, and after a reorg without a common block"),
)

gaps = sa.Table(
    "gaps",
    metadata,
    sa.Column("chain_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("first", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("detector", sa.Text, primary_key=True, comment="empty: undone for every detector"),
    sa.Column("last", sa.BigInteger, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("next_try_at", sa.Double, nullable=False),
)

memories = sa.Table(
    "memories",
    metadata,
    sa.Column("detector", sa.Text, primary_key=True),
    sa.Column("chain_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("block_number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("block_hash", sa.Text, primary_key=True),
    sa.Column("rows", sa.LargeBinary, nullable=False, comment="Arrow IPC"),
)

health_alerts = sa.Table(
    "health_alerts",
    metadata,
    sa.Column("sequence", SEQUENCE, primary_key=True, autoincrement=True),
    sa.Column("key", sa.Text, nullable=False, comment="what is wrong, where: one alert is open per key"),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("chain_id", sa.BigInteger),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("times", sa.Integer, nullable=False),
    sa.Column("opened_at", sa.Double, nullable=False),
    sa.Column("closed_at", sa.Double),
    sa.Index(
        "uq_health_alerts_open",
        "key",
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    ),
)

blindness = sa.Table(
    "blindness",
    metadata,
    sa.Column("chain_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("detector", sa.Text, primary_key=True),
    sa.Column("missing", sa.Text, nullable=False, comment="datasets, separated by spaces"),
    sa.Column("wholly", sa.Boolean, nullable=False),
    sa.Column("since_block", sa.BigInteger, nullable=False),
)
