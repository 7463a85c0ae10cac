"""
What people do with alerts. Several at once are done wholly or not at all.

Each function takes ids, or the beginning or the end of one, and returns the alerts as they are after it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

from tocsin.app.desk import Desk
from tocsin.app.estate.estate import estate_now
from tocsin.app.triage.batch import Batch, Knowledge, batch
from tocsin.app.triage.incidents import Incidents, judge
from tocsin.app.triage.intake import absorb, read_anew, score_alerts
from tocsin.app.triage.reports import Report, as_said, take_report
from tocsin.app.triage.triage import knowledge
from tocsin.edge.store import triage as rows
from tocsin.edge.store import triage_intake
from tocsin.edge.store.findings import Stored
from tocsin.edge.store.incident_rows import named
from tocsin.edge.store.incidents import load as load_incident
from tocsin.model.actor import Actor
from tocsin.model.errors import NotAllowed, Outdated, Unacceptable, WrongState
from tocsin.respond.triage.alert import TriagedAlert
from tocsin.respond.triage.machine import Act, State
from tocsin.respond.triage.verdicts import LONGEST_REASON_CHARACTERS, verdict

MOST_AT_ONCE = 1_000
"""Alerts that one request changes."""


def acknowledge(
    desk: Desk, actor: Actor, alerts: Sequence[str], *, expected: int | None = None
) -> tuple[TriagedAlert, ...]:
    """Somebody has seen them. Raises `NotFound`, `WrongState`, `Outdated`, `NotAllowed`, `StoreError`."""

    def do(work: Batch, alert: TriagedAlert) -> None:
        work.move(alert, Act.ACKNOWLEDGE, actor)
        alert.acknowledged_at = work.now

    return _each(desk, actor, alerts, expected, do)


def take(
    desk: Desk, actor: Actor, alerts: Sequence[str], *, owner: str = "", expected: int | None = None
) -> tuple[TriagedAlert, ...]:
    """Somebody works on them: whoever asks, or another. Raises as `acknowledge`."""

    def do(work: Batch, alert: TriagedAlert) -> None:
        work.move(alert, Act.TAKE, actor, other=owner or actor.id)
        alert.owner = owner or actor.id
        alert.acknowledged_at = work.now if alert.acknowledged_at is None else alert.acknowledged_at

    return _each(desk, actor, alerts, expected, do)


def give_verdict(
    desk: Desk, actor: Actor, alerts: Sequence[str], word: str, reason: str = "", *, expected: int | None = None
) -> tuple[TriagedAlert, ...]:
    """Say what they turned out to be, which closes them. Raises as `acknowledge`, and `Unacceptable`."""
    given = verdict(word, reason)
    return _each(desk, actor, alerts, expected, lambda work, alert: judge(work, alert, given, reason.strip(), actor))


def reopen(
    desk: Desk, actor: Actor, alerts: Sequence[str], reason: str, *, expected: int | None = None
) -> tuple[TriagedAlert, ...]:
    """Take verdicts back. Raises as `acknowledge`, and `Unacceptable` without a reason."""
    _check_reason(reason)

    def do(work: Batch, alert: TriagedAlert) -> None:
        _check_key(work, alert)
        work.move(alert, Act.REOPEN, actor, reason=reason)
        alert.verdict, alert.reason, alert.closed_at, alert.owner = None, "", None, actor.id

    return _each(desk, actor, alerts, expected, do)


def merge(desk: Desk, actor: Actor, alerts: Sequence[str], into: str, reason: str = "") -> TriagedAlert:
    """Let alerts go on in another; it is returned. Raises as `acknowledge`."""
    with _at_work(desk, actor) as (work, known):
        target = _load(work, actor, into)
        if not target.state.is_open:
            raise WrongState(f"alert {target.id} is {target.state}: nothing can go on in it")
        for each in _several(work, actor, alerts):
            if each.id == target.id:
                raise Unacceptable("an alert cannot go on in itself")
            absorb(work, each, work.of(target.id), actor, reason)
            rows.note_merge(work.connection, each.id, target.id, work.now)
            triage_intake.move(work.connection, each.id, target.id)
        _scored(work, known, [target.id])
    return target


def unmerge(desk: Desk, actor: Actor, alert: str) -> TriagedAlert:
    """Let a merged alert stand by itself again, with what came to it; it is returned. Raises as `acknowledge`."""
    with _at_work(desk, actor) as (work, known):
        mine = work.of(_load(work, actor, alert).id)
        holders = _holders(work, mine)
        _check_key(work, mine)
        work.move(mine, Act.UNMERGE, actor)
        mine.merged_into, mine.owner = None, actor.id
        back = {mine.id, *rows.merged_in(work.connection, mine.id)}
        triage_intake.move_back(work.connection, back, mine.id)
        rows.undo_merge(work.connection, mine.id, work.now)
        for holder in holders:
            holder.times -= mine.times
        for each in (mine, *holders):
            each.findings, each.retracted = triage_intake.counts(work.connection, each.id)
        _scored(work, known, [mine.id, holders[-1].id])
    return mine


def escalate(desk: Desk, actor: Actor, alerts: Sequence[str], incident: str = "") -> tuple[TriagedAlert, ...]:
    """
    Let alerts join an incident; without one, the open one they lead to, or a new one, the same for all.

    Raises as `acknowledge`.
    """
    with _at_work(desk, actor) as (work, known):
        several = _several(work, actor, alerts)
        into = named(work.connection, incident, viewer=actor) if incident else None
        if into is not None and not load_incident(work.connection, into).is_open:
            raise WrongState(f"incident {incident[:50]} is not open; reopen it, or leave it out to open one")
        incidents = Incidents(batch=work, knowledge=known, actor=actor)
        incidents.look(several)
        said = incidents.said(several)
        for each in several:
            into = incidents.join(work.of(each.id), into or said.get(each.id))
        incidents.write()
    return tuple(several)


def report_alert(desk: Desk, actor: Actor, report: Report) -> TriagedAlert:
    """
    An alert of a person or of another program; said again while it is open, it is counted there.

    Who may not see the incident that it is about is given back what he said, and nothing of the alert but its id.
    """
    with _at_work(desk, actor, is_for_people=False) as (work, known):
        alert = take_report(work, known, actor, report)
        if alert.incident is None or rows.may_see_incident(work.connection, alert.incident, actor):
            return alert
        return as_said(work, report, alert)


def _each(
    desk: Desk,
    actor: Actor,
    alerts: Sequence[str],
    expected: int | None,
    do: Callable[[Batch, TriagedAlert], None],
) -> tuple[TriagedAlert, ...]:
    _check_person(actor)
    with batch(desk) as work:
        several = _several(work, actor, alerts)
        for alert in several:
            if expected is not None and alert.version != expected:
                raise Outdated(f"alert {alert.id} was changed meanwhile: it is at {alert.version}, not {expected}")
            do(work, alert)
    return tuple(several)


@contextmanager
def _at_work(desk: Desk, actor: Actor, *, is_for_people: bool = True) -> Iterator[tuple[Batch, Knowledge]]:
    if is_for_people:
        _check_person(actor)
    known = knowledge(desk, estate_now(desk))
    with batch(desk) as work:
        yield work, known


def _check_person(actor: Actor) -> None:
    if not actor.is_person:
        raise NotAllowed(f"{actor} is no person: people judge alerts")


def _check_reason(reason: str) -> None:
    if not reason.strip() or len(reason) > LONGEST_REASON_CHARACTERS:
        raise Unacceptable(f"write a reason of 1 to {LONGEST_REASON_CHARACTERS} characters")


def _check_key(work: Batch, alert: TriagedAlert) -> None:
    """What it is about leads to it again, unless another alert is open for it."""
    other = rows.open_with_key(work.connection, alert.key)
    if other is not None and other.id != alert.id:
        raise WrongState(f"alert {other.id} is open for the same; merge this one into it instead")
    triage_intake.claim(work.connection, alert.key, alert.id)


def _load(work: Batch, actor: Actor, alert: str) -> TriagedAlert:
    found = rows.load(work.connection, alert, actor)
    return work.alerts.setdefault(found.id, found)


def _several(work: Batch, actor: Actor, alerts: Sequence[str]) -> list[TriagedAlert]:
    if not 0 < len(alerts) <= MOST_AT_ONCE:
        raise Unacceptable(f"name 1 to {MOST_AT_ONCE} alerts")
    found = {each.id: each for each in (_load(work, actor, alert) for alert in alerts)}
    return [work.of(each) for each in found]


def _holders(work: Batch, alert: TriagedAlert) -> list[TriagedAlert]:
    """The alerts in which this one goes on, the nearest first; raises `WrongState` where it is not merged."""
    found = []
    at = alert
    while at.merged_into is not None:
        at = work.of(at.merged_into)
        found.append(at)
    if not found:
        raise WrongState(f"alert {alert.id} is {alert.state}: it was not merged")
    return found


def _scored(work: Batch, known: Knowledge, names: Iterable[str]) -> None:
    """Score alerts anew, after findings moved; those that are bad enough now are escalated."""
    bodies: dict[str, Stored] = {}
    several = [work.of(each) for each in names]
    for each in several:
        if each.findings:
            read_anew(work, each, bodies)
    score_alerts(work, [each.id for each in several if each.findings], bodies, known.groups)
    incidents = Incidents(batch=work, knowledge=known)
    incidents.take([each for each in several if each.state in (State.NEW, State.ACKNOWLEDGED, State.ESCALATED)])
    incidents.write()
