"""The first tables: findings, outbox, blocks, checkpoints, gaps, memories, health alerts, blindness, deliveries."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "blindness",
        sa.Column("chain_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("detector", sa.Text(), nullable=False),
        sa.Column("missing", sa.Text(), nullable=False, comment="datasets, separated by spaces"),
        sa.Column("wholly", sa.Boolean(), nullable=False),
        sa.Column("since_block", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("chain_id", "detector", name=op.f("pk_blindness")),
    )
    op.create_table(
        "blocks",
        sa.Column("chain_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("parent_hash", sa.Text(), nullable=False),
        sa.Column("timestamp", sa.BigInteger(), nullable=False),
        sa.Column("done_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("chain_id", "number", name=op.f("pk_blocks")),
    )
    op.create_table(
        "checkpoints",
        sa.Column("chain_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False, comment="the first block that was to be watched"),
        sa.Column("number", sa.BigInteger(), nullable=False, comment="every block from the start to here is done"),
        sa.Column(
            "hash",
            sa.Text(),
            nullable=True,
            comment="null before the first block, and after a reorg without a common block",
        ),
        sa.PrimaryKeyConstraint("chain_id", name=op.f("pk_checkpoints")),
    )
    op.create_table(
        "findings",
        sa.Column("id", sa.Text(), nullable=False, comment="Finding.id: the same sighting has the same id"),
        sa.Column("detector", sa.Text(), nullable=False),
        sa.Column("severity", sa.SmallInteger(), nullable=False, comment="Severity, 1 to 5"),
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("block_hash", sa.Text(), nullable=False),
        sa.Column("transaction_hash", sa.Text(), nullable=True),
        sa.Column("body", sa.JSON(), nullable=False, comment="the finding as JSON; exact integers are strings"),
        sa.Column("seen_at", sa.Double(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False, comment="counts reports and retractions; odd is retracted"),
        sa.Column("retracted_at", sa.Double(), nullable=True),
        sa.Column("retracted_by", sa.Text(), nullable=True, comment="what replaced its block"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_findings")),
    )
    op.create_index(op.f("ix_findings_chain_id_block_hash"), "findings", ["chain_id", "block_hash"], unique=False)
    op.create_index(op.f("ix_findings_chain_id_block_number"), "findings", ["chain_id", "block_number"], unique=False)
    op.create_table(
        "gaps",
        sa.Column("chain_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("first", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("detector", sa.Text(), nullable=False, comment="empty: undone for every detector"),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("chain_id", "first", "detector", name=op.f("pk_gaps")),
    )
    op.create_table(
        "health_alerts",
        sa.Column("sequence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("key", sa.Text(), nullable=False, comment="what is wrong, where: one alert is open per key"),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("chain_id", sa.BigInteger(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.Double(), nullable=False),
        sa.Column("closed_at", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_health_alerts")),
    )
    op.create_index(
        "uq_health_alerts_open",
        "health_alerts",
        ["key"],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "memories",
        sa.Column("detector", sa.Text(), nullable=False),
        sa.Column("chain_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("block_number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("block_hash", sa.Text(), nullable=False),
        sa.Column("rows", sa.LargeBinary(), nullable=False, comment="Arrow IPC"),
        sa.PrimaryKeyConstraint("detector", "chain_id", "block_number", "block_hash", name=op.f("pk_memories")),
    )
    op.create_table(
        "outbox",
        sa.Column("sequence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("key", sa.Text(), nullable=False, comment="idempotency key: finding id and revision"),
        sa.Column("kind", sa.Text(), nullable=False, comment="finding or retraction"),
        sa.Column("finding_id", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_try_at", sa.Double(), nullable=False),
        sa.Column("delivered_at", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["finding_id"], ["findings.id"], name=op.f("fk_outbox_finding_id_findings")),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_outbox")),
        sa.UniqueConstraint("key", name=op.f("uq_outbox_key")),
    )
    op.create_index(
        "ix_outbox_pending",
        "outbox",
        ["sequence"],
        unique=False,
        sqlite_where=sa.text("delivered_at IS NULL"),
        postgresql_where=sa.text("delivered_at IS NULL"),
    )
    op.create_table(
        "deliveries",
        sa.Column("sequence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("notice", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("tried_at", sa.Double(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True, comment="null: it was told"),
        sa.ForeignKeyConstraint(["notice"], ["outbox.sequence"], name=op.f("fk_deliveries_notice_outbox")),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_deliveries")),
    )
    op.create_index(op.f("ix_deliveries_notice"), "deliveries", ["notice"], unique=False)
