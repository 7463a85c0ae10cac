"""A desk with a folder of evidence, a clock that is wound by hand, and an incident to keep evidence of."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from tocsin.app.desk import Desk
from tocsin.app.evidence.rules import Given
from tocsin.app.settings import Settings, parse
from tocsin.edge.store import incidents
from tocsin.edge.store.opening import Store
from tocsin.model.actor import Actor, ActorKind
from tocsin.model.priority import Priority
from tocsin.respond.incident.events import Declared, Event

ADA = Actor(ActorKind.USER, "ada")
BOB = Actor(ActorKind.USER, "bob")
BEGIN = 1_796_000_000.0


@dataclass(slots=True)
class Clock:
    """Goes on by a second whenever it is read, and as far as it is wound."""

    now: float = BEGIN

    def __call__(self) -> float:
        self.now += 1
        return self.now


@dataclass(slots=True)
class Dice:
    """Bytes that are never the same twice, and always the same in a test."""

    thrown: int = 0

    def __call__(self, size: int) -> bytes:
        self.thrown += 1
        return self.thrown.to_bytes(size, "big")


@dataclass(slots=True)
class Case:
    """What a test of evidence works with."""

    desk: Desk
    clock: Clock
    rings: list[int] = field(default_factory=list)

    def declare(self, *more: Event, title: str = "Pool drained", is_restricted: bool = False) -> str:
        """A new incident; its id."""
        identity, now = self.desk.new_id(), self.clock()
        declared = Declared(
            number="",
            title=title,
            type="exploit",
            priority=Priority.P1,
            because=("a test",),
            rule="",
            detected_at=now,
            is_restricted=is_restricted,
        )
        with self.desk.store.engine.begin() as connection:
            incidents.declare(
                connection, incident=identity, events=[declared, *more], actor=ADA, occurred_at=now, now=now
            )
        return identity

    def record(self, incident: str, *events: Event) -> None:
        """More of an incident."""
        now = self.clock()
        with self.desk.store.engine.begin() as connection:
            incidents.record(connection, incident, events, actor=ADA, occurred_at=now, now=now)


def case(store: Store, folder: Path, more: str = "") -> Case:
    """A case whose evidence is below this folder; `more` are lines of the table [evidence] of the settings."""
    clock = Clock()
    rings: list[int] = []
    desk = Desk(settings=settings(folder, more), store=store, clock=clock, entropy=Dice(), ring=lambda: rings.append(1))
    return Case(desk=desk, clock=clock, rings=rings)


def settings(folder: Path, more: str = "") -> Settings:
    """Settings with evidence below this folder."""
    text = f'[evidence]\nfolder = "{folder}/evidence"\nkey = "{folder}/key.pem"\n{more}'
    return parse(text, "tocsin.toml", {})


def given(name: str = "drained.pcap", incident: str | None = None, **more: object) -> Given:
    """What is told of a piece."""
    told = Given(name=name, why="to see how it was done", source="host-7", tool="tcpdump 4.99", incident=incident)
    return replace(told, **more)  # type: ignore[arg-type] # the fields of Given


def chunks(*parts: bytes) -> Iterable[bytes]:
    """Bytes as they come in."""
    return iter(parts)
