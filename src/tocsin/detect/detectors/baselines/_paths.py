"""The ways transactions take through watched contracts, reduced to what tells them apart."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, TypeAlias

import numpy as np
import polars as pl

from tocsin.detect.detectors.baselines import _watched
from tocsin.tables.columns import PLACE, Column, count, schema, text
from tocsin.tables.dataset import Tables

COLUMNS = ("call_index", "call_type", "from_address", "to_address", "selector", "reverted")
LONGEST_LOOP = 3
"""Steps of a loop whose turns count once."""
MOST_STEPS, MOST_ROWS = 256, 64
"""Calls of watched contracts that are looked at in a transaction; rows remembered of a block."""
KEY_BYTES = 8
FEW_ROWS = 1_000
"""Rows up to this are added up one by one."""

REMEMBERED: Mapping[str, Column] = {
    "kind": text("visit, path, caller, edge", "What was seen; a visit is a contract called."),
    "key": count("number", "First bytes of the hash of what was seen."),
    "times": count("transactions", "In how many of the block's transactions."),
}

NOTHING = pl.DataFrame(schema=schema({**PLACE, **REMEMBERED}))

Step: TypeAlias = "tuple[bytes, bytes, bool]"
"""Contract, function, and whether it came from outside."""


@dataclass(slots=True)
class Path:
    """What one transaction called of the watched contracts, in order, and who came from outside."""

    place: Mapping[str, Any]
    origin: bytes | None
    contracts: list[bytes] = field(default_factory=list)
    callers: list[bytes] = field(default_factory=list)
    """Contracts that called in."""
    steps: list[Step] = field(default_factory=list)

    def add(self, step: Step) -> None:
        """One more step; another turn of a loop is none."""
        self.steps.append(step)
        for length in range(1, LONGEST_LOOP + 1):
            if self.steps[-length:] == self.steps[-2 * length : -length]:
                del self.steps[-length:]

    @property
    def key(self) -> int:
        """Of the whole way."""
        return _key(part for step in self.steps for part in step)

    @property
    def edges(self) -> list[int]:
        """Of each step and the one before."""
        pairs = zip([(b"", b"", True), *self.steps], self.steps, strict=False)
        return [_key((*before, *after)) for before, after in pairs]


def account_key(account: bytes) -> int:
    """What a caller, or a contract, is remembered under."""
    return _key((account,))


def _key(parts: Iterable[bytes | bool]) -> int:
    digest = blake2b(digest_size=KEY_BYTES)
    for part in parts:
        raw = bytes([part]) if isinstance(part, bool) else part
        digest.update(len(raw).to_bytes(2, "big") + raw)
    return int.from_bytes(digest.digest(), "big")


def paths(tables: Tables) -> list[Path]:
    """One for each transaction that called a watched contract, in the order of the chain."""
    rows = _watched.rows(tables, "calls", "to_address")
    if rows.is_empty():
        return []
    watched = {chain: _watched.accounts(tables, chain) for chain in _watched.chains(rows)}
    sent = tables["transactions"].select("block_hash", "transaction_hash", "from_address").iter_rows()
    origins = {(block, hash_): sender for block, hash_, sender in sent}
    found: dict[tuple[Any, ...], Path] = {}
    for row in sorted(rows.iter_rows(named=True), key=lambda each: each["call_index"]):
        if row["call_type"] == "call" and not row["reverted"] and row["block_number"] is not None:
            where = (row["block_hash"], row["transaction_hash"])
            path = found.setdefault(where, Path({name: row[name] for name in PLACE}, origins.get(where)))
            _follow(path, row, watched[row["chain_id"]])
    return sorted(found.values(), key=lambda path: (path.place["block_number"], path.place["transaction_index"] or 0))


def _follow(path: Path, row: Mapping[str, Any], watched: frozenset[bytes]) -> None:
    if len(path.steps) >= MOST_STEPS:
        return
    caller, contract = row["from_address"], row["to_address"]
    is_from_outside = caller not in watched
    path.add((contract, row["selector"] or b"", is_from_outside))
    if contract not in path.contracts:
        path.contracts.append(contract)
    if is_from_outside and caller != path.origin and caller not in path.callers:
        path.callers.append(caller)


def remember(tables: Tables) -> pl.DataFrame:
    """The ways, steps and callers of each block, each once, contracts first."""
    seen: dict[tuple[Any, ...], Counter[tuple[str, int]]] = {}
    places: dict[tuple[Any, ...], Mapping[str, Any]] = {}
    found = paths(tables)
    if not found:
        return NOTHING
    for path in found:
        block = tuple(path.place[name] for name in ("chain_id", "block_number", "block_hash"))
        places.setdefault(block, path.place)
        seen.setdefault(block, Counter()).update(set(_seen(path)))
    rows = [_row(places[block], *what, times) for block, counts in seen.items() for what, times in _kept(counts)]
    return pl.DataFrame(rows, schema=schema({**PLACE, **REMEMBERED}), orient="row")


def _seen(path: Path) -> Iterator[tuple[str, int]]:
    yield from (("visit", account_key(contract)) for contract in path.contracts)
    yield "path", path.key
    yield from (("edge", key) for key in path.edges)
    yield from (("caller", account_key(caller)) for caller in path.callers)


_ORDER = {"visit": 0, "path": 1, "caller": 2, "edge": 3}


def _kept(counts: Counter[tuple[str, int]]) -> list[tuple[tuple[str, int], int]]:
    return sorted(counts.items(), key=lambda each: (_ORDER[each[0][0]], -each[1], each[0][1]))[:MOST_ROWS]


def _row(place: Mapping[str, Any], kind: str, key: int, times: int) -> dict[str, Any]:
    unsaid = {"transaction_index": None, "transaction_hash": None}
    return {**{name: place[name] for name in PLACE}, **unsaid, "kind": kind, "key": key, "times": times}


Known: TypeAlias = Mapping[tuple[str, int], int]
"""By kind and key: in how many transactions it was seen."""


class Seen:
    """What is remembered of a chain, asked for block after block: what came and went between two is counted alone."""

    def __init__(self, memory: pl.DataFrame, chain_id: int, window_blocks: int) -> None:
        rows = memory.filter((pl.col("chain_id") == chain_id) & pl.col("block_number").is_not_null())
        self._rows = rows.sort("block_number").select("kind", "key", "times")
        self._blocks = rows["block_number"].sort().to_numpy()
        self._window_blocks = window_blocks
        self._counts: Counter[tuple[str, int]] = Counter()
        self._from = self._to = 0

    def before(self, block_number: int) -> Known:
        """What was seen in the window before a block that is not before the one asked for last."""
        begin = max(0, block_number - self._window_blocks)
        first, end = (int(at) for at in np.searchsorted(self._blocks, [begin, block_number]))
        self._count(max(self._to, first), end, 1)
        self._count(self._from, min(self._to, first), -1)
        self._from, self._to = first, end
        return self._counts

    def _count(self, first: int, end: int, sign: int) -> None:
        """Add or take away these rows."""
        if first >= end:
            return
        added = self._rows[first:end]
        if end - first > FEW_ROWS:
            added = added.group_by("kind", "key").agg(pl.col("times").sum())
        for kind, key, times in added.iter_rows():
            self._counts[kind, key] += sign * times
            if not self._counts[kind, key]:
                del self._counts[kind, key]
