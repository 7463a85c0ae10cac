"""Stories of incidents for clocks to be planned from, with a clock that only moves when it is told to."""

import datetime as dt
from dataclasses import dataclass, field

from tocsin.model.actor import TOCSIN, Actor, ActorKind
from tocsin.model.priority import Priority
from tocsin.respond.clocks import clock as clocks
from tocsin.respond.clocks.clock import Clock
from tocsin.respond.clocks.internal import TARGETS, definitions
from tocsin.respond.clocks.plan import Board, Change, Rebase, Rules, plan
from tocsin.respond.incident import events
from tocsin.respond.journal import Entry

ADA = Actor(ActorKind.USER, "ada")
T0 = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC).timestamp()
"""A Monday at noon."""
MINUTE, HOUR = 60.0, 3_600.0
NUMBER = "INC-2026-0001"
OWN = Rules(definitions=definitions(TARGETS))


def declared(priority: str = "P1", exercise: str = "") -> events.Declared:
    return events.Declared(
        number=NUMBER,
        title="Drain",
        type="exploit",
        priority=Priority(priority),
        because=("value is leaving",),
        rule="loss",
        detected_at=T0,
        exercise=exercise,
    )


def classified(priority: str) -> events.Classified:
    return events.Classified(type="exploit", priority=Priority(priority), because=("seen better",), rule="")


def acknowledged() -> events.Acknowledged:
    return events.Acknowledged(via="cli")


def status(after: str, before: str = "active") -> events.StatusChanged:
    return events.StatusChanged(before=before, after=after)


def met(trigger: str, at: float) -> events.TriggerMet:
    name, _, rule = trigger.partition(":")
    return events.TriggerMet(trigger=name, at=at, why="decided", obligation=rule)


def told() -> events.UpdatePublished:
    return events.UpdatePublished(update="u", audience="board", text="so it stands", tlp="amber")


def iso(at: float) -> str:
    return dt.datetime.fromtimestamp(at, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds(text: str) -> float:
    return dt.datetime.fromisoformat(text).timestamp()


@dataclass
class Story:
    """An incident that entries and time happen to."""

    rules: Rules = OWN
    board: Board = field(default_factory=lambda: Board(incident="i"))
    entries: list[Entry] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    unread: list[Entry] = field(default_factory=list)

    def happens(self, event: events.Event, at: float, by: Actor = ADA, *, is_read: bool = True) -> "Story":
        """Something is entered, and read at once unless nothing of tocsin runs."""
        self.unread.append(self._enter(event, at, by, at))
        return self.passes(at) if is_read else self

    def passes(self, until: float) -> "Story":
        """Whoever keeps time looks at this moment."""
        planned = plan(self.board, self.unread, self.rules, until)
        self.unread = []
        self.board = planned.board
        for change in planned.changes:
            self._enter(change.event, change.occurred_at, TOCSIN, until)
        self.changes += planned.changes
        return self

    def clock(self, name: str) -> Clock:
        return self.board.clocks[f"{NUMBER}:{name}"]

    def states(self) -> dict[str, str]:
        return {name.removeprefix(f"{NUMBER}:"): clock.state.value for name, clock in self.board.clocks.items()}

    def told(self, kind: type[events.Event], definition: str = "") -> list[events.Event]:
        return [
            change.event
            for change in self.changes
            if isinstance(change.event, kind) and definition in ("", getattr(change.event, "definition", ""))
        ]

    def _enter(self, event: events.Event, at: float, by: Actor, now: float) -> Entry:
        draft = events.draft("i", event, by, at)
        number = len(self.entries)
        entry = Entry(
            stream=draft.stream,
            kind=draft.kind,
            actor=by,
            occurred_at=at,
            data=draft.data,
            position=number,
            sequence=number + 1,
            recorded_at=now,
            previous="",
        )
        self.entries.append(entry)
        return entry


__all__ = ["ADA", "HOUR", "MINUTE", "NUMBER", "OWN", "T0", "Rebase", "Rules", "Story", "clocks"]
