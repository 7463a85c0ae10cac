"""
What is to be written about the clocks of an incident: from what happened, how they stand, and what time it is.

Nothing here is done, only said. Whoever follows the journal writes it, and the rows, in one transaction. What comes of
entries that are read late is the same as if they had been read at once: before each entry, what was due when it was
recorded is breached.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from tocsin.respond.clocks import clock as clocks
from tocsin.respond.clocks import situation as situations
from tocsin.respond.clocks.calendar import EVERY_WEEKDAY, Calendar
from tocsin.respond.clocks.clock import Clock, State
from tocsin.respond.clocks.definition import Anchor, ClockDefinition, first
from tocsin.respond.clocks.situation import Situation
from tocsin.respond.clocks.targets import Given, limit
from tocsin.respond.incident import events
from tocsin.respond.journal import Entry

DECLARED, CLASSIFIED, TRIGGER_MET = "declared", "classified", "trigger_met"
PERCENT = 100
_SITUATION = ("status_changed", "verdict_given", "merged", "unmerged")


class Rebase(StrEnum):
    """From when a clock counts after a change of priority."""

    FROM_START = "from_start"
    """From when the clock before it started: the strict reading."""
    FROM_CHANGE = "from_change"


@dataclass(frozen=True, kw_only=True)
class Rules:
    """Which clocks there are, and how they are counted."""

    definitions: tuple[ClockDefinition, ...]
    rebase: Rebase = Rebase.FROM_START
    calendar: Calendar = EVERY_WEEKDAY

    @cached_property
    def kinds(self) -> frozenset[str]:
        """The kinds of entries that may matter."""
        anchors = [
            anchor.kind
            for each in self.definitions
            for anchor in (*each.starts, *each.stops, *each.ends, *each.postponed_by)
        ]
        return frozenset((DECLARED, CLASSIFIED, TRIGGER_MET, *_SITUATION, *anchors))

    @cached_property
    def by_id(self) -> Mapping[str, ClockDefinition]:
        """The definitions by id."""
        return {each.id: each for each in self.definitions}


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """How an incident and its clocks stand, as far as its stream has been read."""

    incident: str
    situation: Situation | None = None
    clocks: Mapping[str, Clock] = field(default_factory=dict)
    """By id, oldest first."""


@dataclass(frozen=True, slots=True)
class Change:
    """An event about a clock that is to be entered, and when it happened."""

    event: events.Event
    occurred_at: float


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be written, and how everything stands then."""

    board: Board
    changes: tuple[Change, ...] = ()


def plan(board: Board, entries: Iterable[Entry], rules: Rules, now: float, *, read_until: float | None = None) -> Plan:
    """
    What comes of these entries of an incident's stream, and of the time that it is.

    `read_until` is up to when entries have been read, where not all are: an answer that came later may be among them.
    """
    pen = _Pen(board.incident, board.situation, dict(board.clocks), rules, now)
    for entry in entries:
        if entry.kind in rules.kinds:
            pen.breach(until=entry.recorded_at)
            pen.read(entry)
    if read_until is None:
        pen.breach(until=now)
        pen.warn()
    return Plan(Board(incident=pen.incident, situation=pen.situation, clocks=pen.clocks), tuple(pen.changes))


def standing(incident: str, entries: Iterable[Entry], read_until: int) -> Board:
    """
    How the clocks of an incident stand by its stream alone: what was written about them, in order.

    `read_until` is the position before which the entries have been acted on: later ones have changed no situation.
    """
    board = Board(incident=incident)
    for entry in entries:
        state = situations.after(board.situation, entry) if entry.position < read_until else board.situation
        board = Board(incident=incident, situation=state, clocks=clocks.fold(board.clocks, incident, entry))
    return board


@dataclass(slots=True)
class _Pen:
    """Writes changes down, and keeps how everything stands meanwhile."""

    incident: str
    situation: Situation | None
    clocks: dict[str, Clock]
    rules: Rules
    now: float
    changes: list[Change] = field(default_factory=list)

    def read(self, entry: Entry) -> None:
        """Everything that comes of one entry."""
        before = self.situation
        self.situation = situations.after(before, entry)
        if self.situation is None:
            return
        for definition in self.rules.definitions:
            self._stop(definition, entry)
            self._end(definition, entry)
            self._start(definition, entry)
            self._postpone(definition, entry)
            self._reckon_anew(definition, entry)
        if before is not None and before.priority is not self.situation.priority:
            self._rebase(entry)

    def breach(self, *, until: float) -> None:
        """What was due by then, and has not come, is late."""
        for clock in list(self.clocks.values()):
            if clock.state in clocks.GOING and clock.due_at is not None and clock.due_at <= until:
                self._write_breached(clock, clock.due_at)

    def warn(self) -> None:
        """Of what is due soon somebody is told."""
        for clock in list(self.clocks.values()):
            warn_at, due_at = clock.warn_at, clock.due_at
            if clock.state is State.RUNNING and warn_at is not None and due_at is not None and warn_at <= self.now:
                told = events.ClockWarned(clock=clock.id, definition=clock.definition, due_at=due_at)
                self._write(told, warn_at)

    def _stop(self, definition: ClockDefinition, entry: Entry) -> None:
        if (anchor := first(definition.stops, entry)) is None:
            return
        for clock in self._open(definition):
            self._write_met(self._going(clock, entry), anchor.moment(entry))

    def _write_met(self, clock: Clock, at: float) -> None:
        late = clock.state is State.BREACHED or (clock.due_at is not None and at >= clock.due_at)
        if late and clock.state is not State.BREACHED and clock.due_at is not None:
            self._write_breached(clock, clock.due_at)
        self._write(events.ClockMet(clock=clock.id, definition=clock.definition, at=at, is_late=late), at)

    def _write_breached(self, clock: Clock, due_at: float) -> None:
        told = events.ClockBreached(clock=clock.id, definition=clock.definition, due_at=due_at, noticed_at=self.now)
        self._write(told, due_at)

    def _end(self, definition: ClockDefinition, entry: Entry) -> None:
        if first(definition.ends, entry) is not None:
            for clock in self._open(definition):
                self._supersede(clock, entry, by="", reason=_why_over(entry))

    def _start(self, definition: ClockDefinition, entry: Entry) -> None:
        anchor = first(definition.starts, entry)
        if anchor is None or not self._may_start(definition, anchor, entry):
            return
        self._begin(definition, anchor.moment(entry), entry, f"started anew: {entry.kind.replace('_', ' ')}")

    def _may_start(self, definition: ClockDefinition, anchor: Anchor, entry: Entry) -> bool:
        is_first = anchor.which is not anchor.which.FIRST or not self._all(definition)
        is_in_force = definition.from_at is None or anchor.moment(entry) >= definition.from_at
        return is_first and is_in_force and self._is_wanted(definition)

    def _is_wanted(self, definition: ClockDefinition) -> bool:
        """A merged incident is worked on elsewhere; what it owes to a regulator it owes still."""
        state, is_here = self._state, bool(definition.obligation) or not self._state.is_merged
        return is_here and state.status in definition.while_status and state.verdict not in definition.unless_verdict

    def _postpone(self, definition: ClockDefinition, entry: Entry) -> None:
        if (anchor := first(definition.postponed_by, entry)) is None:
            return
        until, reason = anchor.moment(entry), str(entry.data.get("reason", ""))
        for clock in self._open(definition):
            if clock.due_at is not None and until > clock.due_at:
                self._begin(definition, clock.started_at, entry, f"postponed: {reason}", due_at=until)

    def _reckon_anew(self, definition: ClockDefinition, entry: Entry) -> None:
        """A moment that its limit reckons with is known now, or otherwise than before."""
        if entry.kind != TRIGGER_MET or entry.data["trigger"] != (definition.second_trigger or None):
            return
        for clock in self._open(definition):
            if clock.state is not State.BREACHED and self._due(definition, clock.started_at) != clock.due_at:
                self._begin(definition, clock.started_at, entry, f"{definition.second_trigger}: its moment was told")

    def _rebase(self, entry: Entry) -> None:
        for definition in self.rules.definitions:
            if definition.is_by_priority and self._is_wanted(definition):
                self._rebase_one(definition, entry)

    def _rebase_one(self, definition: ClockDefinition, entry: Entry) -> None:
        """What runs is replaced; what an earlier priority had no limit for starts; what is answered stays answered."""
        reason, known = f"now {self._state.priority.value}", self._all(definition)
        if running := self._open(definition):
            is_kept = self.rules.rebase is Rebase.FROM_START
            self._begin(definition, running[-1].started_at if is_kept else entry.occurred_at, entry, reason)
        elif _begins_with_incident(definition) and (not known or _had_no_limit(known[-1])):
            self._begin(definition, entry.occurred_at, entry, reason)

    def _begin(
        self,
        definition: ClockDefinition,
        started_at: float,
        entry: Entry,
        reason: str,
        *,
        due_at: float | None = None,
    ) -> None:
        """Start a clock in the place of those of its kind that are open."""
        known, has_limit = self._all(definition), limit(definition.target, self._state.priority) is not None
        suffix = f":{len(known) + 1}" if known else ""
        name = f"{self._state.number}:{definition.id}{suffix}" if has_limit else ""
        for clock in self._open(definition):
            self._supersede(clock, entry, by=name, reason=reason)
        if has_limit:
            due_at = due_at if due_at is not None else self._due(definition, started_at)
            self._write(self._started(definition, name, started_at, due_at), started_at)

    def _started(
        self, definition: ClockDefinition, name: str, started_at: float, due_at: float | None
    ) -> events.ClockStarted:
        share = definition.warn_percent / PERCENT
        return events.ClockStarted(
            clock=name,
            definition=definition.id,
            started_at=started_at,
            due_at=due_at,
            says=definition.says,
            warn_at=None if due_at is None else started_at + share * (due_at - started_at),
            priority=self._state.priority if definition.is_by_priority else None,
        )

    def _due(self, definition: ClockDefinition, started_at: float) -> float | None:
        state = self._state
        given = Given(
            started_at=started_at, priority=state.priority, triggers=state.triggers, calendar=self.rules.calendar
        )
        found = limit(definition.target, state.priority)
        return None if found is None else found.due(given)

    def _supersede(self, clock: Clock, entry: Entry, *, by: str, reason: str) -> None:
        going = self._going(clock, entry)
        told = events.ClockSuperseded(clock=going.id, definition=going.definition, by=by, reason=reason)
        self._write(told, entry.occurred_at)

    def _going(self, clock: Clock, entry: Entry) -> Clock:
        """The clock, resumed if it stands: what it waited for came, or it is replaced."""
        if clock.state is State.PAUSED:
            self._write(resumed(clock, entry.occurred_at), entry.occurred_at)
        return self.clocks[clock.id]

    def _write(self, event: events.Event, at: float) -> None:
        self.changes.append(Change(event, at))
        if isinstance(event, events.ClockStarted):
            self.clocks[event.clock] = clocks.started(self.incident, event)
            return
        name: str = event.clock  # type: ignore[attr-defined] # every event of a clock names it
        self.clocks[name] = clocks.after(self.clocks[name], event, at, "")

    def _all(self, definition: ClockDefinition) -> list[Clock]:
        return [clock for clock in self.clocks.values() if clock.definition == definition.id]

    def _open(self, definition: ClockDefinition) -> list[Clock]:
        return [clock for clock in self._all(definition) if clock.is_open]

    @property
    def _state(self) -> Situation:
        assert self.situation is not None  # noqa: S101 - `read` comes here only after the incident was declared
        return self.situation


def resumed(clock: Clock, at: float) -> events.ClockResumed:
    """What is to be entered when a clock that stands goes on: it is due later by as long as it stood."""
    stood = at - (clock.paused_at if clock.paused_at is not None else at)
    return events.ClockResumed(clock=clock.id, definition=clock.definition, due_at=(clock.due_at or at) + stood)


def _begins_with_incident(definition: ClockDefinition) -> bool:
    return any(anchor.kind == DECLARED for anchor in definition.starts)


def _had_no_limit(clock: Clock) -> bool:
    """Whether it was replaced by nothing because its priority had no limit, or by nobody at all."""
    return clock.ended_at is not None and not clock.superseded_by


def _why_over(entry: Entry) -> str:
    """Why nobody waits for a clock any more, in plain words."""
    said = str(entry.data.get("why") or entry.data.get("reason") or "")
    what = str(entry.data.get("after") or entry.data.get("trigger") or entry.kind).replace("_", " ")
    return f"{what}: {said}" if said else what
