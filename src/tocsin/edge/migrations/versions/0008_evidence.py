"""The tables of evidence: items, captures, checkpoints of the journal, their time-stamps and anchors."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    _evidence()
    _captures()
    _log_checkpoints()
    _time_stamps()
    _anchors()


def _evidence() -> None:
    op.create_table(
        "evidence",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False, comment="bytes"),
        sa.Column("type", sa.Text(), nullable=False, comment="file, chain_snapshot, log, screenshot, message, memory"),
        sa.Column("name", sa.Text(), nullable=False, comment="as whoever gave it called it: untrusted"),
        sa.Column("media", sa.Text(), nullable=False, comment="media type as given: untrusted"),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("tool", sa.Text(), nullable=False),
        sa.Column("copy", sa.Text(), nullable=False, comment="original, working_copy, derived"),
        sa.Column("parent", sa.Text(), nullable=True, comment="what it is a copy of, or derived from"),
        sa.Column("incident", sa.Text(), nullable=True, comment="id"),
        sa.Column("state", sa.Text(), nullable=False, comment="kept, released, destroyed"),
        sa.Column("legal_hold", sa.Boolean(), nullable=False),
        sa.Column("retain_until", sa.Double(), nullable=True),
        sa.Column("added_at", sa.Double(), nullable=False),
        sa.Column("added_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
        sa.ForeignKeyConstraint(["parent"], ["evidence.id"], name=op.f("fk_evidence_parent_evidence")),
    )
    op.create_index(op.f("ix_evidence_incident"), "evidence", ["incident"], unique=False)
    op.create_index(op.f("ix_evidence_sha256"), "evidence", ["sha256"], unique=False)
    op.create_index(op.f("ix_evidence_added_at"), "evidence", ["added_at"], unique=False)


def _captures() -> None:
    op.create_table(
        "captures",
        sa.Column("sequence", _SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("alert", sa.Text(), nullable=False),
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("block_hash", sa.Text(), nullable=False),
        sa.Column("transaction_hash", sa.Text(), nullable=False, comment="empty for the block alone"),
        sa.Column("accounts", sa.Text(), nullable=False, comment="addresses the alert names, with spaces between"),
        sa.Column("asked_at", sa.Double(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try_at", sa.Double(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("done_at", sa.Double(), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.Column("finality", sa.Text(), nullable=False, comment="empty until known: finalized, orphaned; covered"),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_captures")),
        sa.ForeignKeyConstraint(["evidence"], ["evidence.id"], name=op.f("fk_captures_evidence_evidence")),
        sa.UniqueConstraint(
            "incident",
            "chain_id",
            "block_hash",
            "transaction_hash",
            name=op.f("uq_captures_incident_chain_id_block_hash_transaction_hash"),
        ),
    )
    op.create_index(op.f("ix_captures_done_at_next_try_at"), "captures", ["done_at", "next_try_at"], unique=False)


def _log_checkpoints() -> None:
    op.create_table(
        "log_checkpoints",
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False, comment="entries of the journal"),
        sa.Column("root", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False, comment="the signed note"),
        sa.Column("frontier", sa.Text(), nullable=False, comment="hashes of the whole subtrees, with spaces between"),
        sa.Column("made_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_log_checkpoints")),
    )


def _time_stamps() -> None:
    op.create_table(
        "time_stamps",
        sa.Column("sequence", _SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False, comment="the URL, without secrets"),
        sa.Column("response", sa.LargeBinary(), nullable=False, comment="RFC 3161 TimeStampResp, DER"),
        sa.Column("stamped_at", sa.Double(), nullable=False, comment="as the authority says"),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_time_stamps")),
        sa.ForeignKeyConstraint(["size"], ["log_checkpoints.size"], name=op.f("fk_time_stamps_size_log_checkpoints")),
        sa.UniqueConstraint("size", "authority", name=op.f("uq_time_stamps_size_authority")),
    )


def _anchors() -> None:
    op.create_table(
        "anchors",
        sa.Column("sequence", _SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("transaction_hash", sa.Text(), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=True),
        sa.Column("block_hash", sa.Text(), nullable=True),
        sa.Column("anchored_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_anchors")),
        sa.ForeignKeyConstraint(["size"], ["log_checkpoints.size"], name=op.f("fk_anchors_size_log_checkpoints")),
        sa.UniqueConstraint("chain_id", "transaction_hash", name=op.f("uq_anchors_chain_id_transaction_hash")),
    )
