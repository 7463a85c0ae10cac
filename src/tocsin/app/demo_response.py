"""
What tocsin does about the recorded attack: alert, incident, clocks, pages, evidence. By what serves, without a network.

Pages are written and none is sent: the demo has no channel. Evidence is captured from the recording in place of nodes.
"""

import asyncio
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tocsin.app.backoff import Backoff
from tocsin.app.clocks.timekeeper import Timekeeper
from tocsin.app.desk import Desk
from tocsin.app.estate.latest import LatestEstate
from tocsin.app.evidence import custody
from tocsin.app.evidence.capture import Capture
from tocsin.app.evidence.recorded import RecordedWitness
from tocsin.app.health import HealthBook
from tocsin.app.paging.oncall import plan_now
from tocsin.app.paging.pager import Pager
from tocsin.app.settings import parse
from tocsin.app.telling.teller import teller_of
from tocsin.app.triage import reading
from tocsin.app.triage.triage import Triage
from tocsin.chain.recording import Recording
from tocsin.chain.rpc.json_rpc import Outcome, Request
from tocsin.detect.detector import Detector
from tocsin.detect.labels import Labels
from tocsin.edge import clock
from tocsin.edge.logs import Log, logger
from tocsin.edge.store import escalations, incidents, pages
from tocsin.edge.store.errors import named_errors
from tocsin.edge.store.opening import Store
from tocsin.edge.store.triage import Wanted
from tocsin.model.actor import TOCSIN
from tocsin.model.errors import DataMissing
from tocsin.respond.estate.estate import Estate
from tocsin.respond.evidence.item import Item
from tocsin.respond.incident.incident import Incident
from tocsin.respond.paging.page import Page
from tocsin.respond.paging.targets import Around, contacts, meant
from tocsin.respond.people import Person
from tocsin.respond.triage.alert import TriagedAlert

ESTATE_FILE, ON_CALL_FILE = "estate.toml", "oncall.toml"
SETTINGS = """
[estate]
file = {estate!r}
on_call = {on_call!r}

[evidence]
folder = {evidence!r}
key = {key!r}
"""
AT_ONCE = Backoff(first_seconds=1.0, longest_seconds=1.0, jitter=clock.jitter)


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """A step of the policy: when it comes, after the first, and whom it means."""

    after_seconds: float
    people: tuple[Person, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Responded:
    """What was made of the attack."""

    now: float
    alert: TriagedAlert
    incident: Incident
    estate: Estate
    policy: str
    steps: tuple[Telling, ...]
    pages: tuple[Page, ...]
    """Those that are written already."""
    evidence: tuple[Item, ...]

    def ways(self, person: Person) -> tuple[str, ...]:
        """The channels on which a person is told of it, in order."""
        return tuple(way.channel for way in contacts(person, self.incident.priority))


@dataclass(frozen=True)
class _Recorded:
    """All blocks of a recording as one witness."""

    blocks: Sequence[RecordedWitness]

    async def ask(self, requests: Sequence[Request]) -> Mapping[str, Sequence[Outcome]]:
        """By block, of which one has it: the outcome of each request."""
        for witness in self.blocks:
            answers = await witness.ask(requests)
            if not any(isinstance(each, DataMissing) for every in answers.values() for each in every):
                return answers
        return {"recording": [DataMissing("no block of the recording has it")] * len(requests)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Responder:
    """Everything that responds, on one store and at one moment."""

    desk: Desk
    detectors: Mapping[str, Detector]
    known: Labels
    witness: _Recorded
    chain_id: int

    async def respond(self) -> Responded | None:
        """From what was found to an incident that is told of; None where nothing was bad enough."""
        log = logger(io.StringIO(), ())
        book = HealthBook(store=self.desk.store, clock=self.desk.clock, log=log)
        estate = LatestEstate(desk=self.desk)
        triage = Triage(desk=self.desk, detectors=self.detectors, known=self.known, estate=estate)
        while await triage.once():
            pass
        timekeeper = Timekeeper(desk=self.desk, heard=asyncio.Event(), health=book)
        while await timekeeper.once():
            pass
        await self._pager(log).write()
        await Capture(desk=self.desk, witnesses={self.chain_id: self.witness}, backoff=AT_ONCE).once()
        return self._read(estate())

    def _pager(self, log: Log) -> Pager:
        return Pager(desk=self.desk, teller=teller_of(self.desk.settings, {}), log=log)

    def _read(self, estate: Estate) -> Responded | None:
        alerts = reading.find(self.desk, TOCSIN, Wanted(), limit=1)
        if not alerts or alerts[0].incident is None:
            return None
        with named_errors(), self.desk.store.engine.begin() as connection:
            incident = incidents.load(connection, alerts[0].incident)
            written = pages.open_of(connection, incident.id)
            timers = escalations.of_incident(connection, incident.id)
        plan, now = plan_now(self.desk), self.desk.clock()
        policy = timers[0].policy if timers else ""
        steps = plan.policies[policy].steps if policy in plan.policies else ()
        around = [
            Around(
                estate=estate,
                schedules=plan.schedules,
                roles=incident.roles,
                priority=incident.priority,
                at=now + step.after_seconds,
            )
            for step in steps
        ]
        return Responded(
            now=now,
            alert=alerts[0],
            incident=incident,
            estate=estate,
            policy=policy,
            steps=tuple(
                Telling(after_seconds=step.after_seconds, people=meant(step.targets, at).people)
                for step, at in zip(steps, around, strict=True)
            ),
            pages=written,
            evidence=custody.listing(self.desk, TOCSIN, incident=incident.id),
        )


def responder(  # noqa: PLR0913 - what responding to a recording is made of; all by name
    *,
    store: Store,
    now: float,
    organisation: Path,
    folder: Path,
    blocks: Sequence[Recording],
    detectors: Mapping[str, Detector],
    known: Labels,
) -> Responder:
    """Who responds for this organisation; evidence goes below `folder`. Raises `EstateError`."""
    text = SETTINGS.format(
        estate=str(organisation / ESTATE_FILE),
        on_call=str(organisation / ON_CALL_FILE),
        evidence=str(folder / "evidence"),
        key=str(folder / "evidence" / "key.pem"),
    )
    desk = Desk(settings=parse(text, "the demo's settings", {}), store=store, clock=lambda: now, entropy=clock.entropy)
    return Responder(
        desk=desk,
        detectors=detectors,
        known=known,
        witness=_Recorded([RecordedWitness(block) for block in blocks]),
        chain_id=blocks[0].chain_id,
    )
