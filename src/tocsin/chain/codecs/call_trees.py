"""
Call trees to the `calls` dataset, whatever format they came in.

Both formats first become `Frames`: parallel lists, one entry a frame, each transaction's frames in the order of
execution (a parent before its children). The shape of the tree follows from the depths alone, in one pass.
"""

from dataclasses import dataclass, field
from itertools import accumulate, chain

import numpy as np
import polars as pl
import pyarrow as pa

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
    """What follows from the paths: one entry a frame, indices counted within the transaction."""

    call_indices: list[int]
    parents: list[int | None]
    subtree_ends: list[int]
    reverted: list[bool]


def shape(frames: Frames) -> Shape:
    """
    Work out parents, subtrees and reverts in one pass.

    Raises `InconsistentInput` when a frame has no parent, or two roots stand in one transaction.
    """
    indices: list[int] = []
    parents: list[int | None] = []
    ends: list[int] = []
    reverted: list[bool] = []
    start, current, open_frames = 0, -1, list[int]()
    for row, (transaction, path, error) in enumerate(
        zip(frames.transactions, frames.paths, frames.errors, strict=True)
    ):
        depth = len(path)
        if transaction < current:
            raise InconsistentInput("call tree: the frames of one transaction do not stand together")
        if transaction != current:
            _close(open_frames, 0, row - start, ends)
            start, current = row, transaction
        _close(open_frames, depth, row - start, ends)
        if depth != len(open_frames) or (depth == 0 and row != start):
            raise InconsistentInput(f"call tree: frame {path[:10]} stands without its parent; the order is broken")
        parent = open_frames[-1] if open_frames else None
        indices.append(row - start)
        parents.append(None if parent is None else parent - start)
        reverted.append(error is not None or (parent is not None and reverted[parent]))
        ends.append(0)
        open_frames.append(row)
    _close(open_frames, 0, len(indices) - start, ends)
    return Shape(indices, parents, ends, reverted)


def _close(open_frames: list[int], depth: int, end: int, ends: list[int]) -> None:
    while len(open_frames) > depth:
        ends[open_frames.pop()] = end


def calls(frames: Frames, places: Places) -> pl.DataFrame:
    """The `calls` dataset."""
    tree = shape(frames)
    return pl.DataFrame(
        [
            *places.rows(frames.transactions),
            hx.positions(tree.call_indices, "call_index"),
            _paths(frames.paths),
            hx.positions([len(path) for path in frames.paths], "depth"),
            hx.positions(tree.parents, "parent_index"),
            hx.positions(tree.subtree_ends, "subtree_end"),
            pl.Series("call_type", frames.call_types, dtype=pl.String()),
            hx.fixed(frames.from_addresses, 20, "from_address"),
            hx.fixed(frames.to_addresses, 20, "to_address"),
            *hx.amount(frames.values, "value"),
            hx.counts(frames.gas, "gas"),
            hx.counts(frames.gas_used, "gas_used"),
            hx.octets([text or "0x" for text in frames.inputs], "input"),
            _selectors(frames),
            hx.octets(frames.outputs, "output"),
            pl.Series("error", frames.errors, dtype=pl.String()),
            pl.Series("reverted", tree.reverted, dtype=pl.Boolean()),
        ]
    )


def _selectors(frames: Frames) -> pl.Series:
    heads = [_head(text, kind) for text, kind in zip(frames.inputs, frames.call_types, strict=True)]
    return hx.fixed(heads, 4, "selector")


def _head(text: str | None, kind: str) -> str | None:
    return text[:10] if text is not None and len(text) >= 10 and kind not in CREATIONS else None


def _paths(paths: list[list[int]]) -> pl.Series:
    depths = [len(path) for path in paths]
    if any(depth > DEPTH_LIMIT for depth in depths):
        raise MalformedInput(f"call tree: deeper than the EVM allows ({DEPTH_LIMIT})")
    offsets = pa.array(np.fromiter(accumulate(depths, initial=0), dtype=np.int64, count=len(depths) + 1))
    try:
        flat = pa.array(list(chain.from_iterable(paths)), type=pa.uint32())
    except (OverflowError, pa.ArrowInvalid) as error:
        raise MalformedInput("call tree: a trace address holds a number that is no position") from error
    return pl.Series(pl.from_arrow(pa.LargeListArray.from_arrays(offsets, flat))).rename("trace_address")
