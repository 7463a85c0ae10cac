"""Health alerts and gaps: what hinders the watching, and which blocks are not done."""

import sqlalchemy as sa

from tocsin.edge.store.errors import named_errors
from tocsin.edge.store.schema import gaps, health_alerts
from tocsin.edge.store.values import Gap, HealthAlert


def open_alert(engine: sa.Engine, alert: HealthAlert, *, now: float) -> None:
    """Open an alert, or count once more the one that is open for its key. Raises `StoreError`."""
    again = {"times": health_alerts.c.times + 1, "detail": alert.detail}
    with named_errors(), engine.begin() as connection:
        if connection.execute(sa.update(health_alerts).where(*_open(alert.key)).values(again)).rowcount:
            return
        first = {"kind": alert.kind, "chain_id": alert.chain_id, "detail": alert.detail, "opened_at": now}
        connection.execute(sa.insert(health_alerts).values(key=alert.key, times=1, **first))


def close_alert(engine: sa.Engine, key: str, *, now: float) -> bool:
    """Close the alert of this key; False when none is open. Raises `StoreError`."""
    with named_errors(), engine.begin() as connection:
        closed = connection.execute(sa.update(health_alerts).where(*_open(key)).values(closed_at=now))
        return closed.rowcount > 0


def open_alerts(engine: sa.Engine) -> tuple[HealthAlert, ...]:
    """The alerts that are open, oldest first. Raises `StoreError`."""
    columns = health_alerts.c
    query = sa.select(columns.key, columns.kind, columns.chain_id, columns.detail, columns.times)
    with named_errors(), engine.begin() as connection:
        rows = connection.execute(query.where(columns.closed_at.is_(None)).order_by(columns.sequence)).mappings().all()
    return tuple(HealthAlert(**row) for row in rows)


def note_gap(engine: sa.Engine, gap: Gap) -> None:
    """Write that blocks are not done, and why; the same gap again counts an attempt. Raises `StoreError`."""
    same = (gaps.c.chain_id == gap.chain_id, gaps.c.first == gap.first, gaps.c.detector == gap.detector)
    new = {"last": gap.last, "reason": gap.reason}
    with named_errors(), engine.begin() as connection:
        again = sa.update(gaps).where(*same).values(attempts=gaps.c.attempts + 1, **new)
        if connection.execute(again).rowcount:
            return
        place = {"chain_id": gap.chain_id, "first": gap.first, "detector": gap.detector}
        connection.execute(sa.insert(gaps).values(attempts=gap.attempts, **place, **new))


def open_gaps(engine: sa.Engine, chain_id: int) -> tuple[Gap, ...]:
    """The blocks of a chain that are not done, lowest first. Raises `StoreError`."""
    query = sa.select(gaps).where(gaps.c.chain_id == chain_id).order_by(gaps.c.first, gaps.c.detector)
    with named_errors(), engine.begin() as connection:
        return tuple(Gap(**row) for row in connection.execute(query).mappings())


def _open(key: str) -> tuple["sa.ColumnElement[bool]", ...]:
    return (health_alerts.c.key == key, health_alerts.c.closed_at.is_(None))
