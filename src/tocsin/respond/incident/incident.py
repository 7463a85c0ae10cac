"""
The state of an incident, worked out from its events alone: `fold(entries)`.

One function a kind of event says what changes; what it does not name stays. The same entries always give the same
state, so a state may be kept and gone on from. The functions are in `changes_of_*.py`.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from tocsin.model.errors import MalformedInput
from tocsin.respond.incident import (
    changes_of_bonds,
    changes_of_course,
    changes_of_signals,
    changes_of_work,
    events,
    parts,
)
from tocsin.respond.incident.changes_of_course import PHASES, rating
from tocsin.respond.incident.changing import Change, Changes, closed, opened
from tocsin.respond.incident.events import Event
from tocsin.respond.incident.state import COMMANDER, Incident
from tocsin.respond.journal import Entry

__all__ = ["COMMANDER", "MEANING", "PHASES", "Incident", "apply", "fold"]

MEANING = 1
"""Raised when the same entries come to another state: states kept before are worked out anew."""


def fold(entries: Iterable[Entry], was: Incident | None = None) -> Incident:
    """
    The state after these entries of one stream, in order; `was` is the state before the first.

    Raises `MalformedInput` for a kind that no tocsin writes, and for a stream that does not begin with `declared`.
    """
    left = iter(entries)
    if was is None:
        was = _first(left)
    growing = opened(was)
    for entry in left:
        growing = apply(growing, events.event(entry), entry)
    return closed(growing)


def _first(entries: Iterator[Entry]) -> Incident:
    entry = next(entries, None)
    if entry is None:
        raise MalformedInput("no entries: an incident begins with `declared`")
    return apply(None, events.event(entry), entry)


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
        ratings=(rating(event, entry),),
    )


def _nothing(_was: Incident, _event: Event, _entry: Entry) -> Changes:
    """It stands in the journal and changes no state."""
    return {}


_CHANGES: Mapping[type[Event], Change] = {
    **changes_of_course.CHANGES,
    **changes_of_work.CHANGES,
    **changes_of_signals.CHANGES,
    **changes_of_bonds.CHANGES,
    events.PagingStopped: _nothing,
    events.UpdatePostponed: _nothing,
}
