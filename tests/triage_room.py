"""A store with triage at work in it, to put findings into and look at alerts."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from findings_made import write
from tocsin.app.desk import Desk
from tocsin.app.known import load
from tocsin.app.settings import parse
from tocsin.app.triage.triage import Triage
from tocsin.detect.catalogue import detectors
from tocsin.detect.labels import Labels
from tocsin.edge.store import journal
from tocsin.edge.store.incidents import load as incident_of
from tocsin.edge.store.opening import Store
from tocsin.edge.store.triage import Wanted, findings_of, listed
from tocsin.model.actor import Actor, ActorKind
from tocsin.model.finding import Finding
from tocsin.respond.estate.estate import EMPTY, Estate
from tocsin.respond.incident.incident import Incident
from tocsin.respond.triage.alert import TriagedAlert
from tocsin.respond.triage.machine import State

ADA, BOB = Actor(ActorKind.USER, "ada"), Actor(ActorKind.USER, "bob")
KNOWN = Labels.of(load([]))


@dataclass
class Clock:
    now: float = 10_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Room:
    """A store with triage, and a clock that stands still."""

    store: Store
    clock: Clock = field(default_factory=Clock)
    open_from: str = "critical"
    estate: Callable[[], Estate] = lambda: EMPTY

    @property
    def desk(self) -> Desk:
        settings = parse(f'[respond]\nopen_from = "{self.open_from}"', "tocsin.toml", {})
        return Desk(settings=settings, store=self.store, clock=self.clock, entropy=os.urandom)

    def triage(self, **given: Any) -> Triage:
        return Triage(desk=self.desk, detectors=detectors(), known=KNOWN, estate=self.estate, **given)

    def found(self, number: int, *some: Finding, **given: Any) -> None:
        write(self.store, number, *some, at=self.clock.now, **given)

    def take_in(self, **given: Any) -> None:
        triage = self.triage(**given)
        while triage.pass_now():
            pass

    def alerts(self, *states: State) -> list[TriagedAlert]:
        return listed(self.store.engine, Wanted(states=states or None), limit=1_000)

    def findings(self, alert: TriagedAlert) -> set[str]:
        with self.store.engine.begin() as connection:
            return {each.id for each, _ in findings_of(connection, alert.id, limit=1_000)}

    def kinds(self, alert: str) -> list[str]:
        return [entry.kind for entry in journal.stream(self.store.engine, f"alert:{alert}")]

    def incident(self, name: str | None) -> Incident:
        assert name is not None
        with self.store.engine.begin() as connection:
            return incident_of(connection, name)

    def alert(self, name: str) -> TriagedAlert:
        (found,) = [each for each in self.alerts() if each.id == name]
        return found

    def incidents(self) -> set[str]:
        return {each.incident for each in self.alerts() if each.incident}
