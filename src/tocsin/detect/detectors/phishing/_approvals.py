"""Who let whom take tokens: the rows approval phishing remembers, and what of them matters to a batch."""

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from tocsin.chain import abi
from tocsin.chain.routers import ROUTERS
from tocsin.chain.signatures import selector
from tocsin.detect import actors
from tocsin.detect.detectors.phishing._takings import POSITION, moved_from
from tocsin.tables.choice import are_keys, in_order, rows_among, rows_where
from tocsin.tables.columns import PLACE, ZERO, Column, address, count, flag, index
from tocsin.tables.dataset import Tables
from tocsin.tables.numbers import numbers

TAKING = tuple(
    selector(signature)
    for signature in (
        "transferFrom(address,address,uint256)",
        "transferFrom(address,address,uint160,address)",
        "safeTransferFrom(address,address,uint256)",
        "safeTransferFrom(address,address,uint256,bytes)",
        "safeTransferFrom(address,address,uint256,uint256,bytes)",
        "safeBatchTransferFrom(address,address,uint256[],uint256[],bytes)",
    )
)
"""Functions that move what another owns; owner and receiver are the first two arguments of each."""
APPROVALS = ("owner_address", "spender_address", "kind", "value_f64", "log_index", "call_index")
TRANSFERS = ("token_address", "from_address", "to_address", "value_f64")
CALLS = ("call_type", "from_address", "input", "selector", "reverted")

SUFFICIENT = ("operator",)
"""Kinds of approval after which a single victim is enough: everything of a kind."""
SIGNED = ("permit", "permit2")
"""Kinds that may be signed off the chain and handed in by another: then they are signature-drain's."""
PERMIT2 = bytes.fromhex("000000000022d473030f116ddee9f6b43ac78ba3")
KNOWN = tuple({PERMIT2, *(address for _, address in ROUTERS)})
"""Spenders that everybody approves."""

REMEMBERED: Mapping[str, Column] = {
    "owner": address("Who approved."),
    "spender": address("Who may take."),
    "is_sufficient": flag("One such approval is enough to judge by."),
    "order": index("Position in the transaction."),
    "key": count("number", "First bytes of the spender, to find it by."),
}

Spender = tuple[int, bytes]
"""Chain and spender."""


_KNOWN = abi.keys(KNOWN)
_NOBODY = abi.keys((*KNOWN, ZERO))
"""Spenders who are no concern of anybody."""
_SUFFICIENT, _SIGNED = abi.texts(SUFFICIENT), abi.texts(SIGNED)
_CALL = abi.texts(("call",))


def remember(tables: Tables) -> pl.DataFrame:
    """The approvals of a batch that give something to somebody who is not known."""
    approvals = tables["approvals"]
    given = rows_where(approvals, _is_given(approvals) & ~_is_handed_in(approvals, tables.get("transactions")))
    sufficient = abi.among(given["kind"], _SUFFICIENT)
    logged, called = (abi.filled(given[name], 0) for name in ("log_index", "call_index"))
    order = np.where(abi.present(given["log_index"]), logged, called)
    return pl.DataFrame(
        [
            *(given[name] for name in PLACE),
            given["owner_address"].alias("owner"),
            given["spender_address"].alias("spender"),
            pl.Series("is_sufficient", sufficient),
            pl.Series("order", order.astype(np.uint32)),
            _keys(given["spender_address"].to_list()),
        ]
    )


def _is_given(approvals: pl.DataFrame) -> abi.Mask:
    owner, spender = approvals["owner_address"], approvals["spender_address"]
    owners, spenders = numbers(owner, spender)
    there = [abi.present(column) for column in (owner, spender, *(approvals[name] for name in POSITION))]
    is_somebody = (owners != spenders) & ~abi.among(spender, _NOBODY)
    return np.asarray(np.logical_and.reduce(there) & is_somebody & (approvals["value_f64"].to_numpy() > 0))


def _is_handed_in(approvals: pl.DataFrame, transactions: pl.DataFrame | None) -> abi.Mask:
    """Which approvals were signed by their owner and handed in by somebody else, as far as is known who sent what."""
    is_signed = abi.among(approvals["kind"], _SIGNED)
    if not is_signed.any():
        return is_signed
    parties = rows_where(approvals[["transaction_hash", "owner_address"]], is_signed)
    sent: set[tuple[Any, ...]] = set()
    if transactions is not None:
        sent.update(actors.of_transactions(transactions[["transaction_hash", "from_address"]], parties).rows())
    is_signed[is_signed] = [party not in sent for party in parties.rows()]
    return is_signed


def of_batch(memory: pl.DataFrame, tables: Tables) -> pl.DataFrame:
    """The remembered rows of this batch: those of its blocks, which come after all earlier ones."""
    first = tables["approvals"]["block_number"].min()
    if first is None:
        return memory.clear()
    return rows_where(memory, memory["block_number"].to_numpy() >= first)


def _keys(spenders: Iterable[bytes]) -> pl.Series:
    packed = b"".join([spender[:8] for spender in spenders])
    return pl.Series("key", memoryview(packed).cast("Q") if packed else [], dtype=pl.UInt64())


def movers(tables: Tables) -> pl.DataFrame:
    """The calls by which unknown spenders move what is another's, or their own."""
    calls = tables["calls"]
    is_call = abi.among(calls["call_type"], _CALL) & (calls["reverted"].to_numpy() == np.False_)
    return rows_where(calls, is_call & ~abi.among(calls["from_address"], _KNOWN))


@dataclass(frozen=True, slots=True)
class Memories:
    """The approvals given to the spenders that a batch speaks of."""

    rows: pl.DataFrame
    window_blocks: int

    @classmethod
    def of(cls, memory: pl.DataFrame, spenders: pl.Series, window_blocks: int) -> "Memories":
        """Only those spenders' rows."""
        near = rows_where(memory, are_keys(memory["key"], _keys(set(spenders.to_list()))))
        return cls(near, window_blocks)

    def known(self, calls: pl.DataFrame) -> pl.DataFrame:
        """What spenders moved that is another's who is remembered to have approved them."""
        pairs = set(zip(self.rows["owner"].to_list(), self.rows["spender"].to_list(), strict=True))
        spenders = {spender for _, spender in pairs}
        is_theirs = [who in spenders for who in calls["from_address"].to_list()]
        moved = moved_from(rows_where(calls, np.array(is_theirs, dtype=np.bool_)))
        both = zip(moved["owner"].to_list(), moved["spender"].to_list(), strict=True)
        return rows_where(moved, np.array([pair in pairs for pair in both], dtype=np.bool_))

    def by_spender(self, spenders: pl.Series) -> dict[tuple[Any, ...], pl.DataFrame]:
        """The rows of these spenders, by chain and spender."""
        rows = rows_among(self.rows, "spender", spenders)
        return rows.partition_by("chain_id", "spender", as_dict=True)

    def owners(self, row: Mapping[str, Any], approvals: pl.DataFrame) -> tuple[set[bytes], bool]:
        """Of a spender's approvals: who gave one by a row's transaction, and whether its owner gave enough alone."""
        now, block = row["block_number"], approvals["block_number"].to_numpy()
        is_earlier = (block < now) | (
            (block == now) & (approvals["transaction_index"].to_numpy() <= row["transaction_index"])
        )
        given = rows_where(approvals, is_earlier & (block + self.window_blocks >= now))
        owners = given["owner"].to_list()
        alone = zip(owners, given["is_sufficient"].to_list(), strict=True)
        return set(owners), (row["owner"], True) in alone

    def crossings(self, batch: pl.DataFrame, thresholds: Sequence[int]) -> Iterator[tuple[dict[str, Any], int]]:
        """
        The approvals of a batch by which a spender's owners reach a threshold, with that threshold.

        One that is enough alone counts as the first threshold too.
        """
        first, last = batch["block_number"].min(), batch["block_number"].max()
        spenders = set(batch["spender"].to_list()).difference(self._busy(first, last, max(thresholds)))
        windows: dict[Spender, _Window] = defaultdict(lambda: _Window(self.window_blocks))
        rows = rows_among(self.rows, "spender", pl.Series(list(spenders), dtype=pl.Binary()))
        for row in in_order(rows, "block_number", "transaction_index", "order", "owner"):
            reached = windows[row["chain_id"], row["spender"]].reached(row, thresholds)
            if reached is not None and row["block_number"] >= first:
                yield row, reached

    def _busy(self, first: Any, last: Any, most: int) -> list[bytes]:
        """Spenders with so many owners before the batch, all through it, that no row of it can reach a threshold."""
        block = self.rows["block_number"].to_numpy()
        before = rows_where(self.rows, (block < first) & (block + self.window_blocks >= last))
        if len(before) < most:
            return []
        counted = before.group_by("spender").agg(pl.col("owner").n_unique())
        return counted.filter(pl.col("owner") >= most)["spender"].to_list()


class _Window:
    """The owners who approved one spender within the last so many blocks."""

    def __init__(self, blocks: int) -> None:
        self._blocks = blocks
        self._owners: Counter[bytes] = Counter()
        self._rows: deque[tuple[int, bytes]] = deque()

    def reached(self, row: Mapping[str, Any], thresholds: Sequence[int]) -> int | None:
        """Add an approval; the threshold that the owners reach with it, if they do."""
        while self._rows and self._rows[0][0] + self._blocks < row["block_number"]:
            _forget(self._owners, self._rows.popleft()[1])
        is_new = row["owner"] not in self._owners
        self._owners[row["owner"]] += 1
        self._rows.append((row["block_number"], row["owner"]))
        return _reached(row, len(self._owners), thresholds) if is_new else None


def _reached(row: Mapping[str, Any], owners: int, thresholds: Sequence[int]) -> int | None:
    if owners in thresholds:
        return owners
    return 1 if owners == 1 and row["is_sufficient"] else None


def _forget(owners: Counter[bytes], owner: bytes) -> None:
    owners[owner] -= 1
    if not owners[owner]:
        del owners[owner]
