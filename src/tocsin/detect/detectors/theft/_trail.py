"""
Where stolen money went: the rows laundering remembers, and how much of what an account pays is of them.

Proceeds are followed forward by haircut: of what an account pays, as large a part is of the proceeds as of all it was
seen to get. What it held before is not seen, so that the part is rather too large. Services end the trail: what they
pay is theirs.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import polars as pl

from tocsin.chain import abi
from tocsin.detect.detectors.theft._known import is_labelled
from tocsin.detect.detectors.theft._payments import Row, keys_of, own_payments
from tocsin.detect.labels import Labels
from tocsin.detect.worth import Prices
from tocsin.intel.kinds import BENIGN, HOSTILE
from tocsin.tables.choice import are_keys, rows_where
from tocsin.tables.columns import PLACE, Column, address, count, schema, text
from tocsin.tables.dataset import Tables

LEAST_DOLLARS = 10_000.0
"""Movements of less are not followed (reference: detection, section 4.37: the first tier)."""
LOSS_DOLLARS = 100_000.0
"""What an account must get of a watched one for the money to count as lost (design)."""
LOSS_SHARE = 0.5
"""And the least part of all that the watched account lost within the window (design)."""
MOST_HOPS = 10
LEAST_SHARE = 0.05
"""Where following ends (reference: detection, section 4.37)."""
WATCHED = frozenset(("watched",))
SERVICES = BENIGN | WATCHED | {"mixer"}
"""Labels at which a trail ends."""
PAID, LOST, LISTED, MIXED = "paid", "lost", "listed", "mixed"

REMEMBERED: Mapping[str, Column] = {
    "role": text(
        "paid, lost, listed, mixed",
        "A payment; what a watched account lost; an account that an issuer listed; a deposit in a mixer.",
    ),
    "sender": address("Who paid, or lost, or listed, or mixed."),
    "receiver": address("Who was paid, or listed."),
    "dollars": Column(pl.Float64(), "US dollars", "About what it was worth."),
    "sender_key": count("number", "First bytes of the sender, to find it by."),
}
"""The columns that are remembered, beside the place columns."""
FOUND = "trail"
"""The table of a batch's."""
_NONE = pl.DataFrame(schema=schema({**PLACE, **REMEMBERED}))
_GIVEN = {name: kind for name, kind in _NONE.schema.items() if name != "sender_key"}

Account: TypeAlias = tuple[int, bytes]
"""Chain and address."""


@dataclass(frozen=True, slots=True)
class Taint:
    """How much of what an account has is of an incident."""

    share: float
    origin: bytes
    """The account it began with."""
    why: str
    """Its label, `listed`, or `lost`: a watched account lost it."""
    hops: int


def moves(tables: Tables) -> pl.DataFrame:
    """What is to be remembered of a batch's transfers: large payments, and what watched accounts lost."""
    transfers, labels = tables["transfers"], Labels.of(tables)
    worth = Prices.of(tables).with_dollars(transfers, "value_f64")
    is_large = np.nan_to_num(worth["dollars"].to_numpy()) >= LEAST_DOLLARS
    is_plain = abi.among(transfers["standard"], abi.texts(("native", "erc20")))
    large = rows_where(worth, is_large & is_plain & abi.present(transfers["block_number"]))
    if large.is_empty():
        return _NONE
    is_watched = is_labelled(large["chain_id"], large["from_address"], labels, WATCHED)
    others, watched = (rows_where(large, mask) for mask in (~is_watched, is_watched))
    paid = own_payments(others, tables["transactions"])
    return frame([*_rows(paid, PAID), *_lost(watched, tables["transactions"])])


def frame(rows: Iterable[tuple[Any, ...]]) -> pl.DataFrame:
    """The rows to remember: place columns, role, sender, receiver, dollars."""
    given = list(rows)
    if not given:
        return _NONE
    found = pl.DataFrame(given, schema=_GIVEN, orient="row")
    return found.hstack([keys_of(found["sender"], "sender_key")])


def _rows(transfers: pl.DataFrame, role: str) -> Iterator[tuple[Any, ...]]:
    for row in transfers.iter_rows(named=True):
        yield *(row[name] for name in PLACE), role, row["from_address"], row["to_address"], row["dollars"]


def _lost(large: pl.DataFrame, transactions: pl.DataFrame) -> Iterator[tuple[Any, ...]]:
    """What left watched accounts: to who got it and, where that is the contract its sender called, to the sender."""
    parties = transactions[["transaction_hash", "from_address", "to_address"]].rows() if len(large) else ()
    sent = {hash_: (sender, called) for hash_, sender, called in parties}
    for row in large.iter_rows(named=True):
        loser, taker = row["from_address"], row["to_address"]
        sender, called = sent.get(row["transaction_hash"], (None, None))
        for got in {taker, *((sender,) if taker == called and sender is not None else ())} - {loser}:
            yield *(row[name] for name in PLACE), LOST, loser, got, row["dollars"]


class Trail:
    """What is remembered, to be asked how tainted an account is."""

    def __init__(self, memory: pl.DataFrame, labels: Labels, window_blocks: int) -> None:
        self._labels = labels
        self._window_blocks = window_blocks
        is_mixed = abi.among(memory["role"], abi.texts((MIXED,)))
        self._rows = _reached(rows_where(memory, ~is_mixed), labels) if len(memory) else []
        self._mixed: dict[Account, list[Row]] = {}
        for row in rows_where(memory, is_mixed).iter_rows(named=True):
            self._mixed.setdefault((row["chain_id"], row["sender"]), []).append(row)

    def taint(self, row: Row, account: bytes) -> Taint | None:
        """How tainted an account is by the time of a row; None where it is not."""
        chain = row["chain_id"]
        said = self._labels.kinds(chain, account) & HOSTILE
        if said:
            return Taint(1.0, account, min(said), 0)
        earlier = [each for each in self._rows if each["chain_id"] == chain and _is_before(each, row)]
        near = [each for each in earlier if each["block_number"] + self._window_blocks >= row["block_number"]]
        found = _followed(near, self._labels).get((chain, account))
        return found if found is not None and found.share >= LEAST_SHARE else None

    def has_mixed(self, row: Row, account: bytes) -> bool:
        """Whether an account had put tainted money in a mixer before a row: then it was told."""
        known = self._mixed.get((row["chain_id"], account), ())
        before = [each for each in known if _position(each) < _position(row)]
        last = max(before, key=_position, default=None)
        is_near = last is not None and last["block_number"] + self._window_blocks >= row["block_number"]
        return last is not None and is_near and self.taint(last, account) is not None


def _position(row: Row) -> tuple[int, int]:
    return row["block_number"], row["transaction_index"] or 0


def _is_before(earlier: Row, row: Row) -> bool:
    return _position(earlier) <= _position(row)


def _reached(memory: pl.DataFrame, labels: Labels) -> list[Row]:
    """The rows that money of an incident may have come through, with all else their receivers got."""
    chosen = abi.among(memory["role"], abi.texts((LOST, LISTED)))
    chosen |= is_labelled(memory["chain_id"], memory["sender"], labels, HOSTILE)
    for _ in range(MOST_HOPS):
        receivers = memory["receiver"].filter(pl.Series(chosen)).unique()
        if receivers.is_empty():
            return []
        next_ = chosen | are_keys(memory["sender_key"], keys_of(receivers, "key"))
        if (next_ == chosen).all():
            break
        chosen = next_
    receivers = memory["receiver"].filter(pl.Series(chosen)).unique()
    whole = rows_where(memory, abi.among(memory["receiver"], receivers.to_arrow()))
    order = ["block_number", "transaction_index", "role", "sender", "receiver", "dollars"]
    return list(whole.sort(order).iter_rows(named=True))


def _followed(rows: list[Row], labels: Labels) -> dict[Account, Taint]:
    """The taint of every account after these rows, which stand in the order of the chain."""
    lost = _totals(rows)
    got: dict[Account, float] = {}
    tainted: dict[Account, float] = {}
    best: dict[Account, Taint] = {}
    for row in rows:
        where = (row["chain_id"], row["receiver"])
        got[where] = got.get(where, 0.0) + row["dollars"]
        taint = _given(row, best, lost, labels)
        if taint is not None and not labels.kinds(*where) & SERVICES:
            tainted[where] = tainted.get(where, 0.0) + taint.share * row["dollars"]
            known = best.get(where)
            best[where] = known if known is not None and known.hops <= taint.hops else taint
        if where in best and best[where].why != LISTED:
            best[where] = replace(best[where], share=min(1.0, tainted[where] / got[where]))
    return best


def _totals(rows: list[Row]) -> dict[tuple[Any, ...], float]:
    """What each watched account lost, and to whom, within the window."""
    lost: dict[tuple[Any, ...], float] = {}
    for row in rows:
        if row["role"] == LOST:
            for key in ((row["chain_id"], row["sender"]), (row["chain_id"], row["sender"], row["receiver"])):
                lost[key] = lost.get(key, 0.0) + row["dollars"]
    return lost


def _given(
    row: Row, best: Mapping[Account, Taint], lost: Mapping[tuple[Any, ...], float], labels: Labels
) -> Taint | None:
    """What the receiver of a row gets with it."""
    chain, sender, receiver = row["chain_id"], row["sender"], row["receiver"]
    if row["role"] == LISTED:
        return Taint(1.0, receiver, LISTED, 0)
    if row["role"] == LOST:
        mine, all_ = lost[chain, sender, receiver], lost[chain, sender]
        is_most = mine >= LOSS_DOLLARS and mine >= LOSS_SHARE * all_
        return Taint(1.0, receiver, LOST, 0) if is_most else None
    said = labels.kinds(chain, sender) & HOSTILE
    if said:
        return Taint(1.0, sender, min(said), 1)
    known = best.get((chain, sender))
    if known is None or known.share < LEAST_SHARE or known.hops >= MOST_HOPS:
        return None
    return Taint(known.share, known.origin, known.why, known.hops + 1)
