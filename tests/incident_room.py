"""A desk for work on incidents, with a clock that tests move on, on both databases."""

from dataclasses import dataclass, field
from itertools import count

import pytest

from tocsin.app.desk import Desk
from tocsin.app.settings import parse
from tocsin.edge.store.opening import Store

BEGINS = 1_796_000_000.0


@dataclass
class Room:
    """A desk, its time, and how often its bell was rung."""

    store: Store
    now: float = BEGINS
    rung: int = 0
    numbers: count = field(default_factory=lambda: count(1))  # type: ignore[type-arg]

    @property
    def desk(self) -> Desk:
        return Desk(
            settings=parse("", "tocsin.toml", {}),
            store=self.store,
            clock=lambda: self.now,
            entropy=lambda size: next(self.numbers).to_bytes(size, "big"),
            ring=self.ring,
        )

    def ring(self) -> None:
        self.rung += 1


@pytest.fixture
def room(store: Store) -> Room:
    return Room(store)
