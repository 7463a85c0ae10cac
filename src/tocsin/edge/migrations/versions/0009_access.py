"""The tables of access: users, passkeys, recovery codes, sessions, API keys, challenges, answers kept."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "users",
        sa.Column(
            "id", sa.Text(), nullable=False, comment="the login name; of a person of the estate, the person's id"
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False, comment="names of roles"),
        sa.Column("version", sa.Integer(), nullable=False, comment="counts changes by administrators"),
        sa.Column("password_hash", sa.Text(), nullable=False, comment="argon2id; empty: no login by password"),
        sa.Column("totp_sealed", sa.Text(), nullable=False, comment="secret of one-time codes, sealed; empty: none"),
        sa.Column("totp_step", sa.BigInteger(), nullable=False, comment="of the last code used: each is good once"),
        sa.Column("failures", sa.Integer(), nullable=False, comment="wrong attempts in a row"),
        sa.Column("locked_until", sa.Double(), nullable=False),
        sa.Column("is_disabled", sa.Boolean(), nullable=False),
        sa.Column("is_break_glass", sa.Boolean(), nullable=False),
        sa.Column("oidc_subject", sa.Text(), nullable=True, comment="issuer and subject there; null: a local account"),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("oidc_subject", name=op.f("uq_users_oidc_subject")),
    )
    op.create_table(
        "passkeys",
        sa.Column("id", sa.Text(), nullable=False, comment="the credential's id, base64url"),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False, comment="COSE"),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("last_used_at", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkeys")),
        sa.ForeignKeyConstraint(["user"], ["users.id"], name=op.f("fk_passkeys_user_users")),
    )
    op.create_index(op.f("ix_passkeys_user"), "passkeys", ["user"], unique=False)
    op.create_table(
        "recovery_codes",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("used_at", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_recovery_codes")),
        sa.ForeignKeyConstraint(["user"], ["users.id"], name=op.f("fk_recovery_codes_user_users")),
    )
    op.create_index(op.f("ix_recovery_codes_user"), "recovery_codes", ["user"], unique=False)
    op.create_table(
        "sessions",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False, comment="of the token that the cookie holds"),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False, comment="password: a second factor is still due; whole"),
        sa.Column("has_second_factor", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("seen_at", sa.Double(), nullable=False),
        sa.Column("ends_at", sa.Double(), nullable=False, comment="at the latest, however much it is used"),
        sa.Column("revoked_at", sa.Double(), nullable=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False, comment="what the browser calls itself: untrusted"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
        sa.ForeignKeyConstraint(["user"], ["users.id"], name=op.f("fk_sessions_user_users")),
        sa.UniqueConstraint("digest", name=op.f("uq_sessions_digest")),
    )
    op.create_index(op.f("ix_sessions_user"), "sessions", ["user"], unique=False)
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False, comment="of the program that uses it: its actor"),
        sa.Column("prefix", sa.Text(), nullable=False, comment="how the key begins; may be shown"),
        sa.Column("digest", sa.Text(), nullable=False, comment="SHA-256 of the key, which has 256 random bits"),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("networks", sa.JSON(), nullable=False, comment="from which it may be used; empty: from anywhere"),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("ends_at", sa.Double(), nullable=True),
        sa.Column("revoked_at", sa.Double(), nullable=True),
        sa.Column("last_used_at", sa.Double(), nullable=True),
        sa.Column("last_address", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("prefix", name=op.f("uq_api_keys_prefix")),
    )
    op.create_table(
        "challenges",
        sa.Column("digest", sa.Text(), nullable=False, comment="of what must come back; taken once"),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("user", sa.Text(), nullable=False, comment="empty where nobody is known yet"),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("ends_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_challenges")),
    )
    op.create_index(op.f("ix_challenges_ends_at"), "challenges", ["ends_at"], unique=False)
    op.create_table(
        "answers",
        sa.Column("caller", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False, comment="the Idempotency-Key"),
        sa.Column("request", sa.Text(), nullable=False, comment="digest of method, path and body"),
        sa.Column("status", sa.Integer(), nullable=True, comment="null: it is being done"),
        sa.Column("headers", sa.JSON(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("begun_at", sa.Double(), nullable=False),
        sa.Column("ends_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("caller", "key", name=op.f("pk_answers")),
    )
    op.create_index(op.f("ix_answers_ends_at"), "answers", ["ends_at"], unique=False)
