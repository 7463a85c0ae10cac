"""
What the pager does about what happens to an incident: one function a kind of entry, within one transaction.
"""

import itertools
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from tocsin.app.paging.escalating import (
    ENDED,
    PRIORITIES,
    Turn,
    begin_paging,
    is_told_of,
    note,
    policy_of,
    stop_paging,
    tell_now,
    tell_whoever_has_it,
    whoever_has_it,
)
from tocsin.edge.store import escalations, pages
from tocsin.model.priority import Priority
from tocsin.respond.incident import events
from tocsin.respond.incident.incident import Incident
from tocsin.respond.journal import Entry
from tocsin.respond.message import MessageKind
from tocsin.respond.paging import timers
from tocsin.respond.paging.page import CLOCK, REMINDER, ROLE, WARNING, PageState
from tocsin.respond.paging.policy import Mode, Step, Target, TargetKind
from tocsin.respond.paging.targets import meant
from tocsin.respond.paging.timers import Timer

FOR_EVER = 1_000_000
"""The last round of a reminder: it ends with the incident."""


def react(turn: Turn, entry: Entry) -> None:
    """Do what an entry of the journal asks for; most ask for nothing."""
    incident = events.incident_of(entry)
    if incident and (reaction := _REACTIONS.get(entry.kind)):
        with turn.connection.begin_nested():
            reaction(turn, turn.incident(incident), events.event(entry), entry)


def _declared(turn: Turn, incident: Incident, _event: Any, _entry: Entry) -> None:
    begin_paging(turn, incident, "declared")


def _classified(turn: Turn, incident: Incident, event: events.Classified, entry: Entry) -> None:
    """What became more urgent is told anew, though somebody has it; what became less so only where nobody has."""
    before = _priority_before(incident, event, entry)
    if before is not None and PRIORITIES.index(event.priority) < PRIORITIES.index(before):
        begin_paging(turn, incident, f"raised to {event.priority}")
    else:
        _reconsider(turn, incident, f"classified {event.priority}")


def _priority_before(incident: Incident, event: events.Classified, entry: Entry) -> Priority | None:
    """The priority that an event of classification changed."""
    for before, after in itertools.pairwise(incident.ratings):
        if (after.at, after.priority, after.rule) == (entry.occurred_at, event.priority, event.rule):
            return Priority(before.priority)
    return None


def _reconsider(turn: Turn, incident: Incident, why: str) -> None:
    """Another policy may be for it now; what somebody has already is left alone."""
    waiting = {t.policy for t in escalations.of_incident(turn.connection, incident.id) if t.is_waiting}
    running = waiting - {REMINDER}
    if running and is_told_of(incident) and policy_of(turn, incident).id not in running:
        begin_paging(turn, incident, why)


def _assets_identified(turn: Turn, incident: Incident, _event: Any, _entry: Entry) -> None:
    _reconsider(turn, incident, "other assets are hit")


def _status_changed(turn: Turn, incident: Incident, event: events.StatusChanged, _entry: Entry) -> None:
    if event.after in ENDED:
        stop_paging(turn, incident, f"the incident is {event.after}")
    elif event.after == "reopened" or event.before in ENDED:
        begin_paging(turn, incident, "reopened")


def _merged(turn: Turn, incident: Incident, _event: Any, _entry: Entry) -> None:
    stop_paging(turn, incident, "it goes on in another incident")


def _unmerged(turn: Turn, incident: Incident, _event: Any, _entry: Entry) -> None:
    if is_told_of(incident) and incident.times.acknowledged is None:
        begin_paging(turn, incident, "it stands by itself again")


def _acknowledged(turn: Turn, incident: Incident, event: events.Acknowledged, entry: Entry) -> None:
    """Only a person acknowledges. Steps that need each, or a quorum, go on."""
    if not entry.actor.is_person:
        return
    person = entry.actor.id
    before = escalations.of_incident(turn.connection, incident.id)
    after = [timers.answer(timer, person) for timer in before if timer.policy != REMINDER]
    escalations.write(turn.connection, *after)
    for policy in dict.fromkeys(t.policy for t in before if t.is_waiting and t not in after and not t.needs_each):
        turn.say(incident.id, events.PagingStopped(policy=policy, reason=f"{person} acknowledged"))
    _end_pages(turn, incident, person, event, {(t.policy, t.number): t for t in after})
    turn.fine(f"unanswered:{incident.number}")
    if is_told_of(incident):
        note(turn, incident, MessageKind.ACKNOWLEDGED)
    if incident.priority is Priority.P1 and is_told_of(incident):
        _begin_reminding(turn, incident, person)


def _end_pages(
    turn: Turn, incident: Incident, person: str, event: events.Acknowledged, after: Mapping[tuple[str, int], Timer]
) -> None:
    for page in pages.open_of(turn.connection, incident.id):
        timer = after.get((page.policy, page.step))
        if page.person == person:
            pages.end(turn.connection, page, PageState.ANSWERED, turn.now)
            answered = events.PageAnswered(page=page.id, person=person, answer="acknowledged", channel=event.via)
            turn.say(incident.id, answered)
        elif page.policy != ROLE and (timer is None or not timers.wants_answer_of(timer, page.person)):
            pages.end(turn.connection, page, PageState.SUPERSEDED, turn.now)


def _begin_reminding(turn: Turn, incident: Incident, person: str) -> None:
    every = turn.plan.remind_seconds
    known = [t for t in escalations.of_incident(turn.connection, incident.id) if t.policy == REMINDER]
    timer = Timer(
        incident=incident.id,
        policy=REMINDER,
        number=0,
        step=Step(after_seconds=every, targets=(Target(TargetKind.PERSON, person),), mode=Mode.SINGLE),
        round=known[0].round if known else 0,
        last_round=FOR_EVER,
        every_seconds=every,
        next_at=turn.now + every,
    )
    escalations.write(turn.connection, timer)


def _clock_breached(turn: Turn, incident: Incident, event: events.ClockBreached, _entry: Entry) -> None:
    """While nobody has it, it is being told already; once its rounds are over it is told anew."""
    known = escalations.of_incident(turn.connection, incident.id)
    if not is_told_of(incident) or any(t.is_waiting and t.policy != REMINDER for t in known):
        return
    if incident.times.acknowledged is None:
        begin_paging(turn, incident, f"the clock {event.definition} is breached")
        return
    tell_whoever_has_it(turn, incident, CLOCK, f"the clock {event.definition} was due and nothing had come")


def _clock_warned(turn: Turn, incident: Incident, event: events.ClockWarned, _entry: Entry) -> None:
    """Whoever has it is told, and else those of the first step: once a clock, for it warns once, paused or not."""
    clock = incident.clocks.get(event.clock)
    if not is_told_of(incident) or clock is None or clock.state != "warned":
        return
    people = whoever_has_it(turn, incident)
    if not people:
        people = meant(policy_of(turn, incident).steps[0].targets, turn.around(incident)).people
    due = f"{datetime.fromtimestamp(event.due_at, UTC):%Y-%m-%d %H:%M:%S} UTC"
    reason = f"the clock {event.definition} is due {due}, and what must have happened has not"
    tell_now(turn, incident, people, WARNING, reason)


def _role_assigned(turn: Turn, incident: Incident, event: events.RoleAssigned, entry: Entry) -> None:
    """Who is given a role hears of it, unless he took it himself."""
    taken = entry.actor.is_person and entry.actor.id == event.person
    person = turn.estate.people.get(event.person)
    if is_told_of(incident) and person and not taken:
        tell_now(turn, incident, [person], ROLE, f"you are {event.role} of it now")


_REACTIONS: Mapping[str, Callable[[Turn, Incident, Any, Entry], None]] = {
    "declared": _declared,
    "classified": _classified,
    "assets_identified": _assets_identified,
    "status_changed": _status_changed,
    "merged": _merged,
    "unmerged": _unmerged,
    "acknowledged": _acknowledged,
    "clock_breached": _clock_breached,
    "clock_warned": _clock_warned,
    "role_assigned": _role_assigned,
}
"""What the pager does about which kind of entry."""
