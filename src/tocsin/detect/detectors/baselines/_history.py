"""What is remembered of one watched thing, as arrays in the order of blocks; and robust statistics over them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from tocsin.chain import abi
from tocsin.tables.choice import rows_where

OBSERVATIONS = 200
"""How many observations a baseline needs before it alone may alert above low (reference: detection, section 4.0)."""
MARGIN = 0.1
"""What a learned cap has above the most seen (the same)."""
Z_OF_MAD = 0.6745
"""Makes the median distance from the median comparable with a standard deviation."""

Floats: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Track:
    """The remembered rows of one key, in the order of blocks."""

    rows: pl.DataFrame
    blocks: npt.NDArray[np.uint64]

    @classmethod
    def of(cls, rows: pl.DataFrame) -> "Track":
        """These rows, sorted."""
        in_order = rows.sort("block_number", maintain_order=True)
        return cls(in_order, in_order["block_number"].to_numpy())

    def before(self, block_number: int, blocks: int) -> pl.DataFrame:
        """The rows of the blocks before this one, at most so many blocks back."""
        first, end = np.searchsorted(self.blocks, [max(0, block_number - blocks), block_number])
        return self.rows[int(first) : int(end)]


def tracks(
    memory: pl.DataFrame, by: Sequence[str], wanted: Collection[tuple[Any, ...]]
) -> dict[tuple[Any, ...], Track]:
    """By chain and these columns: what is remembered of the wanted keys. The first column is an address."""
    if not wanted or memory.is_empty():
        return {}
    first = abi.keys(sorted({key[1] for key in wanted}))
    near = rows_where(memory, abi.among(memory[by[0]], first))
    parts = near.partition_by("chain_id", *by, as_dict=True)
    return {key: Track.of(rows) for key, rows in parts.items() if key in wanted}


def cap(values: Floats) -> float:
    """The learned ceiling: the most seen, with a margin; nothing seen has none."""
    return float(values.max()) * (1 + MARGIN) if len(values) else float("inf")


def robust_z(value: float, values: Floats) -> float:
    """How far out of line a value is; where most are the same: 0 up to the most seen, infinite above."""
    if not len(values):
        return 0.0
    middle = float(np.median(values))
    spread = float(np.median(np.abs(values - middle)))
    if spread > 0:
        return Z_OF_MAD * (value - middle) / spread
    return float("inf") if value > values.max() else 0.0
