"""Who paid whom, and what was planted: the rows address poisoning is judged by."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from tocsin.chain import abi
from tocsin.detect.actors import SAME
from tocsin.detect.detectors import _matching
from tocsin.detect.detectors.phishing._look_alikes import Likeness, keys, likeness
from tocsin.detect.worth import Prices
from tocsin.tables.choice import are_keys, distinct, rows_at, rows_where
from tocsin.tables.columns import PLACE, ZERO, Column, address, count, text
from tocsin.tables.dataset import Tables
from tocsin.tables.numbers import numbers

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

_ROLES = {"payment": "paid", "forged": "planted", "nothing": "planted", "dust": "planted"}
"""Shapes that are remembered; of the others there are too many."""

_PARTIES = ("from_address", "to_address")
_ZERO, _ERC20 = abi.keys((ZERO,)), abi.texts(("erc20",))

FOUND = "candidates"
"""The table of candidates, which both remembering and finding need."""


def prepare(tables: Tables) -> Tables:
    """The candidates of a batch."""
    return {FOUND: candidates(moves(tables), tables.get("transactions"))}


def moves(tables: Tables) -> pl.DataFrame:
    """ERC-20 movements between two accounts, with their worth."""
    transfers = Prices.of(tables).with_dollars(tables["transfers"], "value_f64")
    source, target = (transfers[name] for name in _PARTIES)
    givers, takers = numbers(source, target)
    is_real = abi.among(transfers["standard"], _ERC20) & (givers != takers)
    is_real &= ~abi.among(source, _ZERO) & ~abi.among(target, _ZERO)
    for name in (*_PARTIES, "block_number", "transaction_index"):
        is_real &= abi.present(transfers[name])
    return rows_where(transfers[[*PLACE, *MOVES, "dollars"]], is_real)


def candidates(real: pl.DataFrame, transactions: pl.DataFrame | None) -> pl.DataFrame:
    """Each movement as it stands in the history of whoever it may deceive: owner, other, shape, key."""
    outgoing, incoming = _shapes(real, *_senders(real, transactions))
    left, right = np.flatnonzero(outgoing != ""), np.flatnonzero(incoming != "")
    found = rows_at(real, np.concatenate([left, right]))
    source, target = (found[name] for name in _PARTIES)
    owner = pl.concat([source[: len(left)], target[len(left) :]]).alias("owner")
    other = pl.concat([target[: len(left)], source[len(left) :]]).alias("other")
    shape = pl.Series("shape", [*outgoing[left], *incoming[right]], dtype=pl.String())
    return found.hstack([owner, other, shape, keys(owner, other)])


Truths = npt.NDArray[np.bool_]


def _senders(real: pl.DataFrame, transactions: pl.DataFrame | None) -> tuple[Truths, Truths]:
    """Whether it is known who sent each movement's transaction, and whether who paid did, or was what it called."""
    if transactions is None or transactions.is_empty():
        return np.zeros(len(real), np.bool_), np.zeros(len(real), np.bool_)
    at = _matching.which(_matching.numbers(real, SAME), _matching.numbers(transactions, SAME))
    payer, sender, called = numbers(real["from_address"], transactions["from_address"], transactions["to_address"])
    return at >= 0, (at >= 0) & ((payer == sender[at]) | (payer == called[at]))


def _shapes(real: pl.DataFrame, is_known: Truths, is_own: Truths) -> list[Any]:
    """What each movement is in the history of who paid, and of who was paid; nothing where it is of no interest."""
    value, dollars = real["value_f64"].to_numpy(), real["dollars"].to_numpy()
    is_unpriced = np.isnan(dollars) & (value > 0)
    is_priced_payment = dollars >= DUST_DOLLARS
    is_payment = np.where(is_known, is_own & (is_unpriced | is_priced_payment), is_priced_payment)
    others = is_known & ~is_own
    outgoing = {
        "payment": is_payment,
        "forged": (value == 0) & others,
        "nothing": (value == 0) & ~is_known,
        "counterfeit": is_unpriced & others,
    }
    incoming = {"dust": (value > 0) & (dollars < DUST_DOLLARS), "token": is_unpriced}
    return [np.select(list(shapes.values()), list(shapes), default="") for shapes in (outgoing, incoming)]


def remember(tables: Tables) -> pl.DataFrame:
    """Payments and planted addresses, each once a transaction."""
    found = tables[FOUND]
    kept = [(row, _ROLES[shape]) for row, shape in enumerate(found["shape"].to_list()) if shape in _ROLES]
    rows = rows_at(found, np.array([row for row, _ in kept], dtype=np.uint32))
    unsaid = pl.Series("transaction_hash", [None], dtype=pl.Binary()).new_from_index(0, len(rows))
    roles = pl.Series("role", [role for _, role in kept], dtype=pl.String())
    given = {**rows.to_dict(), "transaction_hash": unsaid, "role": roles}
    return distinct(pl.DataFrame([given[name] for name in (*PLACE, *REMEMBERED)]))


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
        near = rows_where(memory, are_keys(memory["key"], found["key"]))
        roles = near["role"].to_list()
        paid_to = (pair for pair, role in zip(_pairs(near), roles, strict=True) if role == "paid")
        pairs = {*_pairs(found), *paid_to}
        double = {key for key, count in Counter(key for key, _, _ in pairs).items() if count > 1}
        if not double:
            return cls(memory, frozenset(), {}, {}, window_blocks)
        doubtful = [row for row, key in enumerate(near["key"].to_list()) if key in double]
        rows = near[doubtful].sort("block_number", "transaction_index")
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
        if not self.keys:
            return iter(())
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


def _pairs(rows: pl.DataFrame) -> Iterator[tuple[int, bytes, bytes]]:
    """Key, owner and other of each row."""
    return zip(*(rows[name].to_list() for name in ("key", "owner", "other")), strict=True)


def _owner(row: Mapping[str, Any]) -> _Owner:
    return row["chain_id"], row["owner"]


def _position(row: Mapping[str, Any]) -> _Position:
    return row["block_number"], row["transaction_index"]
