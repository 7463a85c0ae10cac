"""
The state of an incident, worked out from its events alone: `fold(entries)`.

One function a kind of event says what changes; what it does not name stays. The same entries always give the same
state, so a state may be kept and gone on from.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import msgspec

from tocsin.model.errors import MalformedInput
from tocsin.respond.incident import events, parts
from tocsin.respond.incident.events import Event
from tocsin.respond.incident.state import COMMANDER, Incident
from tocsin.respond.journal import Entry

__all__ = ["COMMANDER", "MEANING", "PHASES", "Incident", "apply", "fold"]

MEANING = 1
"""Raised when the same entries come to another state: states kept before are worked out anew."""

PHASES = ("detect", "triage", "contain", "eradicate", "recover", "post", "closed")
"""In their order (reference: incident response, 3.12.2)."""
_COMPLETED: Mapping[str, str] = {"contain": "contained", "eradicate": "eradicated", "recover": "recovered"}
"""The time at which a phase was left behind."""
Changes = dict[str, Any]
"""What of the state is new, by the names of its fields."""
K = TypeVar("K")
V = TypeVar("V")
P = TypeVar("P", bound=parts.Part)


def fold(entries: Iterable[Entry], was: Incident | None = None) -> Incident:
    """
    The state after these entries of one stream, in order; `was` is the state before the first.

    Raises `MalformedInput` for a kind that no tocsin writes, and for a stream that does not begin with `declared`.
    """
    for entry in entries:
        was = apply(was, events.event(entry), entry)
    if was is None:
        raise MalformedInput("no entries: an incident begins with `declared`")
    return was


def apply(incident: Incident | None, event: Event, entry: Entry) -> Incident:
    """The state after one more event; None before the first, which must be `Declared`. Raises `MalformedInput`."""
    if (incident is None) is not isinstance(event, events.Declared):
        raise MalformedInput(f"{entry.stream}, entry {entry.sequence}: {entry.kind}; the first, and no other, declares")
    if incident is None:
        return _declared(event, entry)
    changes = _CHANGES[type(event)](incident, event, entry)
    return msgspec.structs.replace(incident, sequence=entry.sequence, changed_at=entry.recorded_at, **changes)


def _declared(event: Any, entry: Entry) -> Incident:
    return Incident(
        id=events.incident_of(entry),
        number=event.number,
        title=event.title,
        summary=event.summary,
        type=event.type,
        priority=event.priority,
        because=event.because,
        rule=event.rule,
        tlp=event.tlp,
        codename=event.codename,
        is_restricted=event.is_restricted,
        exercise=event.exercise,
        declared_by=str(entry.actor),
        sequence=entry.sequence,
        changed_at=entry.recorded_at,
        times=parts.Times(detected=event.detected_at, declared=entry.occurred_at, occurred=event.began_at),
        ratings=(_rating(event, entry),),
    )


def _rating(event: events.Declared | events.Classified, entry: Entry) -> parts.Rating:
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
    return {**new, "ratings": (*was.ratings, _rating(event, entry))}


def _described(_was: Incident, event: events.Described, _entry: Entry) -> Changes:
    given = {"title": event.title, "summary": event.summary, "tlp": event.tlp}
    return {name: value for name, value in given.items() if value is not None}


def _time_corrected(was: Incident, event: events.TimeCorrected, _entry: Entry) -> Changes:
    return {"times": _at(was.times, **{event.what: event.at}), "corrected": _with(was.corrected, event.what, event.at)}


def _verdict_given(_was: Incident, event: events.VerdictGiven, entry: Entry) -> Changes:
    given = parts.Verdict(verdict=event.verdict, reason=event.reason, at=entry.occurred_at, by=str(entry.actor))
    return {"verdict": given}


def _status_changed(was: Incident, event: events.StatusChanged, entry: Entry) -> Changes:
    return {
        "status": event.after,
        "steps": (*was.steps, _step(event, entry)),
        "times": _at(was.times, **_times_of_status(was.times, event.after, entry.occurred_at)),
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
    steps = (*was.phases, _step(event, entry))
    return {"phase": event.after, "phases": steps, "times": _at(was.times, **times)}


def _step(event: events.StatusChanged | events.PhaseChanged, entry: Entry) -> parts.Step:
    return parts.Step(
        before=event.before, after=event.after, reason=event.reason, at=entry.occurred_at, by=str(entry.actor)
    )


def _acknowledged(was: Incident, _event: events.Acknowledged, entry: Entry) -> Changes:
    if was.times.acknowledged is not None or not entry.actor.is_person:
        return {}
    return {"acknowledged_by": entry.actor.id, "times": _at(was.times, acknowledged=entry.occurred_at)}


def _alert_linked(was: Incident, event: events.AlertLinked, _entry: Entry) -> Changes:
    """An alert that came before what was known so far moves the detection; nobody's correction is overruled."""
    first = was.times.detected if "detected" in was.corrected else min(was.times.detected, event.detected_at)
    return {"alerts": _with(was.alerts, event.alert, event), "times": _at(was.times, detected=first)}


def _alert_unlinked(was: Incident, event: events.AlertUnlinked, _entry: Entry) -> Changes:
    return {"alerts": _without(was.alerts, event.alert)}


def _finding_retracted(was: Incident, event: events.FindingRetracted, _entry: Entry) -> Changes:
    return {"retracted": (*was.retracted, event)}


def _assets_identified(was: Incident, event: events.AssetsIdentified, _entry: Entry) -> Changes:
    return {
        "assets": tuple(dict.fromkeys((*was.assets, *event.assets))),
        "hit": tuple(dict.fromkeys((*was.hit, *event.directly))),
    }


def _role_assigned(was: Incident, event: events.RoleAssigned, entry: Entry) -> Changes:
    given = parts.Assignment(role=event.role, person=event.person, since=entry.occurred_at, by=str(entry.actor))
    ended = _ended(was.assignments, event.role, entry.occurred_at)
    return {"roles": _with(was.roles, event.role, event.person), "assignments": (*ended, given)}


def _role_released(was: Incident, event: events.RoleReleased, entry: Entry) -> Changes:
    ended = _ended(was.assignments, event.role, entry.occurred_at)
    return {"roles": _without(was.roles, event.role), "assignments": ended}


def _ended(assignments: tuple[parts.Assignment, ...], role: str, at: float) -> tuple[parts.Assignment, ...]:
    return tuple(
        msgspec.structs.replace(one, until=at) if one.role == role and one.until is None else one for one in assignments
    )


def _task_added(was: Incident, event: events.TaskAdded, entry: Entry) -> Changes:
    task = parts.Task(
        id=event.task,
        title=event.title,
        group=event.group,
        is_mandatory=event.is_mandatory,
        assignees=event.assignees,
        due_at=event.due_at,
        after=event.after,
        added_at=entry.occurred_at,
    )
    return {"tasks": _with(was.tasks, event.task, task)}


def _task_changed(was: Incident, event: events.TaskChanged, entry: Entry) -> Changes:
    change = {
        "state": event.state,
        "assignees": event.assignees,
        "due_at": event.due_at,
        "note": event.note,
        "changed_at": entry.occurred_at,
        "changed_by": str(entry.actor),
    }
    return {"tasks": _changed(was.tasks, event.task, change)}


def _decision_made(was: Incident, event: events.DecisionMade, entry: Entry) -> Changes:
    decision = parts.Decision(
        id=event.decision,
        what=event.what,
        why=event.why,
        options=event.options,
        decided_by=event.decided_by,
        about=event.about,
        at=entry.occurred_at,
        by=str(entry.actor),
    )
    return {"decisions": _with(was.decisions, event.decision, decision)}


def _trigger_met(was: Incident, event: events.TriggerMet, _entry: Entry) -> Changes:
    return {"triggers": (*was.triggers, event)}


def _note_written(was: Incident, event: events.NoteWritten, entry: Entry) -> Changes:
    version = parts.NoteVersion(text=event.text, at=entry.occurred_at, by=str(entry.actor))
    before = was.notes[event.note].versions if event.note in was.notes else ()
    return {"notes": _with(was.notes, event.note, parts.Note(id=event.note, versions=(*before, version)))}


def _timeline_written(was: Incident, event: events.TimelineWritten, entry: Entry) -> Changes:
    version = parts.LineVersion(
        at=event.at,
        text=event.text,
        category=event.category,
        is_pinned=event.is_pinned,
        in_report=event.in_report,
        evidence=event.evidence,
        time_zone=event.time_zone,
        written_at=entry.recorded_at,
        by=str(entry.actor),
    )
    before = was.lines[event.line].versions if event.line in was.lines else ()
    return {"lines": _with(was.lines, event.line, parts.Line(id=event.line, versions=(*before, version)))}


def _funds_moved(was: Incident, event: events.FundsMoved, entry: Entry) -> Changes:
    told: dict[str, Any] = {name: getattr(event, name) for name in event.__struct_fields__ if name != "posting"}
    stamp: dict[str, Any] = {"at": entry.occurred_at, "recorded_at": entry.recorded_at, "by": str(entry.actor)}
    return {"postings": _with(was.postings, event.posting, parts.Posting(id=event.posting, **told, **stamp))}


def _impact_assessed(_was: Incident, event: events.ImpactAssessed, _entry: Entry) -> Changes:
    return {"impact": event}


def _evidence_added(was: Incident, event: events.EvidenceAdded, _entry: Entry) -> Changes:
    return {"evidence": (*was.evidence, event)}


def _clock_started(was: Incident, event: events.ClockStarted, _entry: Entry) -> Changes:
    clock = parts.Clock(
        id=event.clock,
        definition=event.definition,
        state="running",
        started_at=event.started_at,
        due_at=event.due_at,
        warn_at=event.warn_at,
        priority=event.priority,
        says=event.says,
    )
    return {"clocks": _with(was.clocks, event.clock, clock)}


def _clock_warned(was: Incident, event: events.ClockWarned, _entry: Entry) -> Changes:
    return {"clocks": _changed(was.clocks, event.clock, {"state": "warned"})}


def _clock_paused(was: Incident, event: events.ClockPaused, _entry: Entry) -> Changes:
    return {"clocks": _changed(was.clocks, event.clock, {"state": "paused", "reason": event.reason})}


def _clock_resumed(was: Incident, event: events.ClockResumed, _entry: Entry) -> Changes:
    return {"clocks": _changed(was.clocks, event.clock, {"state": "running", "due_at": event.due_at, "reason": ""})}


def _clock_met(was: Incident, event: events.ClockMet, _entry: Entry) -> Changes:
    """A stop after the breach is noted, and the clock stays breached (reference: incident response, 3.12.8)."""
    change: Changes = {"met_at": event.at, "is_late": event.is_late}
    return {"clocks": _changed(was.clocks, event.clock, change if event.is_late else {**change, "state": "met"})}


def _clock_breached(was: Incident, event: events.ClockBreached, _entry: Entry) -> Changes:
    return {"clocks": _changed(was.clocks, event.clock, {"state": "breached", "is_late": True})}


def _clock_waived(was: Incident, event: events.ClockWaived, _entry: Entry) -> Changes:
    return {"clocks": _changed(was.clocks, event.clock, {"state": "waived", "reason": event.reason})}


def _clock_superseded(was: Incident, event: events.ClockSuperseded, _entry: Entry) -> Changes:
    """A breach stays one, and nobody waits for it any more."""
    known = was.clocks.get(event.clock)
    state = "breached" if known is not None and known.state == "breached" else "superseded"
    return {"clocks": _changed(was.clocks, event.clock, {"state": state, "is_over": True, "reason": event.reason})}


def _page_queued(was: Incident, event: events.PageQueued, entry: Entry) -> Changes:
    page = parts.Page(
        id=event.page,
        person=event.person,
        policy=event.policy,
        step=event.step,
        state="queued",
        at=entry.occurred_at,
        reason=event.reason,
    )
    return {"pages": _with(was.pages, event.page, page)}


def _page_sent(was: Incident, event: events.PageSent, entry: Entry) -> Changes:
    change = {"state": "sent", "at": entry.occurred_at, "channel": event.channel, "may_be_repeat": event.may_be_repeat}
    return {"pages": _changed(was.pages, event.page, change)}


def _page_failed(was: Incident, event: events.PageFailed, entry: Entry) -> Changes:
    change = {"state": "failed", "at": entry.occurred_at, "reason": event.reason}
    return {"pages": _changed(was.pages, event.page, change)}


def _page_answered(was: Incident, event: events.PageAnswered, entry: Entry) -> Changes:
    change = {"state": event.answer, "at": entry.occurred_at, "channel": event.channel}
    return {"pages": _changed(was.pages, event.page, change)}


def _update_published(was: Incident, event: events.UpdatePublished, entry: Entry) -> Changes:
    update = parts.Update(
        id=event.update,
        audience=event.audience,
        text=event.text,
        tlp=event.tlp,
        at=entry.occurred_at,
        by=str(entry.actor),
    )
    return {"updates": (*was.updates, update)}


def _linked(was: Incident, event: events.Linked, entry: Entry) -> Changes:
    link = parts.Link(incident=event.incident, how=event.how, at=entry.occurred_at)
    return {"links": _with(was.links, event.incident, link)}


def _merged(_was: Incident, event: events.Merged, _entry: Entry) -> Changes:
    return {"merged_into": event.into}


def _merged_in(was: Incident, event: events.MergedIn, entry: Entry) -> Changes:
    origin = parts.Origin(incident=event.incident, alerts=event.alerts, reason=event.reason, at=entry.occurred_at)
    return {"merged_from": _with(was.merged_from, event.incident, origin)}


def _unmerged(was: Incident, event: events.Unmerged, _entry: Entry) -> Changes:
    into = "" if was.merged_into == event.other else was.merged_into
    return {"merged_into": into, "merged_from": _without(was.merged_from, event.other)}


def _access_granted(was: Incident, event: events.AccessGranted, _entry: Entry) -> Changes:
    return {"access": tuple(dict.fromkeys((*was.access, event.person)))}


def _access_revoked(was: Incident, event: events.AccessRevoked, _entry: Entry) -> Changes:
    return {"access": tuple(person for person in was.access if person != event.person)}


def _viewed(was: Incident, _event: events.Viewed, entry: Entry) -> Changes:
    return {"views": _with(was.views, str(entry.actor), entry.occurred_at)}


def _restriction_changed(_was: Incident, event: events.RestrictionChanged, _entry: Entry) -> Changes:
    return {"is_restricted": event.is_restricted, "codename": event.codename}


def _review_changed(_was: Incident, event: events.ReviewChanged, entry: Entry) -> Changes:
    review = parts.Review(state=event.after, reviewer=event.reviewer, note=event.note, at=entry.occurred_at)
    return {"review": review}


def _post_mortem_written(_was: Incident, event: events.PostMortemWritten, _entry: Entry) -> Changes:
    return {"post_mortem": event}


def _action_item_added(was: Incident, event: events.ActionItemAdded, _entry: Entry) -> Changes:
    item = parts.ActionItem(id=event.item, what=event.what, owner=event.owner, due_at=event.due_at)
    return {"items": _with(was.items, event.item, item)}


def _action_item_changed(was: Incident, event: events.ActionItemChanged, entry: Entry) -> Changes:
    change = {"state": event.state, "note": event.note, "changed_by": str(entry.actor)}
    return {"items": _changed(was.items, event.item, change)}


def _nothing(_was: Incident, _event: Event, _entry: Entry) -> Changes:
    """It stands in the journal and changes no state."""
    return {}


def _with(mapping: Mapping[K, V], key: K, value: V) -> Mapping[K, V]:
    return {**mapping, key: value}


def _without(mapping: Mapping[K, V], key: K) -> Mapping[K, V]:
    return {name: value for name, value in mapping.items() if name != key}


def _changed(mapping: Mapping[K, P], key: K, change: Changes) -> Mapping[K, P]:
    """With one part changed. A part that is not there stays away: its beginning was never written."""
    return _with(mapping, key, msgspec.structs.replace(mapping[key], **change)) if key in mapping else mapping


def _at(times: parts.Times, **new: float | None) -> parts.Times:
    return msgspec.structs.replace(times, **new)


_CHANGES: Mapping[type[Event], Callable[[Incident, Any, Entry], Changes]] = {
    events.Classified: _classified,
    events.Described: _described,
    events.TimeCorrected: _time_corrected,
    events.VerdictGiven: _verdict_given,
    events.StatusChanged: _status_changed,
    events.PhaseChanged: _phase_changed,
    events.Acknowledged: _acknowledged,
    events.AlertLinked: _alert_linked,
    events.AlertUnlinked: _alert_unlinked,
    events.FindingRetracted: _finding_retracted,
    events.AssetsIdentified: _assets_identified,
    events.RoleAssigned: _role_assigned,
    events.RoleReleased: _role_released,
    events.TaskAdded: _task_added,
    events.TaskChanged: _task_changed,
    events.DecisionMade: _decision_made,
    events.TriggerMet: _trigger_met,
    events.NoteWritten: _note_written,
    events.TimelineWritten: _timeline_written,
    events.FundsMoved: _funds_moved,
    events.ImpactAssessed: _impact_assessed,
    events.EvidenceAdded: _evidence_added,
    events.ClockStarted: _clock_started,
    events.ClockWarned: _clock_warned,
    events.ClockPaused: _clock_paused,
    events.ClockResumed: _clock_resumed,
    events.ClockMet: _clock_met,
    events.ClockBreached: _clock_breached,
    events.ClockWaived: _clock_waived,
    events.ClockSuperseded: _clock_superseded,
    events.PageQueued: _page_queued,
    events.PageSent: _page_sent,
    events.PageFailed: _page_failed,
    events.PageAnswered: _page_answered,
    events.PagingStopped: _nothing,
    events.UpdatePublished: _update_published,
    events.UpdatePostponed: _nothing,
    events.Linked: _linked,
    events.Merged: _merged,
    events.MergedIn: _merged_in,
    events.Unmerged: _unmerged,
    events.AccessGranted: _access_granted,
    events.AccessRevoked: _access_revoked,
    events.Viewed: _viewed,
    events.RestrictionChanged: _restriction_changed,
    events.ReviewChanged: _review_changed,
    events.PostMortemWritten: _post_mortem_written,
    events.ActionItemAdded: _action_item_added,
    events.ActionItemChanged: _action_item_changed,
}
