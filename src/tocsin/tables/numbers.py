"""
Small numbers in place of addresses and hashes, for matching rows with one another.

A join or a grouping of Polars has a fixed cost that for one block is far above that of its rows, and for many rows
binary keys of 20 and 32 bytes cost more than NumPy's arithmetic on numbers. The numbers hold for one call only.
"""

from itertools import accumulate

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

Numbers = npt.NDArray[np.int64]


def numbers(*columns: pl.Series) -> list[Numbers]:
    """For each column a number a row, from 0: the same for the same value, in whichever of the columns; null is one."""
    together = pa.concat_arrays([column.to_arrow() for column in columns])
    encoded = together.dictionary_encode(null_encoding="encode").indices.to_numpy().astype(np.int64)
    ends = [*accumulate(len(column) for column in columns)]
    return [encoded[first:end] for first, end in zip([0, *ends], ends, strict=False)]


def combined(*parts: Numbers) -> Numbers:
    """One number a row for several: the same where all of them are the same."""
    whole = parts[0]
    for part in parts[1:]:
        # Nearly always one chain and one block, or one block a transaction: then there is nothing to combine.
        if part.max(initial=0):
            whole = _dense(whole * (int(part.max()) + 1) + part) if whole.max(initial=0) else part
    return whole


def _dense(values: Numbers) -> Numbers:
    return np.asarray(pa.array(values).dictionary_encode().indices.to_numpy(), dtype=np.int64)


def rows_of(frame: pl.DataFrame, *names: str) -> Numbers:
    """One number a row: the same where all of these columns are the same."""
    return combined(*(numbers(frame[name])[0] for name in names))
