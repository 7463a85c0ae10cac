"""What left the accounts that had signed something, in transactions they did not send and got nothing for."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from math import fsum
from typing import Any, TypeAlias

import numpy as np
import polars as pl

from tocsin.chain import abi
from tocsin.detect import actors
from tocsin.detect.detectors.phishing._signed import DELEGATION, FOUND, TRANSFER, TRUSTED, Senders, by_hash
from tocsin.detect.detectors.phishing._takings import RETURN_DOLLARS
from tocsin.detect.labels import Labels
from tocsin.detect.worth import Prices
from tocsin.intel.kinds import HOSTILE
from tocsin.model.finding import Place, hexadecimal
from tocsin.tables.choice import rows_where
from tocsin.tables.columns import ZERO
from tocsin.tables.dataset import Tables

MOVES_READ = ("token_address", "standard", "from_address", "to_address", "value_binary", "value_f64")
"""The columns read of transfers."""
FOLLOW_UP_BLOCKS = 10
"""How long after a permit a taking counts as made by it (reference: detection, section 4.33)."""
_TAKEN = abi.texts(("erc20", "native"))


@dataclass(frozen=True, slots=True)
class Drain:
    """What one transaction took from one account by what it had signed."""

    place: Place
    victim: str
    spender: str
    """Who was let take; the code that the account took on."""
    sender: str
    by: str
    """What was signed."""
    taken: tuple[tuple[str, int], ...]
    """Tokens and base units."""
    takers: tuple[str, ...]
    dollars: float | None
    """What was taken, as far as its worth is known; None where nothing of it is."""
    hostile: tuple[str, ...] = ()
    """What others call the spender or a taker, where that speaks against it."""


@dataclass(slots=True)
class _Taking:
    """What is gathered about one account in one transaction."""

    row: Mapping[str, Any]
    signature: "_Signature"
    amounts: dict[bytes, int] = field(default_factory=dict)
    takers: dict[bytes, None] = field(default_factory=dict)
    dollars: list[float] = field(default_factory=list)


_Signature: TypeAlias = Mapping[str, Any]
_Key: TypeAlias = tuple[Any, ...]


def drains(memory: pl.DataFrame, tables: Tables) -> Iterator[Drain]:
    """One for each transaction and account that gave by a signature and got nothing."""
    signatures = {} if memory.is_empty() else _recent(memory, tables)
    if not signatures:
        return
    transfers = tables["transfers"]
    owners = abi.keys({owner for _, owner in signatures})
    is_taken = abi.among(transfers["from_address"], owners) & abi.among(transfers["standard"], _TAKEN)
    moved = rows_where(transfers, is_taken & (transfers["value_f64"].to_numpy() > 0))
    if moved.is_empty():
        return
    prices, labels = Prices.of(tables), Labels.of(tables)
    senders = by_hash(actors.of_transactions(tables["transactions"], moved))
    paid = _paid(prices.with_dollars(actors.of_transactions(transfers, moved), "value_f64"))
    for (*_, owner), taking in _takings(prices.with_dollars(moved, "value_f64"), signatures, senders).items():
        trusted = TRUSTED & labels.kinds(taking.row["chain_id"], taking.signature["spender"])
        if (_transaction(taking.row), owner) not in paid and not trusted:
            yield _drain(taking, owner, senders, labels)


def _recent(memory: pl.DataFrame, tables: Tables) -> dict[tuple[int, bytes], list[_Signature]]:
    """By chain and owner: what was signed in this batch, or so little before it that a taking may be made by it."""
    rows = memory
    first: Any = tables["transfers"]["block_number"].min()
    if first is not None and len(memory) > len(tables[FOUND]):
        rows = rows_where(memory, abi.filled(memory["block_number"], 0) + FOLLOW_UP_BLOCKS >= first)
    by_owner: dict[tuple[int, bytes], list[_Signature]] = {}
    for row in rows.sort("block_number", "transaction_index", "owner", "spender", "by", "token").iter_rows(named=True):
        by_owner.setdefault((row["chain_id"], row["owner"]), []).append(row)
    return by_owner


def _takings(
    moved: pl.DataFrame, signatures: Mapping[tuple[int, bytes], list[_Signature]], senders: Senders
) -> dict[_Key, _Taking]:
    found: dict[_Key, _Taking] = {}
    order = ["block_number", "transaction_index", "from_address", "token_address", "to_address", "value_f64"]
    for row in moved.sort(order).iter_rows(named=True):
        owner, taker = row["from_address"], row["to_address"]
        signature = _which(row, signatures.get((row["chain_id"], owner), ()), senders)
        if signature is None or taker in (owner, ZERO):
            continue
        taking = found.setdefault((*_transaction(row), owner), _Taking(row, signature))
        amount = int.from_bytes(row["value_binary"], "big")
        taking.amounts[row["token_address"]] = taking.amounts.get(row["token_address"], 0) + amount
        taking.takers[taker] = None
        if row["dollars"] is not None:
            taking.dollars.append(row["dollars"])
    return found


def _which(row: Mapping[str, Any], signatures: Iterable[_Signature], senders: Senders) -> _Signature | None:
    """The signature by which a movement may have been made, in a transaction that its owner did not send."""
    sender, called = senders.get(row["transaction_hash"], (None, None))
    if sender is None or sender == row["from_address"]:
        return None
    return next((each for each in signatures if _fits(each, row, {sender, called})), None)


def _fits(signature: _Signature, row: Mapping[str, Any], active: set[bytes | None]) -> bool:
    if signature["token"] not in (None, row["token_address"]):
        return False
    if signature["by"] != DELEGATION and row["standard"] == "native":
        return False
    if _transaction(signature) == _transaction(row):
        return True
    between = _position(row)[0] - _position(signature)[0]
    is_later = _position(signature) < _position(row) and between <= FOLLOW_UP_BLOCKS
    return is_later and signature["by"] != TRANSFER and not active.isdisjoint(_users(signature))


def _users(signature: _Signature) -> tuple[bytes, ...]:
    """Who may use it: the spender; for a delegation, whoever calls the account itself."""
    user = signature["owner"] if signature["by"] == DELEGATION else signature["spender"]
    return (user, signature["sender"])


def _paid(moves: pl.DataFrame) -> set[tuple[_Key, bytes]]:
    """Who got something in a transaction: anything of unknown worth, or more than dust."""
    value, dollars = moves["value_f64"].to_numpy(), moves["dollars"].to_numpy()
    got = rows_where(moves, (value > 0) & (np.isnan(dollars) | (dollars >= RETURN_DOLLARS)))
    return {(_transaction(row), row["to_address"]) for row in got.iter_rows(named=True)}


def _drain(taking: _Taking, owner: bytes, senders: Senders, labels: Labels) -> Drain:
    sender, _ = senders[taking.row["transaction_hash"]]
    parties = (taking.signature["spender"], *taking.takers)
    said = frozenset().union(*(labels.kinds(taking.row["chain_id"], party) for party in parties))
    return Drain(
        place=Place.of(taking.row),
        victim=_name(owner),
        spender=_name(taking.signature["spender"]),
        sender=_name(sender),
        by=taking.signature["by"],
        taken=tuple(sorted((_name(token), amount) for token, amount in taking.amounts.items())),
        takers=tuple(map(_name, taking.takers)),
        dollars=fsum(taking.dollars) if taking.dollars else None,
        hostile=tuple(sorted(said & HOSTILE)),
    )


def _transaction(row: Mapping[str, Any]) -> _Key:
    return tuple(row[name] for name in actors.SAME)


def _position(row: Mapping[str, Any]) -> tuple[int, int]:
    return row["block_number"] or 0, row["transaction_index"] or 0


def _name(raw: bytes) -> str:
    return str(hexadecimal(raw))
