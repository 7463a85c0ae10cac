"""
The tables of evidence: what is kept, what is still to be captured from chains, and what proves the journal.

Bytes are in files named by their digest; custody is in the journal. Digests are SHA-256, 64 hexadecimal digits.
"""

import sqlalchemy as sa

from tocsin.edge.store.schema.base import SEQUENCE, metadata

evidence = sa.Table(
    "evidence",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False, comment="bytes"),
    sa.Column("type", sa.Text, nullable=False, comment="file, chain_snapshot, log, screenshot, message, memory"),
    sa.Column("name", sa.Text, nullable=False, comment="as whoever gave it called it: untrusted"),
    sa.Column("media", sa.Text, nullable=False, comment="media type as given: untrusted"),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("method", sa.Text, nullable=False),
    sa.Column("tool", sa.Text, nullable=False),
    sa.Column("copy", sa.Text, nullable=False, comment="original, working_copy, derived"),
    sa.Column("parent", sa.Text, sa.ForeignKey("evidence.id"), comment="what it is a copy of, or derived from"),
    sa.Column("incident", sa.Text, comment="id"),
    sa.Column("state", sa.Text, nullable=False, comment="kept, released, destroyed"),
    sa.Column("legal_hold", sa.Boolean, nullable=False),
    sa.Column("retain_until", sa.Double),
    sa.Column("added_at", sa.Double, nullable=False),
    sa.Column("added_by", sa.Text, nullable=False),
    sa.Index(None, "incident"),
    sa.Index(None, "sha256"),
    sa.Index(None, "added_at"),
)

captures = sa.Table(
    "captures",
    metadata,
    sa.Column("sequence", SEQUENCE, primary_key=True, autoincrement=True),
    sa.Column("incident", sa.Text, nullable=False),
    sa.Column("alert", sa.Text, nullable=False),
    sa.Column("chain_id", sa.BigInteger, nullable=False),
    sa.Column("block_number", sa.BigInteger, nullable=False),
    sa.Column("block_hash", sa.Text, nullable=False),
    sa.Column("transaction_hash", sa.Text, nullable=False, comment="empty for the block alone"),
    sa.Column("accounts", sa.Text, nullable=False, comment="addresses the alert names, with spaces between"),
    sa.Column("asked_at", sa.Double, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("next_try_at", sa.Double, nullable=False),
    sa.Column("error", sa.Text, nullable=False),
    sa.Column("done_at", sa.Double),
    sa.Column("evidence", sa.Text, sa.ForeignKey("evidence.id")),
    sa.Column("finality", sa.Text, nullable=False, comment="empty until known: finalized, orphaned; covered"),
    sa.UniqueConstraint("incident", "chain_id", "block_hash", "transaction_hash"),
    sa.Index(None, "done_at", "next_try_at"),
)

log_checkpoints = sa.Table(
    "log_checkpoints",
    metadata,
    sa.Column("size", sa.BigInteger, primary_key=True, autoincrement=False, comment="entries of the journal"),
    sa.Column("root", sa.Text, nullable=False),
    sa.Column("note", sa.Text, nullable=False, comment="the signed note"),
    sa.Column("frontier", sa.Text, nullable=False, comment="hashes of the whole subtrees, with spaces between"),
    sa.Column("made_at", sa.Double, nullable=False),
)

time_stamps = sa.Table(
    "time_stamps",
    metadata,
    sa.Column("sequence", SEQUENCE, primary_key=True, autoincrement=True),
    sa.Column("size", sa.BigInteger, sa.ForeignKey("log_checkpoints.size"), nullable=False),
    sa.Column("authority", sa.Text, nullable=False, comment="the URL, without secrets"),
    sa.Column("response", sa.LargeBinary, nullable=False, comment="RFC 3161 TimeStampResp, DER"),
    sa.Column("stamped_at", sa.Double, nullable=False, comment="as the authority says"),
    sa.UniqueConstraint("size", "authority"),
)

anchors = sa.Table(
    "anchors",
    metadata,
    sa.Column("sequence", SEQUENCE, primary_key=True, autoincrement=True),
    sa.Column("size", sa.BigInteger, sa.ForeignKey("log_checkpoints.size"), nullable=False),
    sa.Column("chain_id", sa.BigInteger, nullable=False),
    sa.Column("transaction_hash", sa.Text, nullable=False),
    sa.Column("block_number", sa.BigInteger),
    sa.Column("block_hash", sa.Text),
    sa.Column("anchored_at", sa.Double, nullable=False),
    sa.UniqueConstraint("chain_id", "transaction_hash"),
)
