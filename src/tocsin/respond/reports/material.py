"""What a report is made of: an incident, its journal, its evidence, the estate; and how values read in it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from tocsin.respond.estate.estate import EMPTY, Estate
from tocsin.respond.estate.value import Holding
from tocsin.respond.evidence.item import Item
from tocsin.respond.incident.incident import Incident
from tocsin.respond.journal import Entry

UNKNOWN = "not known"
MINUTE_SECONDS, HOUR_SECONDS, DAY_SECONDS = 60, 3_600, 86_400
_UNITS = ((DAY_SECONDS, "d"), (HOUR_SECONDS, "h"), (MINUTE_SECONDS, "min"), (1, "s"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """Everything that may be told."""

    incident: Incident
    entries: tuple[Entry, ...]
    """Its whole stream, oldest first."""
    evidence: tuple[Item, ...]
    made_at: float
    made_by: str
    """An actor in its text."""
    estate: Estate = EMPTY
    holdings: tuple[Holding, ...] = ()
    """What assets held when they were last counted."""

    def name_of(self, actor: str) -> str:
        """What an actor or person is called."""
        kind, _, name = actor.rpartition(":")
        return self.estate.name_of(name) if kind in ("", "user") else actor

    def names_of(self, people: Iterable[str]) -> str:
        """What several are called."""
        return ", ".join(map(self.name_of, people))


def when(at: float | None) -> str:
    """A time in UTC, to the second."""
    return UNKNOWN if at is None else datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def lasting(seconds: float) -> str:
    """How long something took, in its two largest units."""
    left, told = max(0, round(seconds)), []
    for size, unit in _UNITS:
        amount, left = divmod(left, size)
        if amount:
            told.append(f"{amount} {unit}")
    return " ".join(told[:2]) or "0 s"


def dollars(cents: int | None) -> str:
    """An exact sum of US dollars."""
    if cents is None:
        return "no price"
    whole, part = divmod(abs(cents), 100)
    return f"{'-' if cents < 0 else ''}${whole:,}.{part:02d}"


def units(amount: int, decimals: int) -> str:
    """An exact amount of a token in whole units."""
    whole, part = divmod(abs(amount), 10**decimals)
    digits = f"{part:0{decimals}d}".rstrip("0") if decimals else ""
    return f"{'-' if amount < 0 else ''}{whole:,}{'.' if digits else ''}{digits}"


def spelt(word: str) -> str:
    """A stored word as people read it: tp_impact is tp impact."""
    return word.replace("_", " ")
