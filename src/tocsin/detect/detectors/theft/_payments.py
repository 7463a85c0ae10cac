"""Payments that an account made itself, without any contract but the token: the rows a stolen key is judged by."""

from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from tocsin.chain import abi
from tocsin.detect.labels import Labels
from tocsin.detect.worth import Prices
from tocsin.tables.choice import are_keys, in_order, rows_where
from tocsin.tables.columns import NATIVE, PLACE, Column, address, amount, count, schema
from tocsin.tables.dataset import Tables

MOVES_READ = ("token_address", "standard", "from_address", "to_address", "value_binary", "value_f64")
"""The columns read of transfers."""
LEAST_DOLLARS = 1_000.0
"""Payments of less are ignored: of those of 100 (reference: detection, section 4.35) there are too many to remember."""
MUCH_DOLLARS = 10_000.0
"""From here on it is asked what else an account paid."""
MOST_PAYERS = 21
"""The last threshold of payers that is asked about."""
PAYMENTS: Mapping[str, Column] = {
    "sender": address("Who paid, and sent the transaction."),
    "receiver": address("Who was paid."),
    "token": address("The token; 0xeee...eee for native coin."),
    **amount("value", "base units of the token", "How much."),
    "dollars": Column(pl.Float64(), "US dollars", "About what it was worth; empty where unknown.", required=False),
    "timestamp": count("seconds since 1970", "When the block was made.", required=False),
    "sender_key": count("number", "First bytes of the sender, to find it by."),
    "receiver_key": count("number", "First bytes of the receiver, to find it by."),
}
"""The columns of a payment, beside the place columns."""
FOUND = "payments"
"""The table of the payments of a batch."""
_ODD, _OTHER_ODD = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)
"""To mix two keys into one; multiplication wraps around."""
_NONE = pl.DataFrame(schema=schema({**PLACE, **PAYMENTS}))
_COIN_OR_TOKEN = abi.texts(("native", "erc20"))

Row: TypeAlias = Mapping[str, Any]
Pair: TypeAlias = tuple[int, bytes, bytes]
"""Chain, sender, receiver."""


def prepare(tables: Tables) -> Tables:
    """The payments of a batch."""
    return {FOUND: payments(tables)}


def payments(tables: Tables) -> pl.DataFrame:
    """What senders of transactions paid by them: worth something or, of watched accounts, anything."""
    transfers = tables["transfers"]
    worth = Prices.of(tables).with_dollars(transfers, "value_f64")
    is_worth = np.nan_to_num(worth["dollars"].to_numpy()) >= LEAST_DOLLARS
    is_some = (transfers["value_f64"].to_numpy() > 0) & abi.present(transfers["block_number"])
    is_plain = abi.among(transfers["standard"], _COIN_OR_TOKEN)
    is_watched = _is_watched(transfers["chain_id"], transfers["from_address"], Labels.of(tables))
    chosen = rows_where(worth, (is_worth | is_watched) & is_some & is_plain)
    own = own_payments(chosen, tables["transactions"]) if len(chosen) else chosen
    return _frame(own, tables.get("blocks")) if len(own) else _NONE


def _is_watched(chain_ids: pl.Series, accounts: pl.Series, labels: Labels) -> abi.Mask:
    chains = np.unique(chain_ids.to_numpy()).tolist()
    watched = [address for chain in chains for address in labels.of_kind("watched", chain)]
    if not watched:
        return np.zeros(len(accounts), np.bool_)
    return abi.among(accounts, abi.keys(watched))


def much(tables: Tables) -> pl.DataFrame:
    """The payments of a batch that may be most of what somebody has: large ones, and all of watched accounts."""
    batch: pl.DataFrame = tables[FOUND]
    is_large = np.nan_to_num(batch["dollars"].to_numpy()) >= MUCH_DOLLARS
    is_watched = _is_watched(batch["chain_id"], batch["sender"], Labels.of(tables))
    return rows_where(batch, is_large | is_watched)


def own_payments(transfers: pl.DataFrame, transactions: pl.DataFrame) -> pl.DataFrame:
    """The rows whose giver sent the transaction, straight to who was paid or to the token."""
    columns = [transactions[name].to_list() for name in ("transaction_hash", "from_address", "to_address")]
    sent = {hash_: (sender, called) for hash_, sender, called in zip(*columns, strict=True)}
    names = ("transaction_hash", "from_address", "to_address", "token_address")
    rows = zip(*(transfers[name].to_list() for name in names), strict=True)
    is_own = [
        giver != taker and sent.get(hash_) == (giver, taker if token == NATIVE else token)
        for hash_, giver, taker, token in rows
    ]
    return rows_where(transfers, np.array(is_own, dtype=np.bool_))


def _frame(rows: pl.DataFrame, blocks: pl.DataFrame | None) -> pl.DataFrame:
    times: dict[tuple[int, int], int | None] = {}
    if blocks is not None:
        times = {(chain, at): time for chain, at, time in blocks[["chain_id", "block_number", "timestamp"]].rows()}
    when = [times.get(place) for place in rows[["chain_id", "block_number"]].rows()]
    renamed = (
        rows["from_address"].alias("sender"),
        rows["to_address"].alias("receiver"),
        rows["token_address"].alias("token"),
        *(rows[name] for name in ("value_binary", "value_f64", "dollars")),
        pl.Series("timestamp", when, dtype=pl.UInt64()),
        keys_of(rows["from_address"], "sender_key"),
        keys_of(rows["to_address"], "receiver_key"),
    )
    return pl.DataFrame([*(rows[name] for name in PLACE), *renamed])


def keys_of(accounts: pl.Series, name: str) -> pl.Series:
    """What an account's payments are found by; it decides nothing."""
    packed = b"".join([account[:8] for account in accounts.to_list()])
    return pl.Series(name, memoryview(packed).cast("Q") if packed else [], dtype=pl.UInt64())


def _ends(batch: pl.DataFrame) -> tuple[int, int]:
    """The first and the last block of a batch's payments."""
    blocks = batch["block_number"].to_numpy()
    return int(blocks.min()), int(blocks.max())


def _is_one_of(keys: pl.Series, wanted: pl.Series) -> abi.Mask:
    return abi.among(keys, wanted.to_arrow())


def _busy(payments: pl.DataFrame, before: npt.NDArray[np.intp]) -> abi.Mask:
    """The payments to receivers whom so many paid before the batch that no threshold is left to reach."""
    receivers, senders, chains = (payments[name].to_numpy() for name in ("receiver_key", "sender_key", "chain_id"))
    where = receivers * _ODD ^ chains.astype(np.uint64) * _OTHER_ODD
    _, at = np.unique(where[before] * _ODD ^ senders[before], return_index=True)
    payers = Counter(where[before][at].tolist())
    found = pl.Series([each for each, some in payers.items() if some >= MOST_PAYERS], dtype=pl.UInt64())
    return _is_one_of(pl.Series(where), found)


@dataclass(frozen=True, slots=True)
class Book:
    """Payments, those of earlier blocks included, in the order of the chain."""

    rows: list[Row]
    by_sender: Mapping[bytes, list[Row]]
    window_blocks: int

    @classmethod
    def of(cls, memory: pl.DataFrame, tables: Tables, window_blocks: int) -> "Book":
        """
        What was ever paid to those paid in the batch and, where it was much, by those who paid.

        Receivers whom so many paid all through the batch that they reach no threshold in it are left out: services.
        """
        batch = tables[FOUND]
        if len(memory) == len(batch):
            return cls._sorted(memory, window_blocks)
        blocks, first, last = memory["block_number"].to_numpy(), *_ends(batch)
        is_paid = are_keys(memory["receiver_key"], batch["receiver_key"])
        is_here = _is_one_of(memory["chain_id"], batch["chain_id"])
        before = np.flatnonzero(is_paid & is_here & (blocks < first) & (blocks + window_blocks >= last))
        is_by = are_keys(memory["sender_key"], much(tables)["sender_key"])
        return cls._sorted(rows_where(memory, (is_paid & is_here & ~_busy(memory, before)) | is_by), window_blocks)

    @classmethod
    def to(cls, memory: pl.DataFrame, receivers: pl.Series, window_blocks: int) -> "Book":
        """What was ever paid to these, and by them."""
        keys = keys_of(receivers, "key")
        is_theirs = are_keys(memory["receiver_key"], keys) | are_keys(memory["sender_key"], keys)
        return cls._sorted(rows_where(memory, is_theirs), window_blocks)

    @classmethod
    def _sorted(cls, rows: pl.DataFrame, window_blocks: int) -> "Book":
        order = ("block_number", "transaction_index", "sender", "receiver", "token", "value_f64")
        sorted_rows: list[Row] = [*in_order(rows, *order)]
        by_sender: dict[bytes, list[Row]] = {}
        for row in sorted_rows:
            by_sender.setdefault(row["sender"], []).append(row)
        return cls(sorted_rows, by_sender, window_blocks)

    def crossings(self, first: Mapping[int, int], thresholds: frozenset[int]) -> Iterator[tuple[Row, list[Row]]]:
        """
        The payments by which a receiver's payers reach a threshold, with all theirs.

        `first` says of each chain of the batch with which block it begins there.
        """
        windows: dict[tuple[int, bytes], deque[Row]] = defaultdict(deque)
        payers: dict[tuple[int, bytes], Counter[bytes]] = defaultdict(Counter)
        asked = self._paid_by_several(first, min(thresholds))
        for row in self.rows:
            where = (row["chain_id"], row["receiver"])
            if row["dollars"] is None or where not in asked:
                continue
            begin, window, count = first[row["chain_id"]], windows[where], payers[where]
            while window and not self._is_near(window[0], row):
                gone = window.popleft()["sender"]
                count[gone] -= 1
                if not count[gone]:
                    del count[gone]
            is_new = row["sender"] not in count
            count[row["sender"]] += 1
            window.append(row)
            if is_new and len(count) in thresholds and row["block_number"] >= begin:
                yield row, list(window)

    def _paid_by_several(self, first: Mapping[int, int], least: int) -> set[tuple[int, bytes]]:
        """The receivers of the batch, by chain, whom at least so many ever paid: nearly none."""
        payers: dict[tuple[int, bytes], set[bytes]] = defaultdict(set)
        now: set[tuple[int, bytes]] = set()
        for row in self.rows:
            if row["dollars"] is not None and row["chain_id"] in first:
                where = (row["chain_id"], row["receiver"])
                payers[where].add(row["sender"])
                if row["block_number"] >= first[row["chain_id"]]:
                    now.add(where)
        return {where for where in now if len(payers[where]) >= least}

    def of_pair(self, row: Row) -> list[Row]:
        """What the row's sender paid its receiver within the window, up to the row's block."""
        return [
            each
            for each in self.by_sender.get(row["sender"], ())
            if _pair(each) == _pair(row) and each["block_number"] <= row["block_number"] and self._is_near(each, row)
        ]

    def latest(self, later: Row, receiver: bytes | None) -> list[Row]:
        """The last payment of each sender to a receiver before this, within the window."""
        by_sender = {
            row["sender"]: row
            for row in self.rows
            if row["receiver"] == receiver
            and row["chain_id"] == later["chain_id"]
            and _position(row) <= _position(later)
            and self._is_near(row, later)
        }
        return list(by_sender.values())

    def has_paid(self, account: bytes | None, to: bytes | None, after: Row, before: Row) -> bool:
        """Whether an account had paid another since one row, and before the transaction of another."""
        return any(
            row["receiver"] == to
            and row["chain_id"] == before["chain_id"]
            and _position(after) <= _position(row) < _position(before)
            for row in self.by_sender.get(account or b"", ())
        )

    def _is_near(self, earlier: Row, row: Row) -> bool:
        return bool(earlier["block_number"] + self.window_blocks >= row["block_number"])


def _position(row: Row) -> tuple[int, int]:
    return row["block_number"], row["transaction_index"] or 0


def _pair(row: Row) -> Pair:
    return row["chain_id"], row["sender"], row["receiver"]
