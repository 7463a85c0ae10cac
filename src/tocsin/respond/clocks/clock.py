"""
The state of a clock, and the table of how it changes. What the journal says of a clock gives its state; nothing else.

| from | to | by |
|---|---|---|
| – | running | clock_started |
| running | warned | clock_warned |
| running, warned | paused | clock_paused |
| paused | running, or warned where it had been | clock_resumed |
| running, warned | met | clock_met |
| running, warned | breached | clock_breached: written exactly once |
| breached | breached | clock_met: the late time is noted |
| running, warned, breached | waived | clock_waived |
| running, warned | superseded | clock_superseded |
| breached | breached | clock_superseded: nobody waits for it any more, and the breach stays |

(reference: incident response, 3.12.8)
"""

from collections.abc import Mapping, MutableMapping
from enum import StrEnum

import msgspec

from tocsin.model.errors import WrongState
from tocsin.model.priority import Priority
from tocsin.respond.incident import events
from tocsin.respond.journal import Entry


class State(StrEnum):
    """How a clock stands."""

    RUNNING = "running"
    WARNED = "warned"
    PAUSED = "paused"
    MET = "met"
    BREACHED = "breached"
    WAIVED = "waived"
    SUPERSEDED = "superseded"


GOING = frozenset({State.RUNNING, State.WARNED})
"""It runs towards a moment."""

AFTER: Mapping[type[events.Event], Mapping[State, State]] = {
    events.ClockWarned: {State.RUNNING: State.WARNED},
    events.ClockPaused: {State.RUNNING: State.PAUSED, State.WARNED: State.PAUSED},
    events.ClockResumed: {State.PAUSED: State.RUNNING},
    events.ClockMet: {State.RUNNING: State.MET, State.WARNED: State.MET, State.BREACHED: State.BREACHED},
    events.ClockBreached: {State.RUNNING: State.BREACHED, State.WARNED: State.BREACHED},
    events.ClockWaived: dict.fromkeys((State.RUNNING, State.WARNED, State.BREACHED), State.WAIVED),
    events.ClockSuperseded: {
        State.RUNNING: State.SUPERSEDED,
        State.WARNED: State.SUPERSEDED,
        State.BREACHED: State.BREACHED,
    },
}


class Clock(msgspec.Struct, frozen=True, kw_only=True):
    """A clock of an incident. Times are seconds since 1970."""

    id: str
    """The incident's number and the definition, such as INC-2026-0042:response; :2 and so on for later ones."""
    incident: str
    definition: str
    says: str
    state: State = State.RUNNING
    priority: Priority | None = None
    started_at: float
    due_at: float | None
    warn_at: float | None = None
    warned_at: float | None = None
    paused_at: float | None = None
    paused_seconds: float = 0.0
    met_at: float | None = None
    breached_at: float | None = None
    """When it was late: its `due_at`."""
    noticed_at: float | None = None
    """When that was seen: later where nothing of tocsin ran."""
    ended_at: float | None = None
    """When another took its place, or nobody waited for it any more."""
    waived_by: str = ""
    superseded_by: str = ""
    reason: str = ""
    """Why it stands, does not count, or was replaced."""

    @property
    def is_open(self) -> bool:
        """Whether what it waits for may still come; after a breach it may."""
        if self.state is State.BREACHED:
            return self.met_at is None and self.ended_at is None
        return self.state in GOING or self.state is State.PAUSED

    @property
    def next_at(self) -> float | None:
        """When something is to be done about it by itself: a warning or a breach."""
        if self.state is State.RUNNING and self.warn_at is not None:
            return self.warn_at
        return self.due_at if self.state in GOING else None


def started(incident: str, event: events.ClockStarted) -> Clock:
    """The clock of this event."""
    return Clock(
        id=event.clock,
        incident=incident,
        definition=event.definition,
        says=event.says,
        priority=event.priority,
        started_at=event.started_at,
        due_at=event.due_at,
        warn_at=event.warn_at,
    )


def after(clock: Clock, event: events.Event, entry_at: float, actor: str) -> Clock:
    """
    The clock after an event about it, which happened at `entry_at` and is `actor`'s.

    Raises `WrongState` where its state does not allow it.
    """
    kind = type(event)
    if (state := AFTER[kind].get(clock.state)) is None:
        raise WrongState(f"clock {clock.id} is {clock.state.value}: {_NAMES[kind]} is not possible")
    return msgspec.structs.replace(clock, **{"state": state, **_changes(clock, event, entry_at, actor)})


_NAMES: Mapping[type[events.Event], str] = {
    events.ClockWarned: "a warning",
    events.ClockPaused: "pausing",
    events.ClockResumed: "resuming",
    events.ClockMet: "meeting it",
    events.ClockBreached: "a breach",
    events.ClockWaived: "waiving",
    events.ClockSuperseded: "replacing it",
}


def _changes(clock: Clock, event: events.Event, at: float, actor: str) -> dict[str, object]:
    """What else an event changes of a clock."""
    change: dict[str, object] = {}
    match event:
        case events.ClockWarned():
            change = {"warned_at": at}
        case events.ClockPaused():
            change = {"paused_at": at, "reason": event.reason}
        case events.ClockResumed():
            change = _resumed(clock, event, at)
        case events.ClockMet():
            change = {"met_at": event.at}
        case events.ClockBreached():
            change = {"breached_at": event.due_at, "noticed_at": event.noticed_at}
        case events.ClockWaived():
            change = {"waived_by": actor, "reason": event.reason}
        case events.ClockSuperseded():
            change = {"ended_at": at, "superseded_by": event.by, "reason": event.reason}
    return change


def _resumed(clock: Clock, event: events.ClockResumed, at: float) -> dict[str, object]:
    """It is due, and warns, later by as long as it stood; who was warned is not warned again."""
    stood = at - (clock.paused_at if clock.paused_at is not None else at)
    later = None if clock.warn_at is None else clock.warn_at + stood
    state = State.RUNNING if clock.warned_at is None else State.WARNED
    return {
        "state": state,
        "due_at": event.due_at,
        "warn_at": later,
        "paused_at": None,
        "paused_seconds": clock.paused_seconds + stood,
        "reason": "",
    }


def fold(clocks: Mapping[str, Clock], incident: str, entry: Entry) -> dict[str, Clock]:
    """The clocks of an incident by id after an entry of its stream. Raises `MalformedInput`, `WrongState`."""
    found = dict(clocks)
    if entry.kind in CLOCK_KINDS:
        fold_into(found, incident, entry)
    return found


def fold_into(clocks: MutableMapping[str, Clock], incident: str, entry: Entry) -> None:
    """Change the clocks of an incident by an entry about one of them. Raises `MalformedInput`, `WrongState`."""
    event = events.event(entry)
    if isinstance(event, events.ClockStarted):
        clocks[event.clock] = started(incident, event)
        return
    name: str = entry.data["clock"]
    clocks[name] = after(clocks[name], event, entry.occurred_at, str(entry.actor))


CLOCK_KINDS: frozenset[str] = frozenset(name for name in events.KINDS if name.startswith("clock_"))
"""The kinds of the entries that say how clocks stand."""
