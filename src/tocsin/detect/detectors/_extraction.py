"""What the actors of a transaction took out of it: exact amounts per token, about how many dollars, from whom."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import polars as pl

from tocsin.chain.tokens import TOKENS
from tocsin.detect import actors
from tocsin.detect.worth import dollars, with_dollars
from tocsin.tables.columns import ZERO
from tocsin.tables.dataset import Tables

PROFITS_READ = ("account_address", "token_address", "received_binary", "sent_binary", "net_f64")
TRANSFERS_READ = ("from_address", "to_address")
LENDING_READ = ("kind", "account_address", "token_address", "value_binary")

_NOBODY = pl.DataFrame({"account_address": [ZERO, *sorted({address for _, address in TOKENS})]})
"""The zero address and well-known tokens: a wrapped coin that is unwrapped has lost nothing."""

Row: TypeAlias = Mapping[str, Any]
Transaction: TypeAlias = tuple[Any, ...]
Amounts: TypeAlias = Mapping[bytes, int]
"""Exact base units by token."""


@dataclass(frozen=True, slots=True)
class Extraction:
    """What one cluster of actors took, less what it gave."""

    chain_id: int
    sender: bytes
    accounts: frozenset[bytes]
    net: Amounts
    """By token, without zeros."""
    released: Amounts
    """By token: what came out of positions of the actors' own in lending markets, less what closing them cost."""
    victim: bytes | None
    """The account outside the cluster that lost the most dollars, if one lost."""

    @property
    def dollars(self) -> float:
        """About how much the net is worth, of tokens with a known price."""
        return self._worth(self.net)

    @property
    def released_dollars(self) -> float:
        """About how much of it was the actors' own before."""
        return self._worth(self.released)

    @property
    def unpriced(self) -> Amounts:
        """The part of the net that has no known price."""
        return {token: net for token, net in self.net.items() if dollars(self.chain_id, token, net) is None}

    def _worth(self, amounts: Amounts) -> float:
        return sum(dollars(self.chain_id, token, net) or 0.0 for token, net in amounts.items())


def extractions(tables: Tables, chosen: pl.DataFrame) -> dict[Transaction, Extraction]:
    """
    By transaction of `chosen`: what its actors took. Those paid by the actors who are otherwise silent count as actors.

    Reads calls, profits, transfers and lending.
    """
    calls, profits, transfers, lending = (
        actors.of_transactions(tables[name], chosen) for name in ("calls", "profits", "transfers", "lending")
    )
    members = actors.clusters({"calls": calls, "profits": profits})
    acting = pl.concat([members, actors.receivers(members, calls, transfers)])
    victims = _victims(profits, acting)
    flows, positions = _by_transaction(profits), _by_transaction(lending)
    return {
        transaction: _extraction(
            rows, flows.get(transaction, []), positions.get(transaction, []), victims.get(transaction)
        )
        for transaction, rows in _by_transaction(acting).items()
    }


def transaction(row: Row) -> Transaction:
    """What tells transactions apart."""
    return tuple(row[name] for name in actors.SAME)


def _by_transaction(frame: pl.DataFrame) -> dict[Transaction, list[Row]]:
    found: dict[Transaction, list[Row]] = {}
    for row in frame.iter_rows(named=True):
        found.setdefault(transaction(row), []).append(row)
    return found


def _victims(profits: pl.DataFrame, acting: pl.DataFrame) -> dict[Transaction, bytes]:
    """By transaction: the account that is no actor and lost the most."""
    keys = (*actors.SAME, "account_address")
    others = profits.join(acting, on=keys, how="anti", nulls_equal=True).join(_NOBODY, on="account_address", how="anti")
    lost = with_dollars(others).group_by(keys).agg(pl.col("dollars").sum()).filter(pl.col("dollars") < 0)
    worst = lost.sort("dollars", "account_address").unique(actors.SAME, keep="first")
    return {transaction(row): row["account_address"] for row in worst.iter_rows(named=True)}


def _extraction(acting: list[Row], flows: list[Row], positions: list[Row], victim: bytes | None) -> Extraction:
    accounts = frozenset(row["account_address"] for row in acting)
    own = [row for row in flows if row["account_address"] in accounts]
    received, sent = _totals(own, "received_binary"), _totals(own, "sent_binary")
    net = {token: amount for token in received if (amount := received[token] - sent[token])}
    theirs = [row for row in positions if row["account_address"] in accounts and row["token_address"] is not None]
    return Extraction(
        chain_id=acting[0]["chain_id"],
        sender=acting[0]["sender_address"],
        accounts=accounts,
        net=net,
        released=_released(theirs, received, sent),
        victim=victim,
    )


def _totals(rows: Iterable[Row], name: str) -> dict[bytes, int]:
    totals: dict[bytes, int] = {}
    for row in rows:
        totals[row["token_address"]] = totals.get(row["token_address"], 0) + int.from_bytes(row[name], "big")
    return totals


def _released(positions: list[Row], received: Amounts, sent: Amounts) -> dict[bytes, int]:
    """
    Only what closes a position counts: a loan that is taken and left open is money received.

    Amounts are what was asked for, or claimed: never more than what really moved is believed.
    """
    done = {
        kind: _totals((row for row in positions if row["kind"] == kind), "value_binary")
        for kind in ("supply", "withdraw", "borrow", "repay")
    }
    tokens = {token for totals in done.values() for token in totals}
    return {
        token: max(0, min(done["withdraw"].get(token, 0), received.get(token, 0)) - done["supply"].get(token, 0))
        - max(0, min(done["repay"].get(token, 0), sent.get(token, 0)) - done["borrow"].get(token, 0))
        for token in tokens
    }
