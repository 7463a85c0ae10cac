"""
Rows of a frame, chosen and ordered without a query.

A filter or sort of Polars has a fixed cost that for the few rows of a block is far above that of the rows, and every
detector pays it again. Many rows are worth it, and still go the way of Polars.
"""

from operator import itemgetter
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow.compute as pc

Row = dict[str, Any]

_LOW_BITS = 0xFFFF

FEW_ROWS = 1_000
"""Up to so many rows are sorted as values."""


def rows_where(frame: pl.DataFrame, mask: npt.NDArray[np.bool_]) -> pl.DataFrame:
    """The rows for which this is true."""
    numbers = np.flatnonzero(mask)
    count = len(numbers)
    if count and numbers[-1] - numbers[0] == count - 1:  # one behind the other, as those of one transaction are
        return frame.slice(int(numbers[0]), count)
    return rows_at(frame, numbers)


def rows_at(frame: pl.DataFrame, numbers: npt.NDArray[np.integer]) -> pl.DataFrame:
    """The rows of these numbers, in this order."""
    # As a series of its own: what Polars does with an array before that costs more than to take the rows.
    return frame[pl.Series(numbers.astype(np.uint32))] if len(numbers) else frame.clear()


def rows_among(frame: pl.DataFrame, column: str, values: pl.Series) -> pl.DataFrame:
    """The rows whose value in a column is one of these; null is none."""
    found = pc.is_in(frame[column].to_arrow(), value_set=values.to_arrow(), skip_nulls=True)
    return rows_where(frame, found.to_numpy(zero_copy_only=False))


def are_keys(column: pl.Series, wanted: pl.Series) -> npt.NDArray[np.bool_]:
    """
    Which of the keys in a long memory are among these few.

    By their low bits first, which nearly none of the others share: keys are parts of addresses, and as good as random.
    """
    known, few = column.to_numpy(), np.unique(wanted.to_numpy())
    is_possible = np.zeros(_LOW_BITS + 1, dtype=np.bool_)
    is_possible[few & np.uint64(_LOW_BITS)] = True
    found: npt.NDArray[np.bool_] = is_possible[known & np.uint64(_LOW_BITS)]
    near = np.flatnonzero(found)
    found[near] = np.isin(known[near], few)
    return found


def rows_with(frame: pl.DataFrame, *columns: str) -> pl.DataFrame:
    """The rows in which none of these columns is null: nearly always all of them."""
    return frame.drop_nulls(columns) if any(frame[name].has_nulls() for name in columns) else frame


def distinct(frame: pl.DataFrame) -> pl.DataFrame:
    """The rows, each once: nearly always they are."""
    hashes = frame.hash_rows(seed=0).to_numpy()
    return frame if len(np.unique(hashes)) == len(frame) else frame.unique()


def in_order(frame: pl.DataFrame, *columns: str) -> list[Row]:
    """The rows as dictionaries, in the order of these columns; null comes first."""
    if len(frame) > FEW_ROWS:
        return frame.sort(columns).rows(named=True)
    rows = frame.rows(named=True)
    try:
        return sorted(rows, key=itemgetter(*columns))
    except TypeError:  # some are null, which is not compared with anything

        def key(row: Row) -> list[tuple[bool, Any]]:
            return [(row[name] is not None, row[name]) for name in columns]

        return sorted(rows, key=key)
