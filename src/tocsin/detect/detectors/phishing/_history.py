"""Who paid whom, and what was planted: the rows address poisoning is judged by."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from tocsin.detect.detectors.phishing._look_alikes import Likeness, keys, likeness
from tocsin.detect.worth import with_dollars
from tocsin.tables.columns import PLACE, ZERO, Column, address, count, text
from tocsin.tables.dataset import Tables

MOVES = ("token_address", "standard", "from_address", "to_address", "value_binary", "value_f64")
"""The columns read of transfers."""

REMEMBERED: Mapping[str, Column] = {
    "owner": address("Whose history it is."),
    "other": address("The other party."),
    "role": text("paid, planted", "Whether the owner paid it, or a transfer of no worth names it."),
    "key": count("number", "The owner and the ends of the other address, to find look-alikes by."),
}

DUST_DOLLARS = 1.0
"""Below this a transfer is dust, and no payment (reference: detection, section 4.31)."""

SHAPES: Mapping[str, tuple[int, int]] = {
    "forged": (2, 2),
    "nothing": (3, 3),
    "counterfeit": (3, 3),
    "dust": (3, 3),
    "token": (4, 4),
}
"""
By shape of the transfer that names an address: how many first and last digits must be alike.

forged: of nothing, and not by its owner. nothing: of nothing, nobody knows by whom. counterfeit: a token without known
worth, not by its owner. dust: of a known token, to the victim. token: of any other token, to the victim.
"""

_VALUE, _DOLLARS = pl.col("value_f64"), pl.col("dollars")
_IS_KNOWN_SENDER = pl.col("sender").is_not_null()
_IS_OWN = ((pl.col("sender") == pl.col("from_address")) | (pl.col("called") == pl.col("from_address"))).fill_null(
    value=False
)
_IS_UNPRICED = _DOLLARS.is_null() & (_VALUE > 0)
_IS_PAYMENT = pl.when(_IS_KNOWN_SENDER).then(_IS_OWN & (_IS_UNPRICED | (_DOLLARS >= DUST_DOLLARS))).otherwise(
    _DOLLARS >= DUST_DOLLARS
)  # fmt: skip
_IS_DUST = (_VALUE > 0) & (_DOLLARS < DUST_DOLLARS)

_OUTGOING = (
    pl.when(_IS_PAYMENT)
    .then(pl.lit("payment"))
    .when((_VALUE == 0) & _IS_KNOWN_SENDER & ~_IS_OWN)
    .then(pl.lit("forged"))
    .when((_VALUE == 0) & ~_IS_KNOWN_SENDER)
    .then(pl.lit("nothing"))
    .when(_IS_UNPRICED & _IS_KNOWN_SENDER & ~_IS_OWN)
    .then(pl.lit("counterfeit"))
)
_INCOMING = pl.when(_IS_DUST).then(pl.lit("dust")).when(_IS_UNPRICED).then(pl.lit("token"))
_PLANTING = ("forged", "nothing", "dust")
"""Shapes that are remembered; of the others there are too many."""


def moves(tables: Tables) -> pl.DataFrame:
    """ERC-20 movements between two accounts, with their worth and who sent the transaction."""
    source, target = pl.col("from_address"), pl.col("to_address")
    real = tables["transfers"].filter(
        (pl.col("standard") == "erc20")
        & (source != target)
        & (source != ZERO)
        & (target != ZERO)
        & pl.col("block_number").is_not_null()
        & pl.col("transaction_index").is_not_null()
    )
    return _with_senders(with_dollars(real.select(*PLACE, *MOVES), "value_f64"), tables.get("transactions"))


def _with_senders(real: pl.DataFrame, transactions: pl.DataFrame | None) -> pl.DataFrame:
    if transactions is None:
        return real.with_columns(sender=pl.lit(None, pl.Binary()), called=pl.lit(None, pl.Binary()))
    same = ["chain_id", "block_hash", "transaction_hash"]
    senders = transactions.select(*same, sender="from_address", called="to_address")
    return real.join(senders, on=same, how="left", nulls_equal=True)


def candidates(real: pl.DataFrame) -> pl.DataFrame:
    """Each movement as it stands in the history of whoever it may deceive: owner, other, shape, key."""
    outgoing = real.with_columns(owner="from_address", other="to_address", shape=_OUTGOING)
    incoming = real.with_columns(owner="to_address", other="from_address", shape=_INCOMING)
    both = pl.concat([outgoing, incoming]).filter(pl.col("shape").is_not_null())
    return both.with_columns(keys(both["owner"], both["other"]))


def remember(tables: Tables) -> pl.DataFrame:
    """Payments and planted addresses, each once a transaction."""
    role = (
        pl.when(pl.col("shape") == "payment")
        .then(pl.lit("paid"))
        .when(pl.col("shape").is_in(_PLANTING))
        .then(pl.lit("planted"))
    )
    found = candidates(moves(tables)).with_columns(role=role).filter(pl.col("role").is_not_null())
    return found.select(*PLACE, *REMEMBERED).with_columns(transaction_hash=pl.lit(None, pl.Binary())).unique()


_Owner = tuple[int, bytes]
_Position = tuple[int, int]


@dataclass(frozen=True, slots=True)
class History:
    """What is remembered of the accounts that look as if they might be deceived."""

    memory: pl.DataFrame
    keys: frozenset[int]
    paid: Mapping[tuple[_Owner, int], list[tuple[_Position, bytes]]]
    planted: Mapping[tuple[_Owner, bytes], list[_Position]]
    window_blocks: int

    @classmethod
    def of(cls, memory: pl.DataFrame, found: pl.DataFrame, window_blocks: int) -> "History":
        """Only keys under which an owner has two different others are looked at; nearly none are."""
        near = memory.filter(pl.col("key").is_in(found["key"].unique().implode()))
        names = ["key", "owner", "other"]
        pairs = pl.concat([near.filter(pl.col("role") == "paid").select(names), found.select(names)]).unique()
        double = pairs.filter(pl.len().over("key") > 1)["key"].unique()
        rows = near.filter(pl.col("key").is_in(double.implode())).sort("block_number", "transaction_index")
        paid: dict[tuple[_Owner, int], list[tuple[_Position, bytes]]] = {}
        planted: dict[tuple[_Owner, bytes], list[_Position]] = {}
        for row in rows.iter_rows(named=True):
            if row["role"] == "paid":
                paid.setdefault((_owner(row), row["key"]), []).append((_position(row), row["other"]))
            else:
                planted.setdefault((_owner(row), row["other"]), []).append(_position(row))
        return cls(memory, frozenset(double), paid, planted, window_blocks)

    def suspicious(self, found: pl.DataFrame) -> Iterator[dict[str, Any]]:
        """The candidates that may have a look-alike, in the order of the chain."""
        rows = found.filter(pl.col("key").is_in(list(self.keys)))
        order = ["block_number", "transaction_index", "owner", "other", "shape", "token_address", "value_f64"]
        return rows.sort(order).iter_rows(named=True)

    def twin(self, row: Mapping[str, Any]) -> tuple[bytes, Likeness] | None:
        """The address most like the row's other party that its owner had paid earlier, before it paid this one."""
        first: dict[bytes, _Position] = {}
        for position, other in self.paid.get((_owner(row), row["key"]), ()):
            if self._is_before(position, row):
                first.setdefault(other, position)
        since = first.pop(row["other"], None)
        earlier = [other for other, position in first.items() if since is None or position < since]
        alike = [(likeness(row["other"], other), other) for other in earlier]
        best = max(alike, default=None)
        return None if best is None else (best[1], best[0])

    def is_planted(self, row: Mapping[str, Any]) -> bool:
        """Whether an earlier transfer of no worth named the row's other party to its owner."""
        return any(self._is_before(position, row) for position in self.planted.get((_owner(row), row["other"]), ()))

    def recipients(self, row: Mapping[str, Any]) -> int:
        """How many different accounts the owner paid earlier. Reads the whole memory: for the few that come so far."""
        chain, owner = _owner(row)
        paid = self.memory.filter(
            (pl.col("owner") == owner) & (pl.col("chain_id") == chain) & (pl.col("role") == "paid")
        )
        return len({each["other"] for each in paid.iter_rows(named=True) if self._is_before(_position(each), row)})

    def _is_before(self, position: _Position, row: Mapping[str, Any]) -> bool:
        return position < _position(row) and position[0] + self.window_blocks >= row["block_number"]


def _owner(row: Mapping[str, Any]) -> _Owner:
    return row["chain_id"], row["owner"]


def _position(row: Mapping[str, Any]) -> _Position:
    return row["block_number"], row["transaction_index"]
