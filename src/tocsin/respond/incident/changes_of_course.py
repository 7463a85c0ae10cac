"""How an incident goes: what it is, how far it has come, who leads it, what it turned out to be."""

from collections.abc import Mapping

import msgspec

from tocsin.respond.incident import events, parts
from tocsin.respond.incident.changing import Change, Changes, at, with_last, with_one, without
from tocsin.respond.incident.events import Event
from tocsin.respond.incident.state import Incident
from tocsin.respond.journal import Entry

PHASES = ("detect", "triage", "contain", "eradicate", "recover", "post", "closed")
"""In their order (reference: incident response, 3.12.2)."""
_COMPLETED: Mapping[str, str] = {"contain": "contained", "eradicate": "eradicated", "recover": "recovered"}
"""The time at which a phase was left behind."""


def rating(event: events.Declared | events.Classified, entry: Entry) -> parts.Rating:
    """The type and priority that an event says."""
    return parts.Rating(
        type=event.type,
        priority=event.priority,
        because=event.because,
        rule=event.rule,
        at=entry.occurred_at,
        by=str(entry.actor),
    )


def _classified(was: Incident, event: events.Classified, entry: Entry) -> Changes:
    new = {"type": event.type, "priority": event.priority, "because": event.because, "rule": event.rule}
    return {**new, "ratings": with_last(was.ratings, rating(event, entry))}


def _described(_was: Incident, event: events.Described, _entry: Entry) -> Changes:
    given = {"title": event.title, "summary": event.summary, "tlp": event.tlp}
    return {name: value for name, value in given.items() if value is not None}


def _time_corrected(was: Incident, event: events.TimeCorrected, _entry: Entry) -> Changes:
    return {
        "times": at(was.times, **{event.what: event.at}),
        "corrected": with_one(was.corrected, event.what, event.at),
    }


def _verdict_given(_was: Incident, event: events.VerdictGiven, entry: Entry) -> Changes:
    given = parts.Verdict(verdict=event.verdict, reason=event.reason, at=entry.occurred_at, by=str(entry.actor))
    return {"verdict": given}


def _status_changed(was: Incident, event: events.StatusChanged, entry: Entry) -> Changes:
    return {
        "status": event.after,
        "steps": with_last(was.steps, _step(event, entry)),
        "times": at(was.times, **_times_of_status(was.times, event.after, entry.occurred_at)),
    }


def _times_of_status(was: parts.Times, status: str, at: float) -> Mapping[str, float | None]:
    """Stable is contained; active again is not; reopened takes back that it was resolved and closed."""
    at_status: Mapping[str, Mapping[str, float | None]] = {
        "active": {"contained": None, "resolved": None, "closed": None},
        "stable": {"contained": at if was.contained is None else was.contained},
        "resolved": {"resolved": at},
        "closed": {"closed": at},
        "reopened": {"resolved": None, "closed": None},
    }
    return at_status.get(status, {})


def _phase_changed(was: Incident, event: events.PhaseChanged, entry: Entry) -> Changes:
    """A phase that lies behind was completed when it was first left behind; one gone back to is not completed."""
    reached, times = PHASES.index(event.after), {}
    for phase, name in _COMPLETED.items():
        before, is_behind = getattr(was.times, name), reached > PHASES.index(phase)
        times[name] = (entry.occurred_at if before is None else before) if is_behind else None
    if event.after == "closed" and was.is_for_nothing:
        times = {}
    steps = with_last(was.phases, _step(event, entry))
    return {"phase": event.after, "phases": steps, "times": at(was.times, **times)}


def _step(event: events.StatusChanged | events.PhaseChanged, entry: Entry) -> parts.Step:
    return parts.Step(
        before=event.before, after=event.after, reason=event.reason, at=entry.occurred_at, by=str(entry.actor)
    )


def _acknowledged(was: Incident, _event: events.Acknowledged, entry: Entry) -> Changes:
    if was.times.acknowledged is not None or not entry.actor.is_person:
        return {}
    return {"acknowledged_by": entry.actor.id, "times": at(was.times, acknowledged=entry.occurred_at)}


def _role_assigned(was: Incident, event: events.RoleAssigned, entry: Entry) -> Changes:
    given = parts.Assignment(role=event.role, person=event.person, since=entry.occurred_at, by=str(entry.actor))
    ended = _ended(was.assignments, event.role, entry.occurred_at)
    return {"roles": with_one(was.roles, event.role, event.person), "assignments": (*ended, given)}


def _role_released(was: Incident, event: events.RoleReleased, entry: Entry) -> Changes:
    ended = _ended(was.assignments, event.role, entry.occurred_at)
    return {"roles": without(was.roles, event.role), "assignments": ended}


def _ended(assignments: tuple[parts.Assignment, ...], role: str, at: float) -> tuple[parts.Assignment, ...]:
    return tuple(
        msgspec.structs.replace(one, until=at) if one.role == role and one.until is None else one for one in assignments
    )


def _review_changed(_was: Incident, event: events.ReviewChanged, entry: Entry) -> Changes:
    review = parts.Review(state=event.after, reviewer=event.reviewer, note=event.note, at=entry.occurred_at)
    return {"review": review}


CHANGES: Mapping[type[Event], Change] = {
    events.Classified: _classified,
    events.Described: _described,
    events.TimeCorrected: _time_corrected,
    events.VerdictGiven: _verdict_given,
    events.StatusChanged: _status_changed,
    events.PhaseChanged: _phase_changed,
    events.Acknowledged: _acknowledged,
    events.RoleAssigned: _role_assigned,
    events.RoleReleased: _role_released,
    events.ReviewChanged: _review_changed,
}
"""What each of these events changes."""
