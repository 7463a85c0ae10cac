"""The tables of alerts: what waits, alerts, their findings and links, merges, verdicts, suppressions."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the tables."""
    _waiting()
    _alerts()
    _judging()


def _waiting() -> None:
    op.create_table(
        "triage_queue",
        sa.Column(
            "sequence",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
            comment="outbox.sequence",
        ),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_triage_queue")),
    )
    op.create_table(
        "triage_state",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False, comment="1: there is one row"),
        sa.Column("taken_in", sa.BigInteger(), nullable=False, comment="notices; who holds this row may change alerts"),
        sa.Column("openings", sa.JSON(), nullable=False, comment="when incidents were opened lately, to see a storm"),
        sa.Column("storm", sa.Text(), nullable=True, comment="the incident that a storm's alerts join"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_triage_state")),
    )
    op.execute("INSERT INTO triage_state (id, taken_in, openings) VALUES (1, 0, '[]')")


def _alerts() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False, comment="what it is about: one alert is open per key"),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column(
            "source", sa.Text(), nullable=False, comment="detectors, health, or what another program calls itself"
        ),
        sa.Column("source_ref", sa.Text(), nullable=True, comment="its id there"),
        sa.Column("severity", sa.SmallInteger(), nullable=False, comment="Severity, 1 to 5"),
        sa.Column("chain_id", sa.BigInteger(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("times", sa.BigInteger(), nullable=False, comment="how often it was reported"),
        sa.Column("findings", sa.BigInteger(), nullable=False),
        sa.Column("retracted", sa.BigInteger(), nullable=False, comment="of the findings: taken back by a reorg"),
        sa.Column("occurred_at", sa.Double(), nullable=False, comment="when it happened, as far as is known"),
        sa.Column("opened_at", sa.Double(), nullable=False, comment="when it was received"),
        sa.Column("last_seen", sa.Double(), nullable=False),
        sa.Column("acknowledged_at", sa.Double(), nullable=True),
        sa.Column("closed_at", sa.Double(), nullable=True),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("verdict", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False, comment="of the verdict"),
        sa.Column("incident", sa.Text(), nullable=True),
        sa.Column("merged_into", sa.Text(), nullable=True),
        sa.Column("suppressed_by", sa.Text(), nullable=True),
        sa.Column(
            "tell_at",
            sa.Double(),
            nullable=True,
            comment="when its incident is to be told what is new; null: all was told",
        ),
        sa.Column("version", sa.Integer(), nullable=False, comment="counts what people did to it"),
        sa.Column("story", sa.JSON(), nullable=False, comment="what it tells: respond/triage/alert.py"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
    )
    op.create_index(op.f("ix_alerts_incident"), "alerts", ["incident"], unique=False)
    op.create_index(op.f("ix_alerts_tell_at"), "alerts", ["tell_at"], unique=False)
    op.create_index(op.f("ix_alerts_opened_at"), "alerts", ["opened_at"], unique=False)
    op.create_index(op.f("ix_alerts_source_source_ref"), "alerts", ["source", "source_ref"], unique=False)
    op.create_index(op.f("ix_alerts_state_severity"), "alerts", ["state", "severity"], unique=False)
    op.create_index(
        "uq_alerts_open_key",
        "alerts",
        ["key"],
        unique=True,
        sqlite_where=sa.text("state NOT IN ('merged', 'closed')"),
        postgresql_where=sa.text("state NOT IN ('merged', 'closed')"),
    )
    op.create_table(
        "alert_findings",
        sa.Column("finding", sa.Text(), nullable=False),
        sa.Column("alert", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False, comment="the alert it came to, before any merge"),
        sa.Column("detector", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("weight", sa.Double(), nullable=False),
        sa.Column("severity", sa.SmallInteger(), nullable=False),
        sa.Column("joined_at", sa.Double(), nullable=False),
        sa.Column("retracted_at", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("finding", name=op.f("pk_alert_findings")),
    )
    op.create_index(op.f("ix_alert_findings_alert_weight"), "alert_findings", ["alert", "weight"], unique=False)
    op.create_index(op.f("ix_alert_findings_detector"), "alert_findings", ["detector"], unique=False)
    op.create_table(
        "alert_links",
        sa.Column("link", sa.Text(), nullable=False, comment="a transaction, an actor, a victim: joins findings"),
        sa.Column("alert", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False, comment="the alert that had it first, before any merge"),
        sa.Column(
            "transactions", sa.JSON(), nullable=False, comment="of a victim: the transactions that name it, digested"
        ),
        sa.PrimaryKeyConstraint("link", name=op.f("pk_alert_links")),
    )
    op.create_index(op.f("ix_alert_links_alert"), "alert_links", ["alert"], unique=False)
    op.create_table(
        "incident_links",
        sa.Column("link", sa.Text(), nullable=False, comment="an account, a transaction, an asset: joins alerts"),
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("touched_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("link", name=op.f("pk_incident_links")),
    )
    op.create_index(op.f("ix_incident_links_incident"), "incident_links", ["incident"], unique=False)


def _judging() -> None:
    op.create_table(
        "alert_merges",
        sa.Column("sequence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("alert", sa.Text(), nullable=False),
        sa.Column("into", sa.Text(), nullable=False),
        sa.Column("merged_at", sa.Double(), nullable=False),
        sa.Column("undone_at", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_alert_merges")),
    )
    op.create_index(op.f("ix_alert_merges_alert"), "alert_merges", ["alert"], unique=False)
    op.create_index(op.f("ix_alert_merges_into"), "alert_merges", ["into"], unique=False)
    op.create_table(
        "alert_verdicts",
        sa.Column("sequence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("alert", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("given_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_alert_verdicts")),
    )
    op.create_index(op.f("ix_alert_verdicts_alert"), "alert_verdicts", ["alert"], unique=False)
    op.create_table(
        "suppressions",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("expression", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False, comment="dedupe or snooze"),
        sa.Column("mode", sa.Text(), nullable=False, comment="active or monitor"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("approver", sa.Text(), nullable=True),
        sa.Column("made_at", sa.Double(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.Column("matched", sa.BigInteger(), nullable=False, comment="findings and reports it matched"),
        sa.Column("last_matched_at", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppressions")),
    )
    op.create_index(op.f("ix_suppressions_expires_at"), "suppressions", ["expires_at"], unique=False)
    op.create_table(
        "alert_suppressions",
        sa.Column("suppression", sa.Text(), nullable=False),
        sa.Column("alert", sa.Text(), nullable=False),
        sa.Column("is_hidden", sa.Boolean(), nullable=False, comment="false: it would have been, were the rule active"),
        sa.Column("at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("suppression", "alert", name=op.f("pk_alert_suppressions")),
    )
    op.create_index(op.f("ix_alert_suppressions_alert"), "alert_suppressions", ["alert"], unique=False)
