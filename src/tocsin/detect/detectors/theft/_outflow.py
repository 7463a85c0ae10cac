"""An account that pays most of what it has to one that was never paid before: what to ask, and how much is gone."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import fsum
from typing import Any

import polars as pl

from tocsin.detect import actors
from tocsin.detect.detectors._held import held
from tocsin.detect.detectors.theft._payments import MUCH_DOLLARS, Book, Row, much
from tocsin.detect.labels import Labels
from tocsin.intel.kinds import BENIGN
from tocsin.model.finding import Place, hexadecimal
from tocsin.model.lookups import Answers, Lookup, number
from tocsin.tables.choice import in_order
from tocsin.tables.dataset import Tables

LARGE_DOLLARS = 1_000_000.0
"""What an account must pay to be a treasury by itself (design)."""
LESS_DOLLARS = 100_000.0
"""The same where it pays on several chains at once (design)."""
WATCHED_DOLLARS = MUCH_DOLLARS
"""The same of a watched account (design)."""
DRAINED_PERCENT = 50
"""Of what it held (reference: detection, section 4.35)."""
CHAINS_SECONDS = 15 * 60
"""Within which payments on two chains are one act (the same)."""
UNPRICED = 3
"""So many tokens without a price of a watched account count as worth the threshold (design)."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What went of one token."""

    token: str
    amount: int
    dollars: float | None


@dataclass(frozen=True, slots=True)
class Outflow:
    """What one account paid another within the window, up to a block."""

    place: Place
    """Of its first payment in the block; of the deposit, where it was mixed."""
    paid_at: Place
    """Of its last payment: when to ask what is left."""
    sender: str
    receiver: str
    moved: tuple[Moved, ...]
    is_watched: bool
    chains: tuple[int, ...] = ()
    """Other chains on which the sender paid within minutes."""
    mixer: str = ""
    """Where the receiver put it."""

    def is_large(self, moved: Sequence[Moved]) -> bool:
        """Whether so much is worth telling of."""
        unpriced = sum(each.dollars is None for each in moved)
        least = WATCHED_DOLLARS if self.is_watched else LESS_DOLLARS if self.chains else LARGE_DOLLARS
        return worth(moved) >= least or (self.is_watched and unpriced >= UNPRICED)


def worth(moved: Iterable[Moved]) -> float:
    """About how many dollars it was, as far as is known."""
    return fsum(each.dollars for each in moved if each.dollars is not None)


def outflows(book: Book, tables: Tables) -> Iterator[Outflow]:
    """One for each sender and receiver of a block, if it is much."""
    labels = Labels.of(tables)
    for rows in _by_block_and_pair(much(tables)).values():
        outflow = _outflow(rows, book, labels)
        if outflow is not None and outflow.is_large(outflow.moved):
            yield outflow


def mixed(memory: pl.DataFrame, tables: Tables, window_blocks: int) -> Iterator[Outflow]:
    """One for each block in which somebody who was paid much within the window pays into a mixer."""
    deposits = tables["logs"]
    if deposits.is_empty() or memory.is_empty():
        return
    transactions = actors.of_transactions(tables["transactions"], deposits)
    parties = {hash_: pair for hash_, *pair in transactions[["transaction_hash", "from_address", "to_address"]].rows()}
    labels, told = Labels.of(tables), set()
    book = Book.to(memory, transactions["from_address"], window_blocks)
    once = deposits.sort("block_number", "transaction_index").unique(
        "transaction_hash", keep="first", maintain_order=True
    )
    for deposit in once.iter_rows(named=True):
        receiver, mixer = parties.get(deposit["transaction_hash"], (None, None))
        for payment in book.latest(deposit, receiver):
            where = (deposit["chain_id"], deposit["block_number"], payment["sender"], receiver)
            if where in told or book.has_paid(receiver, mixer, payment, deposit):
                continue
            outflow = _outflow([payment], book, labels)
            if outflow is not None and outflow.is_large(outflow.moved):
                told.add(where)
                yield replace(outflow, place=Place.of(deposit), mixer=str(hexadecimal(deposit["address"])))


def _by_block_and_pair(payments: pl.DataFrame) -> dict[tuple[Any, ...], list[Row]]:
    groups: dict[tuple[Any, ...], list[Row]] = {}
    order = ("block_number", "transaction_index", "sender", "receiver", "token", "value_f64")
    for row in in_order(payments, *order):
        groups.setdefault((row["chain_id"], row["block_number"], row["sender"], row["receiver"]), []).append(row)
    return groups


def _outflow(rows: Sequence[Row], book: Book, labels: Labels) -> Outflow | None:
    """What was paid so far, unless the receiver is known, or another of the organisation's accounts."""
    first, chain = rows[0], rows[0]["chain_id"]
    kinds = labels.kinds(chain, first["receiver"])
    if kinds & (BENIGN | {"watched"}):
        return None
    return Outflow(
        place=Place.of(first),
        paid_at=Place.of(rows[-1]),
        sender=str(hexadecimal(first["sender"])),
        receiver=str(hexadecimal(first["receiver"])),
        moved=tuple(_moved(book.of_pair(rows[-1]))),
        is_watched="watched" in labels.kinds(chain, first["sender"]),
        chains=_chains(first, book.by_sender.get(first["sender"], ())),
    )


def _moved(rows: Iterable[Row]) -> Iterator[Moved]:
    by_token: dict[bytes, list[Row]] = {}
    for row in rows:
        by_token.setdefault(row["token"], []).append(row)
    for token, some in sorted(by_token.items()):
        dollars = None if some[0]["dollars"] is None else fsum(row["dollars"] for row in some)
        amount = sum(int.from_bytes(row["value_binary"], "big") for row in some)
        yield Moved(str(hexadecimal(token)), amount, dollars)


def _chains(now: Row, rows: Iterable[Row]) -> tuple[int, ...]:
    """The other chains on which the sender paid much within minutes before."""
    if now["timestamp"] is None:
        return ()
    found = {
        row["chain_id"]
        for row in rows
        if row["chain_id"] != now["chain_id"]
        and row["timestamp"] is not None
        and 0 <= now["timestamp"] - row["timestamp"] <= CHAINS_SECONDS
        and (row["dollars"] or 0.0) >= MUCH_DOLLARS
    }
    return tuple(sorted(found))


def left(outflow: Outflow) -> tuple[Lookup, ...]:
    """What to ask about what is left."""
    asked = (held(outflow.paid_at, outflow.sender, each.token) for each in outflow.moved)
    return tuple(lookup for lookup in asked if lookup is not None)


def drained(outflow: Outflow, answers: Answers) -> tuple[tuple[Moved, int], ...] | None:
    """The tokens of which most is gone, and what is left; None where nobody could say of any."""
    found = [(each, number(held(outflow.paid_at, outflow.sender, each.token), answers)) for each in outflow.moved]
    known = [(each, rest) for each, rest in found if rest is not None]
    gone = tuple((each, rest) for each, rest in known if 100 * each.amount >= DRAINED_PERCENT * (each.amount + rest))
    return gone if known else None
