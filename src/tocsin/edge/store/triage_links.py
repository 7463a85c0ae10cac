"""Which incidents alerts lead to, and which of them have ended."""

from collections.abc import Collection, Mapping

import sqlalchemy as sa

from tocsin.edge.store.rows import portions
from tocsin.edge.store.schema.incidents import incident_alerts, incidents
from tocsin.edge.store.schema.triage import alerts, incident_links
from tocsin.respond.triage.machine import State


def leading(connection: sa.Connection, links: Collection[str]) -> dict[str, tuple[str, float]]:
    """By link: the incident it leads to if that is open, and when the link was last used."""
    found = {}
    joined = incident_links.join(incidents, incidents.c.id == incident_links.c.incident)
    query = sa.select(incident_links).select_from(joined).where(incidents.c.is_open.is_(True))
    for portion in portions(sorted(links)):
        for row in connection.execute(query.where(incident_links.c.link.in_(portion))):
            found[row.link] = (row.incident, row.touched_at)
    return found


def write(connection: sa.Connection, links: Mapping[str, str], now: float) -> None:
    """These links lead to these incidents."""
    there: set[str] = set()
    for portion in portions(sorted(links)):
        there |= set(connection.scalars(sa.select(incident_links.c.link).where(incident_links.c.link.in_(portion))))
    new = [{"link": each, "incident": links[each], "touched_at": now} for each in sorted(links.keys() - there)]
    old = [{"b_link": each, "b_incident": links[each]} for each in sorted(there)]
    if new:
        connection.execute(sa.insert(incident_links), new)
    if old:
        mine = incident_links.c.link == sa.bindparam("b_link")
        change = sa.update(incident_links).where(mine).values(incident=sa.bindparam("b_incident"), touched_at=now)
        connection.execute(change, old)


def of_alerts(connection: sa.Connection, ids: Collection[str]) -> dict[str, str]:
    """By alert: the incident that says it is about it."""
    found = {}
    for portion in portions(sorted(ids)):
        mine = incident_alerts.c.alert.in_(portion)
        rows = connection.execute(sa.select(incident_alerts.c.alert, incident_alerts.c.incident).where(mine))
        found.update({row.alert: row.incident for row in rows})
    return found


def to_tell(connection: sa.Connection, now: float, limit: int) -> list[str]:
    """Alerts of which there is something new to tell."""
    due = sa.select(alerts.c.id).where(alerts.c.tell_at <= now)
    return list(connection.scalars(due.order_by(alerts.c.tell_at).limit(limit)))


def ended(connection: sa.Connection, limit: int) -> list[tuple[str, str]]:
    """Alerts that are open although their incident is closed, and that incident."""
    joined = alerts.join(incidents, incidents.c.id == alerts.c.incident)
    over = (alerts.c.state == State.ESCALATED, incidents.c.status == "closed")
    rows = connection.execute(sa.select(alerts.c.id, incidents.c.id).select_from(joined).where(*over).limit(limit))
    return [(alert, incident) for alert, incident in rows]
