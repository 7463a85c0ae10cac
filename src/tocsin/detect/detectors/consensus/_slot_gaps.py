"""How many slots passed without a block, from the timestamps of execution blocks that stand on one another."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from tocsin.chain.beacon.slots import CLOCKS
from tocsin.detect.detectors.consensus._kept import kept
from tocsin.tables.choice import rows_with
from tocsin.tables.columns import Column, count, digest
from tocsin.tables.dataset import Tables

READ = ("parent_hash", "timestamp")
"""The columns read of `blocks`."""
REMEMBERED: Mapping[str, Column] = {
    "parent_hash": digest("The block before."),
    "timestamp": count("seconds since 1970", "When it was made."),
}


NEW = "new_blocks"
"""The table of the batch's blocks as they are remembered."""
_FEWEST_EMPTY = 4
"""Fewer empty slots than these are no tenth of 32."""


def prepare(tables: Tables) -> Tables:
    """The blocks of chains whose slots are known."""
    rows = tables["blocks"]
    if not CLOCKS.keys() >= set(rows["chain_id"].to_list()):
        rows = rows.filter(pl.col("chain_id").is_in(list(CLOCKS)))
    return {NEW: kept(rows_with(rows, "block_number", "block_hash", *READ), REMEMBERED)}


def remember(tables: Tables) -> pl.DataFrame:
    """All of them."""
    return tables[NEW]


def may_be_missing(memory: pl.DataFrame) -> bool:
    """Whether so many slots can be empty that it matters: False nearly always, and cheap to see."""
    if memory.is_empty():
        return False
    chains, stamps, heights = memory["chain_id"], memory["timestamp"], memory["block_number"]
    if chains.min() != chains.max():
        return True
    seconds, blocks = (int(column.max()) - int(column.min()) for column in (stamps, heights))  # type: ignore[arg-type]
    empty = seconds // CLOCKS[chains[0]].seconds_per_slot - blocks
    return not 0 <= empty < _FEWEST_EMPTY  # below 0: these blocks are of no one chain


@dataclass(frozen=True, slots=True)
class Block:
    """A block with its slot, and how many slots before it are empty."""

    row: Mapping[str, Any]
    slot: int
    missed: int


class Chain:
    """Blocks by hash."""

    def __init__(self, memory: pl.DataFrame) -> None:
        self._rows = {(row["chain_id"], row["block_hash"]): row for row in memory.iter_rows(named=True)}

    def back_from(self, row: Mapping[str, Any]) -> Iterator[Block]:
        """This block and those before it, newest first, as far as their slots are known without a hole."""
        current: Mapping[str, Any] | None = row
        while current is not None:
            parent = self._rows.get((current["chain_id"], current["parent_hash"]))
            slot, before = _slot(current), None if parent is None else _slot(parent)
            if slot is None or before is None or before >= slot:
                return
            yield Block(current, slot, slot - before - 1)
            current = parent


def _slot(row: Mapping[str, Any]) -> int | None:
    return CLOCKS[row["chain_id"]].slot_at(row["timestamp"])
