"""Clocks, pages and updates of an incident, as they were last seen."""

from collections.abc import Mapping

from tocsin.respond.incident import events, parts
from tocsin.respond.incident.changing import Change, Changes, changed, with_last, with_one
from tocsin.respond.incident.events import Event
from tocsin.respond.incident.state import Incident
from tocsin.respond.journal import Entry


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
    return {"clocks": with_one(was.clocks, event.clock, clock)}


def _clock_warned(was: Incident, event: events.ClockWarned, _entry: Entry) -> Changes:
    return {"clocks": changed(was.clocks, event.clock, {"state": "warned"})}


def _clock_paused(was: Incident, event: events.ClockPaused, _entry: Entry) -> Changes:
    return {"clocks": changed(was.clocks, event.clock, {"state": "paused", "reason": event.reason})}


def _clock_resumed(was: Incident, event: events.ClockResumed, _entry: Entry) -> Changes:
    return {"clocks": changed(was.clocks, event.clock, {"state": "running", "due_at": event.due_at, "reason": ""})}


def _clock_met(was: Incident, event: events.ClockMet, _entry: Entry) -> Changes:
    """A stop after the breach is noted, and the clock stays breached (reference: incident response, 3.12.8)."""
    change: Changes = {"met_at": event.at, "is_late": event.is_late}
    return {"clocks": changed(was.clocks, event.clock, change if event.is_late else {**change, "state": "met"})}


def _clock_breached(was: Incident, event: events.ClockBreached, _entry: Entry) -> Changes:
    return {"clocks": changed(was.clocks, event.clock, {"state": "breached", "is_late": True})}


def _clock_waived(was: Incident, event: events.ClockWaived, _entry: Entry) -> Changes:
    return {"clocks": changed(was.clocks, event.clock, {"state": "waived", "reason": event.reason})}


def _clock_superseded(was: Incident, event: events.ClockSuperseded, _entry: Entry) -> Changes:
    """A breach stays one, and nobody waits for it any more."""
    known = was.clocks.get(event.clock)
    state = "breached" if known is not None and known.state == "breached" else "superseded"
    return {"clocks": changed(was.clocks, event.clock, {"state": state, "is_over": True, "reason": event.reason})}


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
    return {"pages": with_one(was.pages, event.page, page)}


def _page_sent(was: Incident, event: events.PageSent, entry: Entry) -> Changes:
    change = {"state": "sent", "at": entry.occurred_at, "channel": event.channel, "may_be_repeat": event.may_be_repeat}
    return {"pages": changed(was.pages, event.page, change)}


def _page_failed(was: Incident, event: events.PageFailed, entry: Entry) -> Changes:
    change = {"state": "failed", "at": entry.occurred_at, "reason": event.reason}
    return {"pages": changed(was.pages, event.page, change)}


def _page_answered(was: Incident, event: events.PageAnswered, entry: Entry) -> Changes:
    change = {"state": event.answer, "at": entry.occurred_at, "channel": event.channel}
    return {"pages": changed(was.pages, event.page, change)}


def _update_published(was: Incident, event: events.UpdatePublished, entry: Entry) -> Changes:
    update = parts.Update(
        id=event.update,
        audience=event.audience,
        text=event.text,
        tlp=event.tlp,
        at=entry.occurred_at,
        by=str(entry.actor),
    )
    return {"updates": with_last(was.updates, update)}


CHANGES: Mapping[type[Event], Change] = {
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
    events.UpdatePublished: _update_published,
}
"""What each of these events changes."""
