"""
What lasts is told when it begins, not with every block: again only when it gets worse, or was away for a while.

A detector grades what it sees in each block; rows that are bad are remembered, and an earlier one of the same subject
that was as bad keeps a new one quiet.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from tocsin.detect.detector import MEMORY, Memory
from tocsin.model.finding import Place, Severity, hexadecimal
from tocsin.tables.columns import PLACE, Column, count, schema, text
from tocsin.tables.dataset import Tables

QUIET_BLOCKS = 300
"""So many blocks without it and it is over (design): an hour of Ethereum's slots."""
AGREED_CONFIDENCE, SINGLE_CONFIDENCE = 0.95, 0.5
"""When two sources agree, and with one (reference: detection, section 4.39)."""

REMEMBERED: Mapping[str, Column] = {
    "subject": text("name", "What it is about."),
    "level": count("severity, 1 to 5", "How bad it is."),
    "value": count("number", "What was measured."),
    "whole": count("number", "What it is measured against."),
    "observers": count("nodes", "How many say so."),
    "detail": text("text", "What else is said of it."),
}
GRADED = "graded"
"""The table of what a batch holds that is bad."""
MOST = 2**64 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Graded:
    """Something bad as one block shows it."""

    row: Mapping[str, Any]
    """A row that it was seen in: where it stands."""
    subject: str
    level: Severity
    value: int
    whole: int = 0
    observers: int = 1
    detail: str = ""


def memory_of(grade: Callable[[Tables], Iterable[Graded]]) -> Memory:
    """What a detector with this grading remembers."""

    def prepare(tables: Tables) -> Tables:
        return {GRADED: _frame(grade(tables))}

    return Memory(columns=REMEMBERED, window_blocks=QUIET_BLOCKS, remember=remember, prepare=prepare)


def remember(tables: Tables) -> pl.DataFrame:
    """All that is bad in a batch."""
    return tables[GRADED]


def _frame(found: Iterable[Graded]) -> pl.DataFrame:
    rows = [
        {
            **{name: each.row.get(name) for name in PLACE},
            "subject": each.subject,
            "level": int(each.level),
            "value": min(each.value, MOST),
            "whole": min(each.whole, MOST),
            "observers": each.observers,
            "detail": each.detail,
        }
        for each in found
    ]
    return pl.DataFrame(rows, schema=schema({**PLACE, **REMEMBERED}), orient="row")


def onsets(tables: Tables) -> Iterator[dict[str, Any]]:
    """The rows of this batch that nothing as bad came shortly before, in the order of the chain."""
    graded = tables[GRADED]
    if graded.is_empty():
        return
    before = _History(tables[MEMORY])
    told: set[tuple[Any, ...]] = set()
    worst_first = ["block_number", "level", "value", "observers", "subject", "detail"]
    for row in graded.sort(worst_first, descending=[False, True, True, True, False, False]).iter_rows(named=True):
        key = (row["chain_id"], row["subject"], row["block_number"])
        if key not in told and not before.holds(row):
            told.add(key)
            yield row


class _History:
    """Blocks and levels by chain and subject, in order."""

    def __init__(self, memory: pl.DataFrame) -> None:
        self._seen: dict[tuple[int, str], list[tuple[int, int]]] = {}
        known = memory.select("chain_id", "subject", "block_number", "level").drop_nulls().sort("block_number")
        for chain_id, subject, number, level in known.iter_rows():
            self._seen.setdefault((chain_id, subject), []).append((number, level))

    def holds(self, row: Mapping[str, Any]) -> bool:
        """Whether an earlier block, not too long before, shows the same as bad."""
        if (number := row["block_number"]) is None:
            return False
        seen = self._seen.get((row["chain_id"], row["subject"]), [])
        first, last = (bisect_left(seen, (height, 0)) for height in (number - QUIET_BLOCKS, number))
        return any(level >= row["level"] for _, level in seen[max(0, first) : last])


def place(row: Mapping[str, Any]) -> Place:
    """Where a row about the network stands: at a block, in no transaction."""
    return Place(
        chain_id=row["chain_id"],
        block_number=row["block_number"],
        block_hash=hexadecimal(row["block_hash"]),
        transaction_hash=None,
        transaction_index=None,
    )


def confidence(observers: int) -> float:
    """By how many sources say so."""
    return AGREED_CONFIDENCE if observers > 1 else SINGLE_CONFIDENCE


def by_block(rows: pl.DataFrame, *more: str) -> Iterator[list[dict[str, Any]]]:
    """The rows of each block, and of each value of further columns, together, in an order that is always the same."""
    for _, group in rows.group_by("chain_id", "block_number", "block_hash", *more, maintain_order=True):
        yield group.sort(pl.all()).to_dicts()
