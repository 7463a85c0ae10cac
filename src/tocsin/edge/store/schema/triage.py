"""
The tables of alerts: what waits to be triaged, alerts, what joins them, verdicts, merges, suppressions.

Notices wait in `triage_queue`, a row each, from the transaction that wrote them to the one that triaged them. A cursor
over `outbox.sequence` would not do: on PostgreSQL a lower number may become visible after a higher one.
"""

import sqlalchemy as sa

from tocsin.edge.store.schema.base import SEQUENCE, metadata

OPEN = "state NOT IN ('merged', 'closed')"
"""Alerts that somebody still has to look at."""

triage_queue = sa.Table(
    "triage_queue",
    metadata,
    sa.Column("sequence", SEQUENCE, primary_key=True, autoincrement=False, comment="outbox.sequence"),
)

triage_state = sa.Table(
    "triage_state",
    metadata,
    sa.Column("id", sa.SmallInteger, primary_key=True, autoincrement=False, comment="1: there is one row"),
    sa.Column("taken_in", sa.BigInteger, nullable=False, comment="notices; who holds this row may change alerts"),
    sa.Column("openings", sa.JSON, nullable=False, comment="when incidents were opened lately, to see a storm"),
    sa.Column("storm", sa.Text, comment="the incident that a storm's alerts join"),
)

alerts = sa.Table(
    "alerts",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, nullable=False, comment="what it is about: one alert is open per key"),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False, comment="detectors, health, or what another program calls itself"),
    sa.Column("source_ref", sa.Text, comment="its id there"),
    sa.Column("severity", sa.SmallInteger, nullable=False, comment="Severity, 1 to 5"),
    sa.Column("chain_id", sa.BigInteger),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("times", sa.BigInteger, nullable=False, comment="how often it was reported"),
    sa.Column("findings", sa.BigInteger, nullable=False),
    sa.Column("retracted", sa.BigInteger, nullable=False, comment="of the findings: taken back by a reorg"),
    sa.Column("occurred_at", sa.Double, nullable=False, comment="when it happened, as far as is known"),
    sa.Column("opened_at", sa.Double, nullable=False, comment="when it was received"),
    sa.Column("last_seen", sa.Double, nullable=False),
    sa.Column("acknowledged_at", sa.Double),
    sa.Column("closed_at", sa.Double),
    sa.Column("owner", sa.Text),
    sa.Column("verdict", sa.Text),
    sa.Column("reason", sa.Text, nullable=False, comment="of the verdict"),
    sa.Column("incident", sa.Text),
    sa.Column("merged_into", sa.Text),
    sa.Column("suppressed_by", sa.Text),
    sa.Column("tell_at", sa.Double, comment="when its incident is to be told what is new; null: all was told"),
    sa.Column("version", sa.Integer, nullable=False, comment="counts what people did to it"),
    sa.Column("story", sa.JSON, nullable=False, comment="what it tells: respond/triage/alert.py"),
    sa.Index("uq_alerts_open_key", "key", unique=True, sqlite_where=sa.text(OPEN), postgresql_where=sa.text(OPEN)),
    sa.Index(None, "state", "severity"),
    sa.Index(None, "opened_at"),
    sa.Index(None, "source", "source_ref"),
    sa.Index(None, "incident"),
    sa.Index(None, "tell_at"),
)

alert_findings = sa.Table(
    "alert_findings",
    metadata,
    sa.Column("finding", sa.Text, primary_key=True),
    sa.Column("alert", sa.Text, nullable=False),
    sa.Column("origin", sa.Text, nullable=False, comment="the alert it came to, before any merge"),
    sa.Column("detector", sa.Text, nullable=False),
    sa.Column("stage", sa.Text, nullable=False),
    sa.Column("weight", sa.Double, nullable=False),
    sa.Column("severity", sa.SmallInteger, nullable=False),
    sa.Column("joined_at", sa.Double, nullable=False),
    sa.Column("retracted_at", sa.Double),
    sa.Index(None, "alert", "weight"),
    sa.Index(None, "detector"),
)

alert_links = sa.Table(
    "alert_links",
    metadata,
    sa.Column("link", sa.Text, primary_key=True, comment="a transaction, an actor, a victim: joins findings"),
    sa.Column("alert", sa.Text, nullable=False),
    sa.Column("origin", sa.Text, nullable=False, comment="the alert that had it first, before any merge"),
    sa.Column("transactions", sa.JSON, nullable=False, comment="of a victim: the transactions that name it, digested"),
    sa.Index(None, "alert"),
)

alert_merges = sa.Table(
    "alert_merges",
    metadata,
    sa.Column("sequence", SEQUENCE, primary_key=True, autoincrement=True),
    sa.Column("alert", sa.Text, nullable=False),
    sa.Column("into", sa.Text, nullable=False),
    sa.Column("merged_at", sa.Double, nullable=False),
    sa.Column("undone_at", sa.Double),
    sa.Index(None, "alert"),
    sa.Index(None, "into"),
)

alert_verdicts = sa.Table(
    "alert_verdicts",
    metadata,
    sa.Column("sequence", SEQUENCE, primary_key=True, autoincrement=True),
    sa.Column("alert", sa.Text, nullable=False),
    sa.Column("verdict", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("given_at", sa.Double, nullable=False),
    sa.Index(None, "alert"),
)

suppressions = sa.Table(
    "suppressions",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("expression", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False, comment="dedupe or snooze"),
    sa.Column("mode", sa.Text, nullable=False, comment="active or monitor"),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("approver", sa.Text),
    sa.Column("made_at", sa.Double, nullable=False),
    sa.Column("expires_at", sa.Double, nullable=False),
    sa.Column("matched", sa.BigInteger, nullable=False, comment="findings and reports it matched"),
    sa.Column("last_matched_at", sa.Double),
    sa.Index(None, "expires_at"),
)

alert_suppressions = sa.Table(
    "alert_suppressions",
    metadata,
    sa.Column("suppression", sa.Text, primary_key=True),
    sa.Column("alert", sa.Text, primary_key=True),
    sa.Column("is_hidden", sa.Boolean, nullable=False, comment="false: it would have been, were the rule active"),
    sa.Column("at", sa.Double, nullable=False),
    sa.Index(None, "alert"),
)

incident_links = sa.Table(
    "incident_links",
    metadata,
    sa.Column("link", sa.Text, primary_key=True, comment="an account, a transaction, an asset: joins alerts"),
    sa.Column("incident", sa.Text, nullable=False),
    sa.Column("touched_at", sa.Double, nullable=False),
    sa.Index(None, "incident"),
)
