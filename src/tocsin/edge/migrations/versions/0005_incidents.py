"""The tables of incidents: what is listed and searched, and the counter of their numbers."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the tables."""
    _make_incidents()
    op.create_table(
        "incident_alerts",
        sa.Column("alert", sa.Text(), nullable=False, comment="an alert is about one incident"),
        sa.Column("incident", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["incident"], ["incidents.id"], name=op.f("fk_incident_alerts_incident_incidents")),
        sa.PrimaryKeyConstraint("alert", name=op.f("pk_incident_alerts")),
    )
    op.create_index(op.f("ix_incident_alerts_incident"), "incident_alerts", ["incident"], unique=False)
    op.create_table(
        "incident_assets",
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("asset", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["incident"], ["incidents.id"], name=op.f("fk_incident_assets_incident_incidents")),
        sa.PrimaryKeyConstraint("incident", "asset", name=op.f("pk_incident_assets")),
    )
    op.create_index(op.f("ix_incident_assets_asset"), "incident_assets", ["asset"], unique=False)
    op.create_table(
        "incident_viewers",
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False, comment="may see it while it is restricted"),
        sa.ForeignKeyConstraint(["incident"], ["incidents.id"], name=op.f("fk_incident_viewers_incident_incidents")),
        sa.PrimaryKeyConstraint("incident", "person", name=op.f("pk_incident_viewers")),
    )
    op.create_table(
        "incident_states",
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False, comment="the entry it was worked out up to"),
        sa.Column("shape", sa.Text(), nullable=False, comment="of the state; another one is worked out anew"),
        sa.Column("state", sa.LargeBinary(), nullable=False, comment="MessagePack"),
        sa.ForeignKeyConstraint(["incident"], ["incidents.id"], name=op.f("fk_incident_states_incident_incidents")),
        sa.PrimaryKeyConstraint("incident", name=op.f("pk_incident_states")),
    )
    op.create_table(
        "incident_numbers",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_incident_numbers")),
    )


def _make_incidents() -> None:
    op.create_table(
        "incidents",
        sa.Column("id", sa.Text(), nullable=False, comment="sorts by when it was declared"),
        sa.Column("number", sa.Text(), nullable=False, comment="such as INC-2026-0042"),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("codename", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("priority", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("commander", sa.Text(), nullable=False, comment="empty: nobody leads"),
        sa.Column("is_open", sa.Boolean(), nullable=False, comment="not closed, and not gone on in another"),
        sa.Column("is_restricted", sa.Boolean(), nullable=False),
        sa.Column("exercise", sa.Text(), nullable=False, comment="empty: the real thing"),
        sa.Column(
            "merged_into", sa.Text(), nullable=False, comment="the id of another incident; empty: it stands by itself"
        ),
        sa.Column("alerts", sa.Integer(), nullable=False, comment="how many are about it"),
        sa.Column("occurred_at", sa.Double()),
        sa.Column("detected_at", sa.Double(), nullable=False),
        sa.Column("declared_at", sa.Double(), nullable=False),
        sa.Column("acknowledged_at", sa.Double()),
        sa.Column("contained_at", sa.Double()),
        sa.Column("recovered_at", sa.Double()),
        sa.Column("resolved_at", sa.Double()),
        sa.Column("closed_at", sa.Double()),
        sa.Column("words", sa.Text(), nullable=False, comment="lower-case text that the search looks in"),
        sa.Column("sequence", sa.BigInteger(), nullable=False, comment="the last entry of its stream"),
        sa.Column("changed_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incidents")),
        sa.UniqueConstraint("number", name=op.f("uq_incidents_number")),
    )
    op.create_index(op.f("ix_incidents_is_open_priority_id"), "incidents", ["is_open", "priority", "id"], unique=False)
    op.create_index(op.f("ix_incidents_declared_at"), "incidents", ["declared_at"], unique=False)
