"""Mints and burns that nobody paid for, or was paid for, with another token in the same transaction."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from tocsin.chain import abi
from tocsin.detect.actors import SAME, Transaction, by_transaction, of_transactions
from tocsin.detect.detectors.tokens._debts import booked
from tocsin.detect.worth import Prices
from tocsin.tables.choice import rows_where
from tocsin.tables.columns import ZERO
from tocsin.tables.dataset import Tables

PRICE_DOLLARS = 1.0
"""What was given for a mint, or got for a burn, is no price below this, where its worth is known."""

_ZERO, _ERC20 = abi.keys((ZERO,)), abi.texts(("erc20",))
_READ = ("token_address", "from_address", "to_address")
_NOBODY = (None, None)


def supply_moves(transfers: pl.DataFrame) -> pl.DataFrame:
    """The transfers that are mints and burns of ERC-20 tokens."""
    is_mint, is_burn = (abi.among(transfers[name], _ZERO) for name in ("from_address", "to_address"))
    there = [abi.present(transfers[name]) for name in ("block_number", "transaction_index")]
    is_token = abi.among(transfers["standard"], _ERC20)
    is_something = transfers["value_f64"].to_numpy() > 0
    return rows_where(transfers, (is_mint != is_burn) & is_token & is_something & np.all(there, axis=0))


class Supply(NamedTuple):
    """One mint or burn, and who may have paid for it."""

    row: int
    transaction: Transaction
    kind: str
    token: bytes
    account: bytes
    sender: bytes | None
    called: bytes | None

    @property
    def actor(self) -> bytes | None:
        """Who did it: the called contract, unless that is the token itself, or else the sender."""
        return self.sender if self.called in (None, self.token) else self.called

    @property
    def is_own(self) -> bool:
        """Whether the actors burned their own tokens, which is no concern of anybody else."""
        return self.kind == "burn" and self.account in (self.sender, self.called)

    @property
    def group(self) -> tuple[Any, ...]:
        """What is paid for together."""
        return self.transaction, self.kind, self.token

    @property
    def payers(self) -> Iterator[tuple[Any, ...]]:
        """The parties of whom one must have paid, or have been paid, each as a key of payments."""
        return ((self.transaction, self.kind, party) for party in (self.account, self.sender, self.called) if party)


def unpaid(moves: pl.DataFrame, tables: Tables) -> list[Supply]:
    """
    The mints and burns that come with no payment.

    A mint is paid for when its receiver, the sender or the called contract gives another token in the same transaction;
    a burn when one of them gets one. The tokens in which a lending market books debts are its books, not money.
    """
    if moves.is_empty():
        return []
    debts = booked(tables)
    supplies = [
        supply
        for supply in _supplies(moves, tables.get("transactions"))
        if not supply.is_own and (supply.transaction, supply.token, supply.account) not in debts
    ]
    payments = _payments(of_transactions(Prices.of(tables).with_dollars(tables["transfers"], "value_f64"), moves))
    paid = {
        supply.group
        for supply in supplies
        if any(payments.get(payer, set()) - {supply.token} for payer in supply.payers)
    }
    return [supply for supply in supplies if supply.group not in paid]


def _supplies(moves: pl.DataFrame, transactions: pl.DataFrame | None) -> Iterator[Supply]:
    sent = {} if transactions is None else by_transaction(of_transactions(transactions, moves), _READ[1:])
    for row, (*where, token, giver, taker) in enumerate(_rows(moves, (*SAME, *_READ))):
        kind, account = ("mint", taker) if giver == ZERO else ("burn", giver)
        sender, called = sent.get(tuple(where), [_NOBODY])[0]
        yield Supply(row, tuple(where), kind, token, account, sender, called)


def _payments(worth: pl.DataFrame) -> Mapping[tuple[Any, ...], set[bytes]]:
    """By transaction, kind and party: the tokens it gave for mints, or got for burns."""
    value, dollars = worth["value_f64"].to_numpy(), worth["dollars"].to_numpy()
    priced = rows_where(worth, (value > 0) & (np.isnan(dollars) | (dollars >= PRICE_DOLLARS)))
    payments: dict[tuple[Any, ...], set[bytes]] = {}
    for *where, token, giver, taker in _rows(priced, (*SAME, *_READ)):
        payments.setdefault((tuple(where), "mint", giver), set()).add(token)
        payments.setdefault((tuple(where), "burn", taker), set()).add(token)
    return payments


def _rows(frame: pl.DataFrame, columns: Iterable[str]) -> Iterator[tuple[Any, ...]]:
    return zip(*(frame[name].to_list() for name in columns), strict=True)
