"""
Some changes to alerts that are written together: alerts as they are worked on, entries of the journal, what incidents
are to be told. Everything is in one transaction; killed anywhere, nothing of it happened.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import msgspec

from tocsin.app.desk import Desk
from tocsin.edge.store import journal
from tocsin.edge.store import triage as rows
from tocsin.edge.store.errors import named_errors
from tocsin.edge.store.triage import Connection, TriageState
from tocsin.model.actor import Actor
from tocsin.model.finding import Severity
from tocsin.respond.estate.estate import Estate
from tocsin.respond.incident.events import Event
from tocsin.respond.journal import Draft
from tocsin.respond.triage import machine
from tocsin.respond.triage.alert import TriagedAlert
from tocsin.respond.triage.events import AlertEvent, AlertMoved, AlertOpened, draft
from tocsin.respond.triage.machine import Act, State


def _unpriced(_chain_id: int, _token: str) -> bool:
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """What triage knows beside the store."""

    groups: Mapping[str, str]
    """What kind of thing each detector finds: the package it stands in."""
    estate: Estate
    open_from: Severity
    """Alerts of this severity or worse open an incident, or join one."""
    is_priced: Callable[[int, str], bool] = _unpriced
    """Whether a token has a price: of tokens without one, what somebody gained is not called a loss."""


@dataclass(slots=True, kw_only=True)
class Batch:
    """Alerts that are worked on in one transaction."""

    connection: Connection
    now: float
    new_id: Callable[[], str]
    was: TriageState
    state: TriageState
    alerts: dict[str, TriagedAlert] = field(default_factory=dict)
    fresh: dict[str, None] = field(default_factory=dict)
    changed: dict[str, None] = field(default_factory=dict)
    drafts: list[Draft] = field(default_factory=list)
    told: dict[str, list[Event]] = field(default_factory=dict)
    """What incidents are to be told, by their id."""

    verdicts: list[tuple[TriagedAlert, str]] = field(default_factory=list)
    """Alerts that were judged, and by whom."""

    def load(self, ids: Collection[str]) -> None:
        """Read these alerts, where they are not at hand."""
        self.alerts.update(rows.by_ids(self.connection, set(ids) - set(self.alerts)))

    def of(self, alert: str) -> TriagedAlert:
        """An alert that is going to be changed."""
        if alert not in self.alerts:
            self.load([alert])
        if alert not in self.fresh:
            self.changed[alert] = None
        return self.alerts[alert]

    def open(self, alert: TriagedAlert, actor: Actor) -> TriagedAlert:
        """A new alert."""
        self.alerts[alert.id], self.fresh[alert.id] = alert, None
        event = AlertOpened(
            key=alert.key,
            source=alert.source,
            severity=alert.severity.word,
            title=alert.title,
            chain_id=alert.chain_id,
            source_ref=alert.source_ref or "",
            raw_sha256=alert.story.raw_sha256,
        )
        self.enter(alert.id, event, actor, occurred_at=alert.occurred_at)
        return alert

    def move(self, alert: TriagedAlert, act: Act, actor: Actor, *, reason: str = "", other: str = "") -> None:
        """Do something to an alert. Raises `WrongState`."""
        before, alert.state = alert.state, machine.after(alert.state, act)
        if alert.state is not State.SUPPRESSED:
            alert.suppressed_by = None
        if actor.is_person:
            alert.version += 1
        moved = AlertMoved(act=act, before=before, after=alert.state, reason=reason, other=other)
        self.enter(self.of(alert.id).id, moved, actor)

    def enter(self, alert: str, event: AlertEvent, actor: Actor, *, occurred_at: float | None = None) -> None:
        """An entry of the alert's stream."""
        at = self.now if occurred_at is None else occurred_at
        self.drafts.append(draft(alert, event, actor=actor, occurred_at=at))

    def tell(self, incident: str, *events: Event) -> None:
        """An incident is to be told."""
        self.told.setdefault(incident, []).extend(events)

    def retell(self, alert: TriagedAlert, **changes: object) -> None:
        """Change what an alert tells."""
        alert.story = msgspec.structs.replace(alert.story, **changes)

    def write_changed(self) -> None:
        """Write alerts that changed, for what is read next to see them so."""
        rows.update(self.connection, [self.alerts[each] for each in self.changed])
        self.changed.clear()

    def write(self) -> None:
        """Write alerts and entries; what incidents are told is written before, by `triage_incidents`."""
        self.write_changed()
        rows.insert(self.connection, [self.alerts[each] for each in self.fresh])
        for alert, actor in self.verdicts:
            rows.note_verdict(self.connection, alert, actor, self.now)
        if self.drafts:
            journal.append(self.connection, self.drafts, now=self.now)
        if self.state != self.was:
            rows.set_state(self.connection, self.state)


@contextmanager
def batch(desk: Desk) -> Iterator[Batch]:
    """A batch that holds off all others; written at the end, unless something is raised. Raises `StoreError`."""
    with named_errors(), desk.store.engine.begin() as connection:
        held = rows.hold(connection)
        work = Batch(connection=connection, now=desk.clock(), new_id=desk.new_id, was=held, state=held)
        yield work
        work.write()
    if work.drafts or work.told:
        desk.ring()
