"""What is several times its own recent median: for quantities whose ordinary size differs from chain to chain."""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np
import polars as pl

from tocsin.detect.detector import MEMORY, Memory
from tocsin.detect.detectors.consensus._kept import kept
from tocsin.model.finding import Severity
from tocsin.tables.columns import Column, count, text
from tocsin.tables.dataset import Tables

TIMES_MEDIAN = 5
"""More than so many times the median (reference: detection, section 4.40, for pending transactions)."""
WINDOW_BLOCKS = 300
"""How far back the median reaches (design): an hour of Ethereum's slots."""
QUIET_BLOCKS = 64
"""So many blocks without it and it is over (design)."""
FEWEST_OBSERVATIONS, OBSERVATIONS_FOR_MEDIUM = 20, 200
"""Below the first nothing is said; below the second nothing above low (reference: detection, section 4.0)."""

REMEMBERED: Mapping[str, Column] = {
    "subject": text("name", "Whose quantity it is."),
    "quantity": count("number", "How much."),
}


@dataclass(frozen=True, slots=True)
class Surge:
    """A quantity that is several times its median."""

    row: Mapping[str, Any]
    quantity: int
    usual: int
    observations: int

    @property
    def severity(self) -> Severity:
        """Medium with a baseline that is long enough, low without."""
        return Severity.MEDIUM if self.observations >= OBSERVATIONS_FOR_MEDIUM else Severity.LOW


QUANTITIES = "quantities"
"""The table of a batch's quantities."""


def memory_of(rows: Callable[[Tables], pl.DataFrame]) -> Memory:
    """What a detector of these rows, which have a subject and a quantity, remembers."""

    def prepare(tables: Tables) -> Tables:
        return {QUANTITIES: kept(rows(tables), REMEMBERED)}

    return Memory(columns=REMEMBERED, window_blocks=WINDOW_BLOCKS, remember=_remember, prepare=prepare)


def _remember(tables: Tables) -> pl.DataFrame:
    return tables[QUANTITIES]


def surges(tables: Tables) -> Iterator[Surge]:
    """Those of this batch that surge, where no row shortly before did."""
    memory, fresh = tables[MEMORY], tables[QUANTITIES].height
    if not fresh or _is_calm(memory, fresh):
        return
    numbered = memory.with_row_index("row").with_columns(is_new=pl.col("row") >= memory.height - fresh)
    for _, group in numbered.group_by("chain_id", "subject", maintain_order=True):
        yield from _of_one(group.sort("block_number", "quantity").to_dicts())


def _is_calm(memory: pl.DataFrame, fresh: int) -> bool:
    """Whether nothing new surges, as far as that is cheap to see; it nearly always is."""
    quantities = memory["quantity"].to_numpy()
    most = int(quantities[-fresh:].max())
    if most <= TIMES_MEDIAN * int(quantities.min()):
        return True
    if fresh > 1 or memory["subject"].n_unique() > 1 or memory["chain_id"].n_unique() > 1:
        return False
    heights = memory["block_number"].to_numpy()
    last = heights[-1]
    before = quantities[(heights < last) & (heights + WINDOW_BLOCKS >= last)]
    return len(before) < FEWEST_OBSERVATIONS or most <= TIMES_MEDIAN * max(int(np.median(before)), 1)


def _of_one(rows: list[dict[str, Any]]) -> Iterator[Surge]:
    numbers = [row["block_number"] for row in rows]
    for position, row in enumerate(rows):
        if row["is_new"] and (surge := _surge(rows, numbers, position)) is not None:
            first = bisect_left(numbers, row["block_number"] - QUIET_BLOCKS)
            if not any(_surge(rows, numbers, earlier) for earlier in range(first, position)):
                yield surge


def _surge(rows: list[dict[str, Any]], numbers: list[int], position: int) -> Surge | None:
    """The row, where it is several times the median of those before it."""
    row = rows[position]
    first, last = (bisect_left(numbers, row["block_number"] - back) for back in (WINDOW_BLOCKS, 0))
    before = [each["quantity"] for each in rows[first:last]]
    if len(before) < FEWEST_OBSERVATIONS or row["quantity"] <= TIMES_MEDIAN * min(before):
        return None
    usual = int(median(before))
    return Surge(row, row["quantity"], usual, len(before)) if row["quantity"] > TIMES_MEDIAN * max(usual, 1) else None
