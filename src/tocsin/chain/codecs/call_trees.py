"""
Call trees to the `calls` dataset, whatever format they came in.

Both formats first become `Frames`: parallel lists, one entry a frame, each transaction's frames in the order of
execution (a parent before its children). The shape of the tree follows from the depths alone, in one pass.
"""

from dataclasses import dataclass, field
from itertools import chain

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from tocsin.chain import abi
from tocsin.chain.codecs import hexadecimal as hx
from tocsin.chain.codecs.place import Places
from tocsin.model.errors import InconsistentInput, MalformedInput

DEPTH_LIMIT = 1_024
"""The EVM's call depth limit (Ethereum Yellow Paper, section 8)."""

CREATIONS = frozenset(("create", "create2"))
CALLS = frozenset(("call", "callcode", "delegatecall", "staticcall"))


@dataclass(slots=True)
class Frames:
    """Columns of frames, as text. `transactions` numbers the transactions of the batch from 0, ascending."""

    transactions: list[int] = field(default_factory=list)
    paths: list[list[int]] = field(default_factory=list)
    call_types: list[str] = field(default_factory=list)
    from_addresses: list[str | None] = field(default_factory=list)
    to_addresses: list[str | None] = field(default_factory=list)
    values: list[str | None] = field(default_factory=list)
    gas: list[str | None] = field(default_factory=list)
    gas_used: list[str | None] = field(default_factory=list)
    inputs: list[str | None] = field(default_factory=list)
    outputs: list[str | None] = field(default_factory=list)
    errors: list[str | None] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Shape:
    """What follows from the paths: arrays with one entry a frame, indices counted within the transaction."""

    call_indices: npt.NDArray[np.int64]
    depths: npt.NDArray[np.int64]
    parents: npt.NDArray[np.int64]
    subtree_ends: npt.NDArray[np.int64]
    reverted: npt.NDArray[np.bool_]
    has_parent: npt.NDArray[np.bool_]


def shape(frames: Frames) -> Shape:
    """
    Work out parents, subtrees and reverts, one level of depth at a time.

    Raises `InconsistentInput` when a frame has no parent, or two roots stand in one transaction, and
    `MalformedInput` for a tree that is deeper than the EVM allows.
    """
    if max(map(len, frames.paths), default=0) > DEPTH_LIMIT:
        raise MalformedInput(f"call tree: deeper than the EVM allows ({DEPTH_LIMIT})")
    transactions = np.asarray(frames.transactions, dtype=np.int64)
    depths = np.fromiter(map(len, frames.paths), dtype=np.int64, count=len(frames.paths))
    starts = _starts(transactions, depths)
    failed = np.fromiter((error is not None for error in frames.errors), dtype=np.bool_, count=len(depths))
    parents, ends = np.full(len(depths), -1, dtype=np.int64), np.empty(len(depths), dtype=np.int64)
    above = np.zeros(0, dtype=np.int64)
    for depth in range(int(depths.max(initial=-1)) + 1):
        rows = np.flatnonzero(depths == depth)
        shallow = np.append(np.flatnonzero(depths <= depth), len(depths))
        ends[rows] = shallow[np.searchsorted(shallow, rows, side="right")]
        if depth:
            parents[rows] = above[np.searchsorted(above, rows) - 1]
            _refuse_strays(frames.paths, rows, parents[rows])
            failed[rows] |= failed[parents[rows]]
        above = rows
    return Shape(np.arange(len(depths)) - starts, depths, parents - starts, ends - starts, failed, parents >= 0)


def _refuse_strays(paths: list[list[int]], rows: npt.NDArray[np.int64], parents: npt.NDArray[np.int64]) -> None:
    """A frame's path must be its parent's and one number more."""
    for row, parent in zip(rows.tolist(), parents.tolist(), strict=True):
        if paths[row][:-1] != paths[parent]:
            raise InconsistentInput(f"call tree: frame {paths[row][:10]} stands without its parent")


def _starts(transactions: npt.NDArray[np.int64], depths: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """For each frame, the row where its transaction begins. Checks that every frame stands behind its parent."""
    first = np.diff(transactions, prepend=-1) != 0
    if (np.diff(transactions) < 0).any():
        raise InconsistentInput("call tree: the frames of one transaction do not stand together")
    if ((depths == 0) != first).any() or (np.diff(depths, prepend=0) > 1).any():
        raise InconsistentInput("call tree: a frame stands without its parent, or two roots in one transaction")
    return np.maximum.accumulate(np.where(first, np.arange(len(depths)), 0))


def calls(frames: Frames, places: Places) -> pl.DataFrame:
    """The `calls` dataset."""
    tree = shape(frames)
    inputs = hx.octets([text or "0x" for text in frames.inputs], "input")
    return pl.DataFrame(
        [
            *places.rows(frames.transactions),
            _positions(tree.call_indices, "call_index"),
            _paths(frames.paths, tree.depths),
            _positions(tree.depths, "depth"),
            _positions(np.where(tree.has_parent, tree.parents, 0), "parent_index").set(
                pl.Series(~tree.has_parent), None
            ),
            _positions(tree.subtree_ends, "subtree_end"),
            pl.Series("call_type", frames.call_types, dtype=pl.String()),
            hx.fixed(frames.from_addresses, 20, "from_address"),
            hx.fixed(frames.to_addresses, 20, "to_address"),
            *hx.amount(frames.values, "value"),
            hx.counts(frames.gas, "gas"),
            hx.counts(frames.gas_used, "gas_used"),
            inputs,
            _selectors(inputs, frames.call_types),
            hx.octets(frames.outputs, "output"),
            pl.Series("error", frames.errors, dtype=pl.String()),
            pl.Series("reverted", tree.reverted),
        ]
    )


def _positions(values: npt.NDArray[np.int64], name: str) -> pl.Series:
    return pl.Series(name, values.astype(np.uint32))


def _selectors(inputs: pl.Series, call_types: list[str]) -> pl.Series:
    called = np.fromiter((kind not in CREATIONS for kind in call_types), dtype=np.bool_, count=len(call_types))
    return abi.selectors(inputs, called).alias("selector")


def _paths(paths: list[list[int]], depths: npt.NDArray[np.int64]) -> pl.Series:
    offsets = pa.array(np.concatenate(([0], np.cumsum(depths))))
    try:
        flat = pa.array(list(chain.from_iterable(paths)), type=pa.uint32())
    except (OverflowError, pa.ArrowInvalid) as error:
        raise MalformedInput("call tree: a trace address holds a number that is no position") from error
    return pl.Series(pl.from_arrow(pa.LargeListArray.from_arrays(offsets, flat))).rename("trace_address")
