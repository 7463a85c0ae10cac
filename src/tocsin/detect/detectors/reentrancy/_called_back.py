"""The transactions in which some contract is called back while it is at work, told apart by columns: they are few."""

from functools import lru_cache

import numpy as np
import numpy.typing as npt
import polars as pl

from tocsin.chain import abi
from tocsin.detect import actors
from tocsin.detect.detectors import _frames
from tocsin.detect.detectors.reentrancy._reentry import BY_DESIGN
from tocsin.intel.reference import ByIdentity
from tocsin.tables.columns import PLACE

READ = tuple(dict.fromkeys((*actors.CALLS_READ, *_frames.READ)))
"""The columns of `calls` that are read, and kept, beside the place columns."""
_ASKED = ["transaction_hash", "to_address", "selector", "depth", "call_index", "subtree_end"]
_KINDS = abi.texts(("call", "create", "create2"))
_CALL = 0
"""Which of the kinds; the others create."""
_FEWEST_FRAMES = 3
"""A root, an entry, a door and an entry: more frames than these."""
_BY_DESIGN = abi.keys(BY_DESIGN)


def called_back(calls: pl.DataFrame) -> pl.DataFrame:
    """
    The frames of transactions where a contract that may be an actor is called back from below, or one is created.

    Several detectors begin with them: what was found in the last table is kept.
    """
    return _found(ByIdentity(calls))


@lru_cache(maxsize=1)
def _found(key: ByIdentity) -> pl.DataFrame:
    calls = key.frame[[*PLACE, *READ]]
    kind, depth = abi.which(calls["call_type"], _KINDS), calls["depth"].to_numpy()
    position, end = calls["call_index"].to_numpy(), calls["subtree_end"].to_numpy()
    if not ((depth == 0) & (end > _FEWEST_FRAMES)).any():
        return calls.clear()
    busy = np.flatnonzero((kind == _CALL) & (end > position + 1))
    back = busy[_while_at_work(calls[_ASKED][busy])]
    chosen = calls[["transaction_hash"]][np.concatenate((back, np.flatnonzero(kind > _CALL)))]
    return actors.of_transactions(calls, chosen) if len(chosen) else calls.clear()


def _while_at_work(busy: pl.DataFrame) -> npt.NDArray[np.bool_]:
    """
    Which of these calls, which make calls themselves, go to a contract that an earlier one still works in.

    Callbacks that lenders and pools make by design count for the contract that the sender called only.
    """
    position, end = (busy[name].to_numpy().astype(np.int64) for name in ("call_index", "subtree_end"))
    transaction, callee = (_codes(busy[name]) for name in ("transaction_hash", "to_address"))
    party = transaction * len(busy) + callee
    order = np.lexsort((position, party))
    _, first, party = np.unique(party[order], return_index=True, return_inverse=True)
    # Each party's positions are moved behind those of the one before it: one running maximum serves them all.
    behind = party * (end.max(initial=0) + 1)
    latest = np.maximum.accumulate(end[order] + behind)
    inside = np.zeros(len(busy), dtype=np.bool_)
    inside[1:] = (party[1:] == party[:-1]) & (position[order][1:] + behind[1:] < latest[:-1])
    of_the_sender = (busy["depth"].to_numpy()[order][first] == 0)[party]
    found = np.empty_like(inside)
    found[order] = inside & (of_the_sender | ~abi.among(busy["selector"][order], _BY_DESIGN))
    return found


def _codes(column: pl.Series) -> npt.NDArray[np.int64]:
    """Equal numbers for equal values; null is a value."""
    return np.asarray(column.to_arrow().dictionary_encode(null_encoding="encode").indices, dtype=np.int64)
