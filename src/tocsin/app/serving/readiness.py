"""Whether this process can work: the store answers, and those who follow the journal keep up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tocsin.app.desk import Desk
from tocsin.edge.store import followers, health, journal
from tocsin.edge.store.values import HealthAlert
from tocsin.model.errors import StoreError

MOST_BEHIND = 10_000
"""Entries: a follower acts on hundreds a second, so that it would be half a minute behind and falling."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """How things stand."""

    journal: int
    behind: Mapping[str, int]
    """How many entries each follower has not acted on."""
    alerts: Sequence[HealthAlert]


def readiness(desk: Desk) -> Readiness:
    """How things stand. Raises `StoreError`."""
    engine = desk.store.engine
    size = journal.size(engine)
    behind = {name: max(0, size - position) for name, position in followers.positions(engine).items()}
    return Readiness(journal=size, behind=behind, alerts=health.open_alerts(engine))


def is_ready(desk: Desk) -> bool:
    """Whether it can work. For everybody: says nothing of the reason."""
    try:
        found = readiness(desk)
    except StoreError:
        return False
    return all(behind <= MOST_BEHIND for behind in found.behind.values())
