"""Who may see what happens to restricted incidents, to the alerts that are about them, and to their evidence."""

from collections.abc import Collection, Mapping

import sqlalchemy as sa

from tocsin.edge.store.errors import named_errors
from tocsin.edge.store.schema.evidence import evidence
from tocsin.edge.store.schema.incidents import incident_alerts, incident_viewers, incidents


def viewers(engine: sa.Engine, streams: Collection[str]) -> Mapping[str, frozenset[str]]:
    """The people who may see each of these streams that is restricted; others are not in it. Raises `StoreError`."""
    own, alerts, kept = (_ids(streams, kind) for kind in ("incident:", "alert:", "evidence:"))
    with named_errors(), engine.begin() as connection:
        found = {stream: incident for incident, stream in own.items()}
        about = sa.select(incident_alerts).where(incident_alerts.c.alert.in_(alerts))
        found |= {alerts[row.alert]: row.incident for row in connection.execute(about)}
        of = sa.select(evidence.c.id, evidence.c.incident).where(evidence.c.id.in_(kept))
        found |= {kept[row.id]: row.incident for row in connection.execute(of) if row.incident}
        who = _viewers(connection, frozenset(found.values()))
    return {stream: who[incident] for stream, incident in found.items() if incident in who}


def _ids(streams: Collection[str], kind: str) -> Mapping[str, str]:
    """The streams of one kind, by the id in their names."""
    return {stream.removeprefix(kind): stream for stream in streams if stream.startswith(kind)}


def _viewers(connection: sa.Connection, asked: Collection[str]) -> Mapping[str, frozenset[str]]:
    """The viewers of those of these incidents that are restricted."""
    restricted = sa.select(incidents.c.id).where(incidents.c.id.in_(asked), incidents.c.is_restricted)
    ids = set(connection.scalars(restricted))
    query = sa.select(incident_viewers).where(incident_viewers.c.incident.in_(ids))
    people = connection.execute(query).all()
    return {each: frozenset(row.person for row in people if row.incident == each) for each in ids}
