"""
The tables of access: users, their passkeys and recovery codes, sessions, API keys, challenges, answers kept.

Nothing in them lets anybody in by itself: passwords are argon2id, tokens, keys and codes are digests, and what must be
readable (the secret of one-time codes) is sealed with a key that is not in the store.
"""

import sqlalchemy as sa

from tocsin.edge.store.schema.base import metadata

users = sa.Table(
    "users",
    metadata,
    sa.Column("id", sa.Text, primary_key=True, comment="the login name; of a person of the estate, the person's id"),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("roles", sa.JSON, nullable=False, comment="names of roles"),
    sa.Column("version", sa.Integer, nullable=False, comment="counts changes by administrators"),
    sa.Column("password_hash", sa.Text, nullable=False, comment="argon2id; empty: no login by password"),
    sa.Column("totp_sealed", sa.Text, nullable=False, comment="secret of one-time codes, sealed; empty: none"),
    sa.Column("totp_step", sa.BigInteger, nullable=False, comment="of the last code used: each is good once"),
    sa.Column("failures", sa.Integer, nullable=False, comment="wrong attempts in a row"),
    sa.Column("locked_until", sa.Double, nullable=False),
    sa.Column("is_disabled", sa.Boolean, nullable=False),
    sa.Column("is_break_glass", sa.Boolean, nullable=False),
    sa.Column("oidc_subject", sa.Text, unique=True, comment="issuer and subject there; null: a local account"),
    sa.Column("created_at", sa.Double, nullable=False),
)

passkeys = sa.Table(
    "passkeys",
    metadata,
    sa.Column("id", sa.Text, primary_key=True, comment="the credential's id, base64url"),
    sa.Column("user", sa.Text, sa.ForeignKey("users.id"), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("public_key", sa.LargeBinary, nullable=False, comment="COSE"),
    sa.Column("sign_count", sa.BigInteger, nullable=False),
    sa.Column("created_at", sa.Double, nullable=False),
    sa.Column("last_used_at", sa.Double),
    sa.Index(None, "user"),
)

recovery_codes = sa.Table(
    "recovery_codes",
    metadata,
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("user", sa.Text, sa.ForeignKey("users.id"), nullable=False),
    sa.Column("used_at", sa.Double),
    sa.Index(None, "user"),
)

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("digest", sa.Text, nullable=False, unique=True, comment="of the token that the cookie holds"),
    sa.Column("user", sa.Text, sa.ForeignKey("users.id"), nullable=False),
    sa.Column("stage", sa.Text, nullable=False, comment="password: a second factor is still due; whole"),
    sa.Column("has_second_factor", sa.Boolean, nullable=False),
    sa.Column("created_at", sa.Double, nullable=False),
    sa.Column("seen_at", sa.Double, nullable=False),
    sa.Column("ends_at", sa.Double, nullable=False, comment="at the latest, however much it is used"),
    sa.Column("revoked_at", sa.Double),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("agent", sa.Text, nullable=False, comment="what the browser calls itself: untrusted"),
    sa.Index(None, "user"),
)

api_keys = sa.Table(
    "api_keys",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, comment="of the program that uses it: its actor"),
    sa.Column("prefix", sa.Text, nullable=False, unique=True, comment="how the key begins; may be shown"),
    sa.Column("digest", sa.Text, nullable=False, comment="SHA-256 of the key, which has 256 random bits"),
    sa.Column("scopes", sa.JSON, nullable=False),
    sa.Column("networks", sa.JSON, nullable=False, comment="from which it may be used; empty: from anywhere"),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("created_at", sa.Double, nullable=False),
    sa.Column("ends_at", sa.Double),
    sa.Column("revoked_at", sa.Double),
    sa.Column("last_used_at", sa.Double),
    sa.Column("last_address", sa.Text, nullable=False),
)

challenges = sa.Table(
    "challenges",
    metadata,
    sa.Column("digest", sa.Text, primary_key=True, comment="of what must come back; taken once"),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("user", sa.Text, nullable=False, comment="empty where nobody is known yet"),
    sa.Column("data", sa.JSON, nullable=False),
    sa.Column("ends_at", sa.Double, nullable=False),
    sa.Index(None, "ends_at"),
)

answers = sa.Table(
    "answers",
    metadata,
    sa.Column("caller", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True, comment="the Idempotency-Key"),
    sa.Column("request", sa.Text, nullable=False, comment="digest of method, path and body"),
    sa.Column("status", sa.Integer, comment="null: it is being done"),
    sa.Column("headers", sa.JSON, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("begun_at", sa.Double, nullable=False),
    sa.Column("ends_at", sa.Double, nullable=False),
    sa.Index(None, "ends_at"),
)
