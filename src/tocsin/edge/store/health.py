"""Health alerts: what hinders the watching, each opened once, counted, and closed on recovery."""

import sqlalchemy as sa

from tocsin.edge.store.errors import named_errors
from tocsin.edge.store.schema.watching import blindness, health_alerts
from tocsin.edge.store.values import HealthAlert


def open_alert(engine: sa.Engine, alert: HealthAlert, *, now: float) -> None:
    """Open an alert, or count it again in the one that is open for its key. Raises `StoreError`."""
    with named_errors(), engine.begin() as connection:
        open_within(connection, alert, now)


def close_alert(engine: sa.Engine, key: str, *, now: float) -> bool:
    """Close the alert of this key; False when none is open. Raises `StoreError`."""
    with named_errors(), engine.begin() as connection:
        return close_within(connection, key, now)


def open_alerts(engine: sa.Engine) -> tuple[HealthAlert, ...]:
    """The alerts that are open, oldest first. Raises `StoreError`."""
    columns = health_alerts.c
    query = sa.select(columns.key, columns.kind, columns.chain_id, columns.detail, columns.times)
    with named_errors(), engine.begin() as connection:
        rows = connection.execute(query.where(columns.closed_at.is_(None)).order_by(columns.sequence)).mappings().all()
    return tuple(HealthAlert(**row) for row in rows)


def blind_detectors(engine: sa.Engine, chain_id: int) -> dict[str, tuple[str, ...]]:
    """The detectors that cannot look on a chain, wholly or in part, and what each lacks. Raises `StoreError`."""
    query = sa.select(blindness.c.detector, blindness.c.missing).where(blindness.c.chain_id == chain_id)
    with named_errors(), engine.begin() as connection:
        rows = connection.execute(query.order_by(blindness.c.detector)).all()
    return {row.detector: tuple(row.missing.split()) for row in rows}


def open_within(connection: sa.Connection, alert: HealthAlert, now: float) -> None:
    """Open an alert as part of a larger transaction."""
    again = {"times": health_alerts.c.times + alert.times, "detail": alert.detail}
    if connection.execute(sa.update(health_alerts).where(*_open(alert.key)).values(again)).rowcount == 0:
        first = {"kind": alert.kind, "chain_id": alert.chain_id, "detail": alert.detail, "opened_at": now}
        connection.execute(sa.insert(health_alerts).values(key=alert.key, times=alert.times, **first))


def close_within(connection: sa.Connection, key: str, now: float) -> bool:
    """Close an alert as part of a larger transaction."""
    closed = connection.execute(sa.update(health_alerts).where(*_open(key)).values(closed_at=now))
    return closed.rowcount > 0


def _open(key: str) -> tuple["sa.ColumnElement[bool]", ...]:
    return (health_alerts.c.key == key, health_alerts.c.closed_at.is_(None))
