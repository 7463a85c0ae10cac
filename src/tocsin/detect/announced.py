"""
Changes the organisation has announced: a finding about one is expected, and read as such.

Time decides: an announcement holds for blocks made within its window, and for none whose time is not known. Where it
says what the change is to, only a finding that names that is expected; one about something else is marked as such.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from tocsin.intel.reference import CHANGES
from tocsin.model.finding import GAINING, Finding, Value, hexadecimal
from tocsin.tables.dataset import Tables


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
        place = finding.place
        at = self._times.get((place.chain_id, place.block_number))
        if at is None:
            return
        valid = [
            each
            for account in dict.fromkeys(entity.address for entity in finding.entities)
            for each in self._by_account.get((place.chain_id, account), ())
            if each.detector in (None, finding.detector) and each.not_before <= at <= each.not_after
        ]
        named, more = _named(finding), _gaining(finding) - {each.becomes for each in valid}
        for each in valid:
            is_other = each.becomes not in {None, *named} or (each.becomes is not None and bool(more))
            yield Match(each.reference, each.becomes in named and not is_other, is_other)


def _times(tables: Tables) -> dict[tuple[int, int | None], int]:
    if "blocks" not in tables:
        return {}
    rows = tables["blocks"].select("chain_id", "block_number", "timestamp").filter(pl.col("timestamp").is_not_null())
    return {(chain, number): timestamp for chain, number, timestamp in rows.iter_rows()}


def _named(finding: Finding) -> frozenset[str]:
    """Everybody and everything a finding names."""
    accounts = (entity.address for entity in finding.entities)
    return frozenset((*accounts, *(text for value in finding.values.values() for text in _texts(value))))


def _gaining(finding: Finding) -> frozenset[str]:
    """Whoever gained by the change: with one that was announced, another may come along."""
    return frozenset(_texts(finding.values.get(GAINING, ())))


def _texts(value: Value) -> Iterator[str]:
    if isinstance(value, str):
        yield value.lower()
    elif not isinstance(value, int):
        yield from (text for each in value for text in _texts(each))
