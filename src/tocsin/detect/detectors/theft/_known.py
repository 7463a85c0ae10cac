"""The accounts with some labels, as values to look for; made once for a label table."""

from functools import lru_cache

import numpy as np
import polars as pl
import pyarrow as pa

from tocsin.chain import abi
from tocsin.detect.labels import Labels


@lru_cache(maxsize=32)
def labelled(labels: Labels, kinds: frozenset[str], chain_id: int) -> pa.Array:
    """Everybody with one of these labels on a chain."""
    found = frozenset().union(*(labels.of_kind(kind, chain_id) for kind in kinds))
    return abi.keys(sorted(found))


def is_labelled(chain_ids: pl.Series, accounts: pl.Series, labels: Labels, kinds: frozenset[str]) -> abi.Mask:
    """Which rows' accounts have one of these labels on the row's chain."""
    found = np.zeros(len(accounts), np.bool_)
    chains = chain_ids.to_numpy()
    for chain in np.unique(chains).tolist():
        wanted = labelled(labels, kinds, chain)
        if len(wanted):
            found |= (chains == chain) & abi.among(accounts, wanted)
    return found
