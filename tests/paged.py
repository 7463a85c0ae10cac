"""
An organisation whose people are paged, on a store, a virtual clock and a real HTTP server.

    house = house_of(store, tmp_path, hooks)
    incident = house.declare()
    house.turn()                      # one pass of the pager after another, until nothing is due
    house.clock.now += 120
"""

import asyncio
import io
import itertools
import json
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from channel_servers import HttpServer
from tocsin.app.desk import Desk
from tocsin.app.paging.pager import Pager
from tocsin.app.settings import parse
from tocsin.app.telling.file import parse_channels
from tocsin.app.telling.teller import Remembered, Teller
from tocsin.edge.logs import logger
from tocsin.edge.sending.sender import Sender
from tocsin.edge.store import health, incidents, journal, pages
from tocsin.edge.store.opening import Store
from tocsin.model.actor import TOCSIN, Actor, ActorKind
from tocsin.model.priority import Priority
from tocsin.respond.incident.events import Acknowledged, Declared, Event, event
from tocsin.respond.incident.incident import Incident
from tocsin.respond.paging.page import Page

BEGIN = 1_780_300_800.0
"""Monday 2026-06-01, 08:00 UTC."""
MINUTE = 60.0
KEY = "a key that nobody can guess"
SAFE = "0x" + "5" * 40
SIGNERS = {person: "0x" + digit * 40 for person, digit in zip(("ada", "bo", "chen"), "abc", strict=True)}

ESTATE = "".join(
    f"""
[[person]]
id = "{person}"
name = "{person.title()}"
addresses = ["{address}"]
contacts = [
  {{ channel = "hook", address = "{person}" }},
  {{ channel = "spare", address = "{person}", after_seconds = 90 }},
]
"""
    for person, address in SIGNERS.items()
) + (
    f"""
[[person]]
id = "dee"
name = "Dee"
contacts = [{{ channel = "hook", address = "dee" }}]

[[team]]
id = "board"
name = "Board"
members = ["dee"]

[[safe]]
id = "treasury"
owner = "board"
criticality = "critical"
chain_id = 1
address = "{SAFE}"
expects = {{ threshold = 2, signers = {json.dumps(list(SIGNERS.values()))} }}
"""
)

PLAN = """
[[schedule]]
id = "first"
[[schedule.layer]]
people = ["ada"]
start = 2026-01-05T09:00:00

[[schedule]]
id = "second"
[[schedule.layer]]
people = ["bo"]
start = 2026-01-05T09:00:00

[[policy]]
id = "critical"
step = [
  { to = ["schedule:first"] },
  { after = "2 min", to = ["schedule:first"] },
  { after = "5 min", to = ["schedule:second"] },
  { after = "10 min", to = ["person:chen", "team:board"] },
]

[[policy]]
id = "calm"
rounds = 1
step = [{ to = ["schedule:second"] }]

[[when]]
priority = ["P1"]
policy = "critical"

[[when]]
priority = ["P2", "P3", "P4"]
policy = "calm"
"""


@dataclass
class Clock:
    now: float = BEGIN

    def __call__(self) -> float:
        return self.now


def _entropy() -> Any:
    numbers = itertools.count(1)
    return lambda size: next(numbers).to_bytes(size)


@dataclass
class House:
    store: Store
    folder: Path
    hooks: HttpServer
    clock: Clock
    desk: Desk
    pager: Pager
    log: io.StringIO = field(default_factory=io.StringIO)

    def turn(self) -> None:
        """What the pager does until nothing is due."""

        async def work() -> None:
            while await self.pager.once():
                pass

        asyncio.run(work())

    def restart(self) -> None:
        """The process ends; another one begins on the same store."""
        self.pager = Pager(desk=self.desk, teller=self.pager.teller, log=logger(self.log, ()))

    def run_for(self, minutes: float, step_seconds: float = 15.0) -> None:
        """Let time go by."""
        for _ in range(int(minutes * MINUTE / step_seconds)):
            self.clock.now += step_seconds
            self.turn()

    def declare(self, priority: Priority = Priority.P1, *more: Event, **told: Any) -> Incident:
        declared = Declared(
            number="",
            title=told.pop("title", "Vault drained"),
            summary="1,000 WETH left the main vault in one block.",
            type="exploit",
            priority=priority,
            because=("funds were lost",),
            rule="loss",
            detected_at=self.clock.now,
            **told,
        )
        with self.store.engine.begin() as connection:
            return incidents.declare(
                connection,
                incident=self.desk.new_id(),
                events=[declared, *more],
                actor=TOCSIN,
                occurred_at=self.clock.now,
                now=self.clock.now,
            )

    def record(self, incident: Incident, *events: Event, by: str = "") -> Incident:
        actor = Actor(ActorKind.USER, by) if by else TOCSIN
        with self.store.engine.begin() as connection:
            return incidents.record(
                connection, incident.id, events, actor=actor, occurred_at=self.clock.now, now=self.clock.now
            )

    def acknowledge(self, incident: Incident, by: str) -> None:
        self.record(incident, Acknowledged(via="cli"), by=by)

    def told(self) -> list[tuple[float, str]]:
        """Minutes after the begin, and channel/person, in the order in which it arrived; then forgotten."""
        came = [
            (minutes(str(told["time"])), f"{request.path.strip('/')}/{told['data']['address']}")
            for request in self.hooks.requests
            if (told := json.loads(request.body))
        ]
        self.hooks.requests.clear()
        return sorted(came)

    def events(self, incident: Incident) -> list[Event]:
        return [event(entry) for entry in journal.stream(self.store.engine, f"incident:{incident.id}")]

    def pages(self, **wanted: Any) -> tuple[Page, ...]:
        with self.store.engine.begin() as connection:
            return pages.find(connection, pages.Wanted(**wanted))

    def alerts(self) -> dict[str, str]:
        return {alert.key: alert.detail for alert in health.open_alerts(self.store.engine)}


def minutes(time: str) -> float:
    """Minutes from the begin to a time as a webhook has it."""
    return (datetime.fromisoformat(time).timestamp() - BEGIN) / MINUTE


def house_of(store: Store, folder: Path, hooks: HttpServer, *, plan: str = PLAN, estate: str = ESTATE) -> House:
    """The organisation, with its files in a folder."""
    named = {"estate.toml": estate, "oncall.toml": plan}
    for name, text in named.items():
        (folder / name).write_text(text)
    on_call = f'on_call = "{folder}/oncall.toml"' if plan else ""
    settings = parse(f'[estate]\nfile = "{folder}/estate.toml"\n{on_call}', "tocsin.toml", {})
    clock = Clock()
    desk = Desk(settings=settings, store=store, clock=clock, entropy=_entropy())
    channels = "".join(
        f'[channel.{name}]\nkind = "webhook"\nallow_private = true\nurl = "{hooks.url}/{name}"\nkey = "{KEY}"\n'
        for name in ("hook", "spare")
    )
    file = parse_channels(channels, "channels.toml", {})
    log = io.StringIO()
    pager = Pager(desk=desk, teller=Teller(file, Sender().send, clock, Remembered()), log=logger(log, ()))
    return House(store=store, folder=folder, hooks=hooks, clock=clock, desk=desk, pager=pager, log=log)
