"""Which rows are about accounts the organisation watches. Nearly free where nothing is watched."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import polars as pl

from tocsin.chain import abi
from tocsin.detect.labels import Labels
from tocsin.tables.choice import rows_where
from tocsin.tables.dataset import Tables

WATCHED = ("watched",)

Mask = npt.NDArray[np.bool_]


def accounts(tables: Tables, chain_id: int, kinds: Iterable[str] = WATCHED) -> frozenset[bytes]:
    """The accounts with one of these labels on a chain."""
    labels = Labels.of(tables)
    return frozenset().union(*(labels.of_kind(kind, chain_id) for kind in kinds))


def rows(tables: Tables, name: str, *columns: str) -> pl.DataFrame:
    """The rows of a table that name a watched account in one of these columns."""
    frame = tables[name]
    if tables["labels"].is_empty() or not any(accounts(tables, chain) for chain in chains(frame)):
        return frame.clear()
    return rows_where(frame, _mask(tables, frame, *columns))


def _mask(tables: Tables, frame: pl.DataFrame, *columns: str) -> Mask:
    """Which rows of a frame name a watched account in one of these columns."""
    chosen = np.zeros(len(frame), dtype=np.bool_)
    for chain in chains(frame):
        if watched := accounts(tables, chain):
            keys = abi.keys(sorted(watched))
            here = np.any([abi.among(frame[column], keys) for column in columns], axis=0)
            chosen |= here & (frame["chain_id"].to_numpy() == chain)
    return chosen


def chains(frame: pl.DataFrame) -> list[int]:
    """The chains a frame speaks of: one, nearly always."""
    ids = frame["chain_id"].to_numpy()
    if not len(ids) or (ids == ids[0]).all():
        return [int(each) for each in ids[:1]]
    return [int(each) for each in np.unique(ids)]
