"""Incidents that belong together: linked, merged, and taken apart again. Nothing of either is lost."""

from tocsin.app.desk import Desk
from tocsin.edge.store import incidents
from tocsin.edge.store.errors import named_errors
from tocsin.model.actor import Actor
from tocsin.model.errors import Outdated, Unacceptable, WrongState
from tocsin.respond.incident import events
from tocsin.respond.incident.events import Event
from tocsin.respond.incident.incident import Incident
from tocsin.respond.incident.needs import need_open, need_own
from tocsin.respond.incident.texts import LONGEST_TEXT, bounded, nearest

LINKS = {"parent": "child", "child": "parent", "related": "related", "duplicate": "duplicate"}
"""What another incident is to one, and the one to the other."""


def link(
    desk: Desk, actor: Actor, incident: str, *, other: str, how: str = "related", expected: int | None = None
) -> Incident:
    """Say at both incidents that they belong together: `how` is what `other` is to `incident`."""
    if how not in LINKS:
        raise Unacceptable(f"{how[:50]!r} is no link between incidents{nearest(how, LINKS)}")
    now = desk.clock()
    with named_errors(), desk.store.engine.begin() as connection:
        one, two = _both(connection, actor, incident, other, expected)
        back = events.Linked(incident=one.id, how=LINKS[how])
        incidents.record(connection, two.id, (back,), actor=actor, occurred_at=now, now=now)
        there = events.Linked(incident=two.id, how=how)
        state = incidents.record(connection, one.id, (there,), actor=actor, occurred_at=now, now=now)
    desk.ring()
    return state


def merge(desk: Desk, actor: Actor, incident: str, *, into: str, reason: str, expected: int | None = None) -> Incident:
    """
    Let an incident go on in another; returns the other. Its alerts and assets are the other's from here on; all that
    happened to it stays in its own journal.
    """
    why, now = bounded("reason", reason, LONGEST_TEXT), desk.clock()
    with named_errors(), desk.store.engine.begin() as connection:
        source, target = _both(connection, actor, incident, into, expected)
        _may_merge(source, target)
        gone = (events.Merged(into=target.id, reason=why),)
        incidents.record(connection, source.id, gone, actor=actor, occurred_at=now, now=now)
        told = _merged_in(source, target, why)
        state = incidents.record(connection, target.id, told, actor=actor, occurred_at=now, now=now)
    desk.ring()
    return state


def unmerge(desk: Desk, actor: Actor, incident: str, *, reason: str, expected: int | None = None) -> Incident:
    """Let a merged incident stand by itself again, with the alerts that it brought; returns it."""
    why, now = bounded("reason", reason, LONGEST_TEXT), desk.clock()
    with named_errors(), desk.store.engine.begin() as connection:
        incidents.hold(connection)
        source = incidents.look_up(connection, incident, actor)
        _not_outdated(source, expected)
        if not source.merged_into:
            raise WrongState(f"{source.number} was not merged into another incident")
        target = incidents.look_up(connection, source.merged_into, actor)
        told = _taken_out(source, target, why)
        incidents.record(connection, target.id, told, actor=actor, occurred_at=now, now=now)
        alone = (events.Unmerged(other=target.id, reason=why),)
        state = incidents.record(connection, source.id, alone, actor=actor, occurred_at=now, now=now)
    desk.ring()
    return state


def _both(
    connection: incidents.Connection, actor: Actor, incident: str, other: str, expected: int | None
) -> tuple[Incident, Incident]:
    incidents.hold(connection)
    one, two = (incidents.look_up(connection, name, actor) for name in (incident, other))
    _not_outdated(one, expected)
    if one.id == two.id:
        raise Unacceptable(f"{one.number} is the same incident twice")
    return one, two


def _not_outdated(incident: Incident, expected: int | None) -> None:
    if expected is not None and incident.sequence != expected:
        raise Outdated(
            f"{incident.number} was changed meanwhile: it is at {incident.sequence}, not {expected}; look again"
        )


def _may_merge(source: Incident, target: Incident) -> None:
    need_own(source)
    need_open(target)
    if source.is_restricted and not target.is_restricted:
        raise WrongState(f"{source.number} is restricted and {target.number} is not: restrict that first")
    if bool(source.exercise) != bool(target.exercise):
        raise WrongState("an exercise and the real thing are not merged: their numbers would mix")


def _merged_in(source: Incident, target: Incident, why: str) -> tuple[Event, ...]:
    new = tuple(alert for name, alert in source.alerts.items() if name not in target.alerts)
    brought = events.MergedIn(incident=source.id, alerts=tuple(alert.alert for alert in new), reason=why)
    assets = events.AssetsIdentified(assets=source.assets, directly=source.hit)
    return (brought, *new, *((assets,) if source.assets else ()))


def _taken_out(source: Incident, target: Incident, why: str) -> tuple[Event, ...]:
    brought = target.merged_from[source.id].alerts if source.id in target.merged_from else ()
    back = (events.AlertUnlinked(alert=name, reason=why) for name in brought if name in target.alerts)
    return (*back, events.Unmerged(other=source.id, reason=why))
