"""
From alerts to incidents: an alert that is bad enough joins the open incident it belongs to, or opens one.

In a storm, when alerts that have nothing in common open incident after incident, the next ones share one: twenty
pages in an hour are read, two hundred are not.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import msgspec

from tocsin.app.triage import funds
from tocsin.app.triage.batch import Batch, Knowledge
from tocsin.edge.store import triage_links as links
from tocsin.edge.store.findings import Stored
from tocsin.edge.store.incidents import declare, load, record
from tocsin.model.actor import TOCSIN, Actor
from tocsin.respond.estate.estate import Hit
from tocsin.respond.incident import booking
from tocsin.respond.incident.classification import Classification, Facts, classify
from tocsin.respond.incident.events import AlertUnlinked, Event, FundsMoved, Linked, NoteWritten
from tocsin.respond.incident.incident import Incident
from tocsin.respond.incident.parts import Posting
from tocsin.respond.triage import linking
from tocsin.respond.triage.alert import TriagedAlert
from tocsin.respond.triage.events import AlertJudged
from tocsin.respond.triage.facts import facts
from tocsin.respond.triage.machine import Act, State
from tocsin.respond.triage.verdicts import Verdict

STORM_INCIDENTS, STORM_SECONDS = 20, 3_600
_BEFORE = (State.NEW, State.ACKNOWLEDGED, State.IN_TRIAGE)


@dataclass(slots=True, kw_only=True)
class Incidents:
    """The incidents that the alerts of a batch join."""

    batch: Batch
    knowledge: Knowledge
    actor: Actor = TOCSIN
    loaded: dict[str, Incident] = field(default_factory=dict)
    leads: dict[str, tuple[str, float]] = field(default_factory=dict)
    new_links: dict[str, str] = field(default_factory=dict)
    counted: dict[str, int] = field(default_factory=dict)
    """How many alerts an incident was told of, with those of this batch."""
    postings: dict[str, list[FundsMoved]] = field(default_factory=dict)
    """What is booked by rule, by incident."""

    def take(self, alerts: Iterable[TriagedAlert]) -> None:
        """Join those that are bad enough, and tell incidents what changed."""
        wanted = [each for each in alerts if self._is_wanted(each)]
        if not wanted:
            return
        self.look(wanted)
        said = self.said(wanted)
        for alert in sorted(wanted, key=lambda each: (-each.severity, each.opened_at)):
            if alert.state is State.ESCALATED:
                self._tell_again(alert, said.get(alert.id))
            else:
                self.join(alert, said.get(alert.id))

    def look(self, alerts: Iterable[TriagedAlert]) -> None:
        """Read which incidents these lead to."""
        names = {link for each in alerts for link in linking.links_of(each)}
        self.leads.update(links.leading(self.batch.connection, names))

    def join(self, alert: TriagedAlert, into: str | None = None) -> str:
        """An alert joins this incident, or the open one it leads to, or the storm's, or opens one; which."""
        found = classify(self._facts(alert))
        candidates = [into] if into else self._candidates(alert)
        incident = candidates[0] if candidates else self._storm() or self._declare(alert, found)
        for other in candidates[1:]:
            self._relate(incident, other)
        self._link(alert, incident, found)
        self.batch.move(alert, Act.ESCALATE, self.actor, other=incident)
        alert.incident = incident
        return incident

    def relate(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Something belongs to the alerts of two incidents: each is told of the other."""
        for one, other in pairs:
            mine, its = (self.batch.of(each).incident for each in (one, other))
            if mine and its and mine != its:
                self._relate(mine, its)

    def write(self) -> None:
        """Tell incidents what they are to be told."""
        unlinked_first = sorted(self.batch.told.items(), key=lambda one: not _unlinks(one[1]))
        for incident, events in unlinked_first:
            at, now = self.batch.now, self.batch.now
            record(self.batch.connection, self._goes_on(incident), events, actor=self.actor, occurred_at=at, now=now)
        for incident, moves in self.postings.items():
            at, now, into = self.batch.now, self.batch.now, self._goes_on(incident)
            record(self.batch.connection, into, moves, actor=booking.RULE, occurred_at=at, now=now)
        links.write(self.batch.connection, self.new_links, self.batch.now)

    def take_back(self, gone: Iterable[tuple[str, Stored]]) -> None:
        """Findings were retracted: what was booked of them is taken back, where no other states it."""
        of_alert: dict[str, list[Stored]] = {}
        for name, finding in gone:
            of_alert.setdefault(name, []).append(finding)
        for name, findings in of_alert.items():
            alert = self.batch.of(name)
            if alert.incident is not None:
                self._book(alert, self._goes_on(alert.incident), findings)

    def _book(self, alert: TriagedAlert, incident: str, gone: Iterable[Stored] = ()) -> None:
        """What findings state as lost, and what the assets that were hit held before."""
        connection, mine = self.batch.connection, self.postings.get(incident, [])
        booked: list[Posting | FundsMoved] = [*self._of(incident).postings.values(), *mine]
        moves = funds.at_stake(connection, alert.story.directly, booked) if alert.story.directly else []
        if alert.findings:
            booked = [*booked, *moves]
            moves = [*moves, *funds.losses(connection, alert, gone, booked, self.knowledge.is_priced)]
        if moves:
            self.postings[incident] = [*mine, *moves]

    def _is_wanted(self, alert: TriagedAlert) -> bool:
        if alert.state is State.ESCALATED:
            return self._is_news(alert)
        return alert.state in _BEFORE and linking.is_bad_enough(alert, self.knowledge.open_from)

    def said(self, alerts: Iterable[TriagedAlert]) -> dict[str, str]:
        """By alert, the open incident that says it is about it; a closed one is told that it goes on elsewhere."""
        said = links.of_alerts(self.batch.connection, [each.id for each in alerts])
        over = {alert for alert, incident in said.items() if not self._of(incident).is_open}
        for alert in sorted(over):
            self.batch.tell(said[alert], AlertUnlinked(alert=alert, reason="it goes on after the incident was closed"))
        return {alert: incident for alert, incident in said.items() if alert not in over}

    def _is_news(self, alert: TriagedAlert) -> bool:
        """Whether its incident is told now; what can wait is told a little later, all at once."""
        if alert.is_retracted:
            return False
        if alert.story.told != linking.digest_of(alert):
            return True
        if alert.tell_at is None and alert.story.names > alert.story.told_names:
            self.batch.of(alert.id).tell_at = self.batch.now + linking.TELL_AGAIN_SECONDS
        return alert.tell_at is not None and alert.tell_at <= self.batch.now

    def _hit(self, alert: TriagedAlert) -> Hit:
        return self.knowledge.estate.hit_assets(alert.story.directly)

    def _facts(self, alert: TriagedAlert) -> Facts:
        return facts(alert, self._hit(alert), has_estate=bool(self.knowledge.estate.assets))

    def _candidates(self, alert: TriagedAlert) -> list[str]:
        """The open incidents that an alert leads to, the oldest first."""
        used = [
            self.leads[link][0]
            for link in linking.links_of(alert)
            if link in self.leads and linking.leads(link, self.leads[link][1], self.batch.now)
        ]
        return sorted(each for each in set(used) if self._is_open(each))

    def _is_open(self, incident: str) -> bool:
        state = self._of(incident)
        return state.is_open and not state.exercise

    def _goes_on(self, incident: str) -> str:
        """The incident in which this one goes on; itself, where it was not merged."""
        while into := self._of(incident).merged_into:
            incident = into
        return incident

    def _of(self, incident: str) -> Incident:
        if incident not in self.loaded:
            self.loaded[incident] = load(self.batch.connection, incident)
        return self.loaded[incident]

    def _declare(self, alert: TriagedAlert, found: Classification) -> str:
        batch, incident = self.batch, self.batch.new_id()
        self.loaded[incident] = declare(
            batch.connection,
            incident=incident,
            events=[linking.declared(alert, found)],
            actor=self.actor,
            occurred_at=batch.now,
            now=batch.now,
        )
        if not self.actor.is_person:
            self._count_opening(incident)
        return incident

    def _count_opening(self, incident: str) -> None:
        """The incident at which a storm is seen is the one that the storm's alerts join."""
        state = self.batch.state
        openings = (*self._lately(), self.batch.now)[-STORM_INCIDENTS:]
        storm = incident if len(openings) == STORM_INCIDENTS else None
        self.batch.state = replace(state, openings=openings, storm=storm)

    def _lately(self) -> tuple[float, ...]:
        return tuple(at for at in self.batch.state.openings if at > self.batch.now - STORM_SECONDS)

    def _storm(self) -> str | None:
        """The incident of the storm that goes on; None where there is none."""
        storm = self.batch.state.storm
        goes_on = not self.actor.is_person and len(self._lately()) >= STORM_INCIDENTS
        return storm if goes_on and storm is not None and self._is_open(storm) else None

    def _link(self, alert: TriagedAlert, incident: str, found: Classification) -> None:
        """Tell an incident of an alert: of so many that it can be read, and of what is worse always."""
        state = self._of(incident)
        told = self.counted.get(incident, len(state.alerts))
        events: list[Event] = [*linking.identified(self._hit(alert), state.assets), *linking.raised(state, found)]
        if told < linking.MOST_LINKED or alert.id in state.alerts:
            events = [linking.linked(alert), *events]
        elif told == linking.MOST_LINKED:
            text = f"More than {told} alerts belong to it; `tocsin alerts list --incident {state.number}` has them all."
            events = [NoteWritten(note=self.batch.new_id(), text=text), *events]
        self.counted[incident] = told + (alert.id not in state.alerts)
        self._note(incident, state, found, alert)
        self._book(alert, incident)
        if events:
            self.batch.tell(incident, *events)
        for link in linking.links_of(alert):
            self.new_links[link] = incident
            self.leads[link] = (incident, self.batch.now)
        alert.tell_at = None
        self.batch.retell(alert, told=linking.digest_of(alert), told_names=alert.story.names)

    def _note(self, incident: str, state: Incident, found: Classification, alert: TriagedAlert) -> None:
        """What the incident will be after what it is told, as far as the next alert of the batch must know."""
        assets = tuple(dict.fromkeys((*state.assets, *alert.story.assets)))
        worse = min(state.priority, found.priority)
        self.loaded[incident] = msgspec.structs.replace(state, priority=worse, assets=assets)

    def _tell_again(self, alert: TriagedAlert, said: str | None) -> None:
        """An alert grew: its incident is told, unless people took it out of there."""
        self.batch.of(alert.id).tell_at = None
        incident = said or alert.incident
        if incident is None or not self._is_open(incident):
            return
        if said is None and len(self._of(incident).alerts) < linking.MOST_LINKED:
            return
        alert.incident = incident
        self._link(self.batch.of(alert.id), incident, classify(self._facts(alert)))

    def _relate(self, one: str, other: str) -> None:
        if other not in self._of(one).links:
            self.batch.tell(one, Linked(incident=other, how="related"))
            self.batch.tell(other, Linked(incident=one, how="related"))


def _unlinks(events: Iterable[Event]) -> bool:
    return any(isinstance(event, AlertUnlinked) for event in events)


def to_tell(batch: Batch, limit: int) -> list[TriagedAlert]:
    """Alerts of which their incidents are to be told what is new."""
    ids = links.to_tell(batch.connection, batch.now, limit)
    batch.load(ids)
    return [batch.of(each) for each in ids]


def close_with_incidents(batch: Batch, limit: int) -> int:
    """Alerts of incidents that were closed are closed with the same verdict; how many."""
    found = links.ended(batch.connection, limit)
    batch.load([alert for alert, _ in found])
    incidents: dict[str, Incident] = {}
    for alert, name in found:
        if name not in incidents:
            incidents[name] = load(batch.connection, name)
        given = incidents[name].verdict
        verdict = Verdict(given.verdict) if given else Verdict.INSUFFICIENT
        judge(batch, batch.of(alert), verdict, f"{incidents[name].number} was closed", TOCSIN)
    return len(found)


def judge(batch: Batch, alert: TriagedAlert, verdict: Verdict, reason: str, actor: Actor) -> None:
    """Close an alert with a verdict. Raises `WrongState`."""
    before = alert.verdict or ""
    batch.move(alert, Act.JUDGE, actor, reason=reason)
    alert.verdict, alert.reason, alert.closed_at = verdict.value, reason, batch.now
    batch.enter(alert.id, AlertJudged(verdict=verdict, reason=reason, before=before), actor)
    batch.verdicts.append((alert, str(actor)))
