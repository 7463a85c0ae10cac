"""Rows of one frame that belong to rows of another, found by numbers instead of joins: cheaper where few belong."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

Numbers = npt.NDArray[np.uint64]


def numbers(rows: pl.DataFrame, columns: Sequence[str]) -> Numbers:
    """A number for each row that is the same where these columns are the same, nulls included."""
    return np.asarray(rows[[*columns]].hash_rows(seed=0).to_numpy(), dtype=np.uint64)


def which(wanted: Numbers, among: Numbers) -> npt.NDArray[np.intp]:
    """Where each of these numbers stands in the others, the last of equal ones; -1 where it does not."""
    if not len(among):
        return np.full(len(wanted), -1, dtype=np.intp)
    order = np.argsort(among, kind="stable")
    at = np.searchsorted(among, wanted, side="right", sorter=order) - 1
    found = order[np.maximum(at, 0)]
    return np.where((at >= 0) & (among[found] == wanted), found, -1).astype(np.intp)


def frequent(found: Numbers, least: int) -> Numbers:
    """The numbers that occur so often."""
    values, counts = np.unique(found, return_counts=True)
    return values[counts >= least]
