"""
The tables of incidents: what is listed and searched, worked out from the journal, and the counter of their numbers.

Everything here but the counter can be made again from the journal.
"""

import sqlalchemy as sa

from tocsin.edge.store.schema.base import metadata

incidents = sa.Table(
    "incidents",
    metadata,
    sa.Column("id", sa.Text, primary_key=True, comment="sorts by when it was declared"),
    sa.Column("number", sa.Text, nullable=False, unique=True, comment="such as INC-2026-0042"),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("codename", sa.Text, nullable=False),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("priority", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("phase", sa.Text, nullable=False),
    sa.Column("commander", sa.Text, nullable=False, comment="empty: nobody leads"),
    sa.Column("is_open", sa.Boolean, nullable=False, comment="not closed, and not gone on in another"),
    sa.Column("is_restricted", sa.Boolean, nullable=False),
    sa.Column("exercise", sa.Text, nullable=False, comment="empty: the real thing"),
    sa.Column("merged_into", sa.Text, nullable=False, comment="the id of another incident; empty: it stands by itself"),
    sa.Column("alerts", sa.Integer, nullable=False, comment="how many are about it"),
    sa.Column("occurred_at", sa.Double),
    sa.Column("detected_at", sa.Double, nullable=False),
    sa.Column("declared_at", sa.Double, nullable=False),
    sa.Column("acknowledged_at", sa.Double),
    sa.Column("contained_at", sa.Double),
    sa.Column("recovered_at", sa.Double),
    sa.Column("resolved_at", sa.Double),
    sa.Column("closed_at", sa.Double),
    sa.Column("words", sa.Text, nullable=False, comment="lower-case text that the search looks in"),
    sa.Column("sequence", sa.BigInteger, nullable=False, comment="the last entry of its stream"),
    sa.Column("changed_at", sa.Double, nullable=False),
    sa.Index(None, "is_open", "priority", "id"),
    sa.Index(None, "declared_at"),
)

incident_alerts = sa.Table(
    "incident_alerts",
    metadata,
    sa.Column("alert", sa.Text, primary_key=True, comment="an alert is about one incident"),
    sa.Column("incident", sa.Text, sa.ForeignKey("incidents.id"), nullable=False),
    sa.Index(None, "incident"),
)

incident_assets = sa.Table(
    "incident_assets",
    metadata,
    sa.Column("incident", sa.Text, sa.ForeignKey("incidents.id"), primary_key=True),
    sa.Column("asset", sa.Text, primary_key=True),
    sa.Index(None, "asset"),
)

incident_viewers = sa.Table(
    "incident_viewers",
    metadata,
    sa.Column("incident", sa.Text, sa.ForeignKey("incidents.id"), primary_key=True),
    sa.Column("person", sa.Text, primary_key=True, comment="may see it while it is restricted"),
)

incident_states = sa.Table(
    "incident_states",
    metadata,
    sa.Column("incident", sa.Text, sa.ForeignKey("incidents.id"), primary_key=True),
    sa.Column("sequence", sa.BigInteger, nullable=False, comment="the entry it was worked out up to"),
    sa.Column("shape", sa.Text, nullable=False, comment="of the state; another one is worked out anew"),
    sa.Column("state", sa.LargeBinary, nullable=False, comment="MessagePack"),
)

incident_numbers = sa.Table(
    "incident_numbers",
    metadata,
    sa.Column("year", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("last", sa.Integer, nullable=False),
)
