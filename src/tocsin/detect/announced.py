"""
Changes the organisation has announced: a finding about one is expected, and read as such.

Time decides: an announcement holds for blocks made within its window, and for none whose time is not known. Where it
says what the change is to, only a finding that names that is expected; one about something else is marked as such.

Whoever attacks acts in those hours too. A finding by which somebody gains who was not announced is about something
else, whatever it names besides; so is one about the change after, in which the announced one is what was replaced. And
an announcement that does not say to what explains no finding that says that somebody took, or lost.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from tocsin.intel.reference import CHANGES
from tocsin.model.finding import (
    ACTING_ROLES,
    ACTOR_ROLES,
    FORMER_ROLES,
    GAINING,
    LOSS,
    TAKING_ROLES,
    VICTIM_ROLES,
    Finding,
    Value,
    hexadecimal,
)
from tocsin.tables.dataset import Tables

FORMER_VALUES = ("previous", "old", "before")
"""How the names of values begin that say what was replaced."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """One announced change."""

    becomes: str | None
    """0x and hexadecimal digits."""
    detector: str | None
    not_before: int
    not_after: int
    reference: str


@dataclass(frozen=True, slots=True)
class Match:
    """How a finding agrees with what was announced about one of its accounts."""

    reference: str
    is_named: bool
    """The announcement says what the change is to, and the finding is about that."""
    differs: bool
    """It says so, and the finding is about something else."""


class Announced:
    """The announced changes, to hold findings against."""

    def __init__(self, tables: Tables) -> None:
        self._by_account: dict[tuple[int, str], list[Announcement]] = {}
        for row in tables[CHANGES].iter_rows(named=True):
            account = (row["chain_id"], hexadecimal(row["address"]) or "")
            self._by_account.setdefault(account, []).append(
                Announcement(
                    becomes=hexadecimal(row["becomes"]),
                    detector=row["detector"],
                    not_before=row["not_before"],
                    not_after=row["not_after"],
                    reference=row["reference"],
                )
            )
        self._times = _times(tables) if self._by_account else {}

    def match(self, finding: Finding) -> Match | None:
        """The best agreement with an announcement; None where none is about it."""
        matches = sorted(self._matches(finding), key=lambda match: (match.differs, not match.is_named))
        return next(iter(matches), None)

    def _matches(self, finding: Finding) -> Iterator[Match]:
        valid = self._valid(finding)
        expected = {account for account, _ in valid} | {each.becomes for _, each in valid}
        named, has_strangers = _named(finding), not _gaining(finding) <= expected
        for _, each in valid:
            if each.becomes is None:
                yield Match(each.reference, is_named=False, differs=_is_theft(finding))
            else:
                is_this = each.becomes in named and not has_strangers
                yield Match(each.reference, is_named=is_this, differs=not is_this)

    def _valid(self, finding: Finding) -> list[tuple[str, Announcement]]:
        """The announcements that hold at its time for its detector, each with the account it is about."""
        place = finding.place
        at = self._times.get((place.chain_id, place.block_number))
        return [
            (account, each)
            for account in dict.fromkeys(entity.address for entity in finding.entities)
            for each in self._by_account.get((place.chain_id, account), ())
            if at is not None and each.detector in (None, finding.detector) and each.not_before <= at <= each.not_after
        ]


def _times(tables: Tables) -> dict[tuple[int, int | None], int]:
    if "blocks" not in tables:
        return {}
    rows = tables["blocks"].select("chain_id", "block_number", "timestamp").filter(pl.col("timestamp").is_not_null())
    return {(chain, number): timestamp for chain, number, timestamp in rows.iter_rows()}


def _named(finding: Finding) -> frozenset[str]:
    """Everybody and everything a finding names, save what was replaced and whoever lost."""
    accounts = (entity.address for entity in finding.entities if entity.role not in FORMER_ROLES | VICTIM_ROLES)
    values = (value for name, value in finding.values.items() if not name.startswith(FORMER_VALUES))
    return frozenset((*accounts, *(text for value in values for text in _texts(value))))


def _gaining(finding: Finding) -> frozenset[str]:
    """Whoever gained by the change: with one that was announced, another may come along."""
    paid = (entity.address for entity in finding.entities if entity.role in ACTOR_ROLES - ACTING_ROLES)
    return frozenset((*paid, *_texts(finding.values.get(GAINING, ()))))


def _is_theft(finding: Finding) -> bool:
    roles = {entity.role for entity in finding.entities}
    return LOSS in finding.labels or not roles.isdisjoint(TAKING_ROLES | VICTIM_ROLES)


def _texts(value: Value) -> Iterator[str]:
    if isinstance(value, str):
        yield value.lower()
    elif not isinstance(value, int):
        yield from (text for each in value for text in _texts(each))
