"""
What numbers are about: incidents with their clocks, and alerts; gathered from the journal in one pass.

Only what is needed is kept of each, so that a long journal needs little room. Nothing is typed in: a corrected time is
a later event, and counts.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from tocsin.respond.clocks import clock as clocks
from tocsin.respond.clocks.clock import Clock
from tocsin.respond.incident import events, incident
from tocsin.respond.incident.state import Incident
from tocsin.respond.journal import Entry
from tocsin.respond.triage.events import PREFIX as ALERT_PREFIX
from tocsin.respond.triage.machine import State

_FOLDED = frozenset(
    {
        "declared",
        "classified",
        "status_changed",
        "phase_changed",
        "acknowledged",
        "time_corrected",
        "verdict_given",
        "role_assigned",
        "role_released",
        "assets_identified",
        "merged",
        "unmerged",
    }
)
"""What the state of an incident is worked out from, as far as numbers go."""
_PROGRESS = frozenset({State.ACKNOWLEDGED.value, State.IN_TRIAGE.value})


@dataclass(slots=True, kw_only=True)
class AlertTold:
    """An alert, as far as numbers go. Times are seconds since 1970."""

    id: str
    source: str
    happened_at: float
    received_at: float
    progress_at: float | None = None
    """When a person first took it up."""
    closed_at: float | None = None
    escalated_at: float | None = None
    verdict: str | None = None
    reason: str = ""
    incident: str = ""
    """The id of the incident it is about; empty for none."""


@dataclass(slots=True, kw_only=True)
class IncidentTold:
    """An incident, as far as numbers go."""

    state: Incident
    clocks: dict[str, Clock] = field(default_factory=dict)
    alerts: set[str] = field(default_factory=set)
    first_alert_at: float = float("inf")
    """When the first alert about it was received."""

    @property
    def detected_at(self) -> float:
        """When the first alert was received; what somebody corrected stands."""
        times = self.state.times
        return times.detected if "detected" in self.state.corrected else min(times.detected, self.first_alert_at)


@dataclass(slots=True)
class Gathered:
    """All incidents and alerts of a journal, by id."""

    incidents: dict[str, IncidentTold] = field(default_factory=dict)
    alerts: dict[str, AlertTold] = field(default_factory=dict)

    def read(self, entry: Entry) -> None:
        """Take in one entry; entries come in the order of their positions."""
        if entry.stream.startswith(ALERT_PREFIX):
            self._read_alert(entry.stream.removeprefix(ALERT_PREFIX), entry)
        elif one := events.incident_of(entry):
            self._read_incident(one, entry)

    def _read_incident(self, name: str, entry: Entry) -> None:
        known = self.incidents.get(name)
        if entry.kind == "declared":
            self.incidents[name] = IncidentTold(state=incident.fold((entry,)))
        elif known is not None and entry.kind in clocks.CLOCK_KINDS:
            clocks.fold_into(known.clocks, name, entry)
        elif known is not None and entry.kind in _FOLDED:
            known.state = incident.fold((entry,), known.state)
        elif known is not None and entry.kind in _LINKS:
            _LINKS[entry.kind](self, known, entry)

    def _read_alert(self, name: str, entry: Entry) -> None:
        if entry.kind == "alert_opened":
            self.alerts[name] = AlertTold(
                id=name,
                source=entry.data["source"],
                happened_at=entry.occurred_at,
                received_at=entry.recorded_at,
            )
        elif (known := self.alerts.get(name)) is not None and entry.kind in _OF_ALERTS:
            _OF_ALERTS[entry.kind](known, entry)


def _linked(gathered: Gathered, told: IncidentTold, entry: Entry) -> None:
    name = entry.data["alert"]
    told.alerts.add(name)
    told.first_alert_at = min(told.first_alert_at, entry.data["detected_at"])
    if (alert := gathered.alerts.get(name)) is not None:
        alert.incident = told.state.id


def _unlinked(gathered: Gathered, told: IncidentTold, entry: Entry) -> None:
    told.alerts.discard(entry.data["alert"])
    if (alert := gathered.alerts.get(entry.data["alert"])) is not None:
        alert.incident = ""


def _moved(told: AlertTold, entry: Entry) -> None:
    after = entry.data["after"]
    if after in _PROGRESS and told.progress_at is None and entry.actor.is_person:
        told.progress_at = entry.occurred_at
    if after == State.ESCALATED.value and told.escalated_at is None:
        told.escalated_at = entry.occurred_at
    told.closed_at = entry.occurred_at if after == State.CLOSED.value else None


def _judged(told: AlertTold, entry: Entry) -> None:
    told.verdict, told.reason = entry.data["verdict"], entry.data["reason"]
    told.closed_at = entry.occurred_at
    if told.progress_at is None and entry.actor.is_person:
        told.progress_at = entry.occurred_at


_LINKS: Mapping[str, Callable[[Gathered, IncidentTold, Entry], None]] = {
    "alert_linked": _linked,
    "alert_unlinked": _unlinked,
}
_OF_ALERTS: Mapping[str, Callable[[AlertTold, Entry], None]] = {"alert_moved": _moved, "alert_judged": _judged}
KINDS = frozenset({*_FOLDED, *clocks.CLOCK_KINDS, *_LINKS, *_OF_ALERTS, "alert_opened"})
"""The kinds of entries that matter to numbers."""


def gather(entries: Iterable[Entry]) -> Gathered:
    """Incidents and alerts of a journal's entries, in one pass."""
    gathered = Gathered()
    for entry in entries:
        gathered.read(entry)
    return gathered
