"""
Alerts in the store: held, read, listed, written.

Whoever changes alerts holds the one row of `triage_state` until the transaction ends, before anything else. Writers
therefore see each other's alerts and links whole, and one alert is open per key. The journal is held after it, never
before.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any, TypeAlias

import msgspec
import sqlalchemy as sa

from tocsin.edge.store.errors import named_errors
from tocsin.edge.store.findings import Stored, stored
from tocsin.edge.store.incident_rows import may_see
from tocsin.edge.store.rows import portions
from tocsin.edge.store.schema.incidents import incidents
from tocsin.edge.store.schema.triage import (
    OPEN,
    alert_findings,
    alert_merges,
    alert_suppressions,
    alert_verdicts,
    alerts,
    triage_queue,
    triage_state,
)
from tocsin.edge.store.schema.watching import findings, outbox
from tocsin.model.actor import TOCSIN, Actor
from tocsin.model.errors import NotFound
from tocsin.model.finding import Severity
from tocsin.respond.triage.alert import Story, TriagedAlert
from tocsin.respond.triage.machine import State
from tocsin.respond.triage.quality import Judged

Connection: TypeAlias = sa.Connection
"""An open transaction, by a name for those who may not know the database."""
MOST_ALIKE = 6
"""How many ids are named where the beginning of one fits several."""
_ID_CHARACTERS = frozenset("0123456789abcdef-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which alerts are listed; what is None is not asked."""

    states: tuple[State, ...] | None = None
    least: Severity | None = None
    source: str | None = None
    chain_id: int | None = None
    owner: str | None = None
    incident: str | None = None
    since: float | None = None
    """Last seen then or later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TriageState:
    """What triage knows of itself."""

    taken_in: int
    openings: tuple[float, ...]
    storm: str | None


def hold(connection: sa.Connection) -> TriageState:
    """Let nobody else change alerts until this transaction ends."""
    row = connection.execute(sa.select(triage_state).with_for_update()).one()
    return TriageState(taken_in=row.taken_in, openings=tuple(row.openings), storm=row.storm)


def set_state(connection: sa.Connection, state: TriageState) -> None:
    """Write what triage knows of itself."""
    new = {"taken_in": state.taken_in, "openings": list(state.openings), "storm": state.storm}
    connection.execute(sa.update(triage_state).values(new))


def by_ids(connection: sa.Connection, ids: Collection[str]) -> dict[str, TriagedAlert]:
    """The alerts with these ids."""
    found = {}
    for portion in portions(sorted(ids)):
        for row in connection.execute(sa.select(alerts).where(alerts.c.id.in_(portion))):
            found[row.id] = _alert(row)
    return found


def load(connection: sa.Connection, alert: str, viewer: Actor = TOCSIN) -> TriagedAlert:
    """
    The alert with this id, or with the beginning or the end of it, if `viewer` may see it.

    Raises `NotFound` where none fits, and where several do, with some of them.
    """
    wanted = alert.strip().lower()
    if not wanted or not set(wanted) <= _ID_CHARACTERS:
        raise NotFound(f"{alert[:50]!r} is no id of an alert: write it, or the beginning or the end of it")
    fits = sa.or_(alerts.c.id.startswith(wanted), alerts.c.id.endswith(wanted))
    query = sa.select(alerts).where(fits, *_seen_by(viewer)).order_by(alerts.c.id)
    rows = connection.execute(query.limit(MOST_ALIKE)).all()
    exact = [row for row in rows if row.id == wanted]
    if len(found := exact or rows) == 1:
        return _alert(found[0])
    if not rows:
        raise NotFound(f"there is no alert {alert[:50]!r}; `tocsin alerts list` shows what there is")
    raise NotFound(f"{alert[:50]!r} fits several alerts; write more of it: {', '.join(row.id for row in rows)}")


def may_see_incident(connection: sa.Connection, incident: str, viewer: Actor) -> bool:
    """Whether the incident with this id is there for `viewer`."""
    query = sa.select(incidents.c.id).where(incidents.c.id == incident, *may_see(viewer))
    return connection.scalar(query) is not None


def open_with_key(connection: sa.Connection, key: str) -> TriagedAlert | None:
    """The alert that is open for a key."""
    row = connection.execute(sa.select(alerts).where(alerts.c.key == key, sa.text(OPEN))).one_or_none()
    return None if row is None else _alert(row)


def listed(
    engine: sa.Engine,
    wanted: Wanted,
    *,
    limit: int,
    after: tuple[int, float, str] | None = None,
    viewer: Actor = TOCSIN,
) -> list[TriagedAlert]:
    """
    Alerts that `viewer` may see, the worst first, then the newest. `after` is severity, `opened_at` and id of the
    last of a page before.

    Raises `StoreError`.
    """
    place = sa.tuple_(-alerts.c.severity, -alerts.c.opened_at, alerts.c.id)
    query = sa.select(alerts).where(*_conditions(wanted), *_seen_by(viewer))
    if after is not None:
        query = query.where(place > sa.tuple_(-after[0], -after[1], after[2]))
    order = (alerts.c.severity.desc(), alerts.c.opened_at.desc(), alerts.c.id)
    with named_errors(), engine.begin() as connection:
        return [_alert(row) for row in connection.execute(query.order_by(*order).limit(limit))]


def count(engine: sa.Engine, wanted: Wanted) -> int:
    """How many there are. Raises `StoreError`."""
    query = sa.select(sa.func.count()).select_from(alerts).where(*_conditions(wanted))
    with named_errors(), engine.begin() as connection:
        return connection.scalar(query) or 0


def waiting(engine: sa.Engine) -> int:
    """How many notices of findings have not been triaged. Raises `StoreError`."""
    query = sa.select(sa.func.count()).select_from(triage_queue)
    with named_errors(), engine.begin() as connection:
        return connection.scalar(query) or 0


def findings_of(
    connection: sa.Connection, alert: str, *, limit: int, by: Sequence["sa.ColumnElement[Any]"] = ()
) -> list[tuple[Stored, float | None]]:
    """The findings of an alert, the weightiest first, each with when it was retracted."""
    order = by or (alert_findings.c.weight.desc(), alert_findings.c.severity.desc(), alert_findings.c.finding)
    query = (
        sa.select(findings.c.body, alert_findings.c.retracted_at)
        .join(findings, findings.c.id == alert_findings.c.finding)
        .where(alert_findings.c.alert == alert)
    )
    return [(stored(row.body), row.retracted_at) for row in connection.execute(query.order_by(*order).limit(limit))]


def insert(connection: sa.Connection, some: Iterable[TriagedAlert]) -> None:
    """Write new alerts."""
    if rows := [_row(one) for one in some]:
        connection.execute(sa.insert(alerts), rows)


def update(connection: sa.Connection, some: Iterable[TriagedAlert]) -> None:
    """Write alerts that changed."""
    if rows := [{"b_" + name: value for name, value in _row(one).items()} for one in some]:
        new: dict[str, Any] = {
            column.name: sa.bindparam("b_" + column.name) for column in alerts.c if column.name != "id"
        }
        connection.execute(sa.update(alerts).where(alerts.c.id == sa.bindparam("b_id")).values(new), rows)


def note_verdict(connection: sa.Connection, alert: TriagedAlert, actor: str, now: float) -> None:
    """Keep a verdict beside those given before."""
    row = {"alert": alert.id, "verdict": alert.verdict, "reason": alert.reason, "actor": actor, "given_at": now}
    connection.execute(sa.insert(alert_verdicts).values(row))


def note_merge(connection: sa.Connection, alert: str, into: str, now: float) -> None:
    """Keep that one alert went on in another."""
    connection.execute(sa.insert(alert_merges).values(alert=alert, into=into, merged_at=now))


def undo_merge(connection: sa.Connection, alert: str, now: float) -> None:
    """The alert stands by itself again."""
    mine = (alert_merges.c.alert == alert, alert_merges.c.undone_at.is_(None))
    connection.execute(sa.update(alert_merges).where(*mine).values(undone_at=now))


def merged_in(connection: sa.Connection, alert: str) -> list[str]:
    """The alerts that went on in this one, over any number of merges."""
    found: list[str] = []
    waiting_for = [alert]
    while waiting_for:
        query = sa.select(alerts.c.id).where(
            alerts.c.state == State.MERGED, alerts.c.merged_into.in_(waiting_for), ~alerts.c.id.in_(found)
        )
        waiting_for = list(connection.scalars(query.order_by(alerts.c.id)))
        found += waiting_for
    return found


def judged(engine: sa.Engine, since: float) -> list[Judged]:
    """
    Alerts received since then, counted by detector, verdict and reason; other sources count as detectors.

    Alerts that went on in others are no alerts of their own. Raises `StoreError`.
    """
    columns = (alerts.c.verdict, sa.case((alerts.c.verdict.is_(None), ""), else_=alerts.c.reason).label("why"))
    wanted = (alerts.c.opened_at >= since, alerts.c.state != State.MERGED)
    counted = (sa.func.count(sa.distinct(alerts.c.id)).label("alerts"), sa.func.min(alerts.c.opened_at).label("oldest"))
    of_detectors = (
        sa.select(alert_findings.c.detector.label("detector"), *columns, *counted)
        .join(alerts, alerts.c.id == alert_findings.c.alert)
        .where(*wanted)
        .group_by(alert_findings.c.detector, *columns)
    )
    others = (
        sa.select(alerts.c.source.label("detector"), *columns, *counted)
        .where(*wanted, alerts.c.findings == 0)
        .group_by(alerts.c.source, *columns)
    )
    with named_errors(), engine.begin() as connection:
        rows = [row for query in (of_detectors, others) for row in connection.execute(query)]
    return [
        Judged(detector=r.detector, verdict=r.verdict, reason=r.why, alerts=r.alerts, oldest=r.oldest) for r in rows
    ]


def hidden_by(connection: sa.Connection, alert: str) -> list[tuple[str, bool]]:
    """The suppressions that hide an alert, or would, were they active."""
    query = sa.select(alert_suppressions).where(alert_suppressions.c.alert == alert)
    return [(row.suppression, row.is_hidden) for row in connection.execute(query.order_by(alert_suppressions.c.at))]


def oldest_waiting(engine: sa.Engine) -> float | None:
    """When what waits longest to be triaged was found; None where nothing waits. Raises `StoreError`."""
    query = sa.select(findings.c.seen_at).join(outbox).join(triage_queue, triage_queue.c.sequence == outbox.c.sequence)
    with named_errors(), engine.begin() as connection:
        return connection.scalar(query.order_by(triage_queue.c.sequence).limit(1))


def _seen_by(viewer: Actor) -> tuple["sa.ColumnElement[bool]", ...]:
    """An alert of a restricted incident is there for those who may see that; tocsin itself sees everything."""
    if not (seen := may_see(viewer)):
        return ()
    return (sa.or_(alerts.c.incident.is_(None), alerts.c.incident.in_(sa.select(incidents.c.id).where(*seen))),)


def _conditions(wanted: Wanted) -> list["sa.ColumnElement[bool]"]:
    equal = {
        alerts.c.source: wanted.source,
        alerts.c.chain_id: wanted.chain_id,
        alerts.c.owner: wanted.owner,
        alerts.c.incident: wanted.incident,
    }
    asked = [column == value for column, value in equal.items() if value is not None]
    asked += [] if wanted.states is None else [alerts.c.state.in_(wanted.states)]
    asked += [] if wanted.least is None else [alerts.c.severity >= int(wanted.least)]
    return asked + ([] if wanted.since is None else [alerts.c.last_seen >= wanted.since])


_PLAIN = tuple(one.name for one in fields(TriagedAlert) if one.name not in ("state", "severity", "story"))


def _alert(row: "sa.Row[Any]") -> TriagedAlert:
    return TriagedAlert(
        **{name: getattr(row, name) for name in _PLAIN},
        state=State(row.state),
        severity=Severity(row.severity),
        story=msgspec.convert(row.story, Story),
    )


def _row(alert: TriagedAlert) -> dict[str, object]:
    plain = {name: getattr(alert, name) for name in _PLAIN}
    story = msgspec.to_builtins(alert.story)
    return {**plain, "state": alert.state.value, "severity": int(alert.severity), "story": story}
