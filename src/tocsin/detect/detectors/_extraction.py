"""What the actors of a transaction took out of it: exact amounts per token, about how many dollars, from whom."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import polars as pl

from tocsin.chain.tokens import TOKENS
from tocsin.detect import actors
from tocsin.detect.actors import Cluster, Transaction
from tocsin.detect.worth import dollars
from tocsin.model.finding import Value
from tocsin.tables.columns import ZERO
from tocsin.tables.dataset import Tables

PROFITS_READ = ("account_address", "token_address", "received_binary", "sent_binary", "net_f64")
TRANSFERS_READ = ("from_address", "to_address")
LENDING_READ = ("kind", "account_address", "token_address", "value_binary")

BURNT = bytes.fromhex("dead".rjust(40, "0"))
NOBODY = frozenset((ZERO, BURNT, *(address for _, address in TOKENS)))
"""Where tokens are burnt, and well-known tokens: a wrapped coin that is unwrapped has lost nothing."""

_ENDS = ("from_address", "to_address", "selector")
ROUNDING = 0.01
"""How far a rounded sum may be below the exact one, generously."""
CREATIONS = ("create", "create2")

Row: TypeAlias = Mapping[str, Any]
Amounts: TypeAlias = Mapping[bytes, int]
"""Exact base units by token."""


@dataclass(frozen=True, slots=True)
class Extraction:
    """What one cluster of actors took, less what it gave."""

    chain_id: int
    sender: bytes
    members: frozenset[bytes]
    """Who acts: the sender, what it calls, what either creates."""
    beneficiaries: frozenset[bytes]
    """Silent accounts that are paid."""
    net: Amounts
    """By token, without zeros."""
    released: Amounts
    """By token: what came out of positions of the actors' own in lending markets, less what closing them cost."""
    flows: Sequence[Row]
    """What every account of the transaction received and sent."""

    @property
    def accounts(self) -> frozenset[bytes]:
        """Everybody whose gain counts."""
        return self.members | self.beneficiaries

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

    @property
    def victim(self) -> bytes | None:
        """The account outside the cluster that lost the most dollars, if one lost."""
        others = balances(_but(self.flows, self.accounts | NOBODY))
        lost = [(balance.dollars, account) for account, balance in others.items() if balance.dollars < 0]
        return min(lost)[1] if lost else None

    @property
    def values(self) -> dict[str, Value]:
        """What a finding states of it."""
        net = sorted(self.net.items())
        return {
            "profit_about_dollars": int(self.dollars),
            "gained_tokens": ["0x" + token.hex() for token, amount in net if amount > 0],
            "gained_amounts": [amount for _, amount in net if amount > 0],
            "spent_tokens": ["0x" + token.hex() for token, amount in net if amount < 0],
            "spent_amounts": [-amount for _, amount in net if amount < 0],
        }

    def _worth(self, amounts: Amounts) -> float:
        return sum(dollars(self.chain_id, token, net) or 0.0 for token, net in amounts.items())


@dataclass(slots=True)
class Balance:
    """About what one account gained in a transaction."""

    dollars: float = 0.0
    gained_unpriced: bool = False
    spent_unpriced: bool = False


def balances(flows: Iterable[Row]) -> dict[bytes, Balance]:
    """By account, from the rows of `profits` of one transaction. Rounded: to rank and filter."""
    found: dict[bytes, Balance] = {}
    for row in flows:
        balance = found.setdefault(row["account_address"], Balance())
        price = dollars(row["chain_id"], row["token_address"], 1)
        if price is not None:
            balance.dollars += row["net_f64"] * price
        balance.gained_unpriced |= price is None and row["net_f64"] > 0
        balance.spent_unpriced |= price is None and row["net_f64"] < 0
    return found


def promising(tables: Tables, chosen: pl.DataFrame, least_dollars: float, cost_limit_dollars: float) -> pl.DataFrame:
    """
    The rows of `chosen` whose transaction may matter: most end here, and cheaply.

    Possible actors together gained about so many dollars, or one got a token without a price for next to nothing.
    Reads calls and profits; give it those of the chosen transactions.
    """
    outside = outsiders(tables["calls"])
    matters = {
        key
        for key, rows in by_transaction(tables["profits"]).items()
        if _may_matter(_but(rows, outside.get(key, NOBODY)), least_dollars * (1 - ROUNDING), cost_limit_dollars)
    }
    keys = chosen.select(actors.SAME).iter_rows()
    return chosen.filter(pl.Series([key in matters for key in keys], dtype=pl.Boolean()))


def _may_matter(flows: Iterable[Row], least_dollars: float, cost_limit_dollars: float) -> bool:
    found = balances(flows).values()
    return sum(max(0.0, balance.dollars) for balance in found) >= least_dollars or any(
        balance.gained_unpriced and not balance.spent_unpriced and balance.dollars >= -cost_limit_dollars
        for balance in found
    )


def _but(flows: Iterable[Row], accounts: Collection[bytes | None]) -> Iterator[Row]:
    return (row for row in flows if row["account_address"] not in accounts)


def outsiders(calls: pl.DataFrame) -> dict[Transaction, set[bytes]]:
    """By transaction: who cannot be an actor: it calls others, and neither the sender called it nor was it created."""
    calling: dict[Transaction, set[bytes]] = {}
    own: dict[Transaction, set[bytes]] = {}
    columns = (*actors.SAME, "depth", "call_type", "from_address", "to_address")
    for *key, depth, kind, source, target in calls.select(columns).iter_rows():
        if depth == 0:
            own.setdefault(tuple(key), set()).update((source, target))
            continue
        calling.setdefault(tuple(key), set()).add(source)
        if kind in CREATIONS:
            own.setdefault(tuple(key), set()).add(target)
    return {key: (accounts - own.get(key, set())) | NOBODY for key, accounts in calling.items()}


def extractions(tables: Tables, chosen: pl.DataFrame) -> dict[Transaction, Extraction]:
    """
    By transaction of `chosen`: what its actors took.

    Beside the cluster that is whom it pays, and who gained dollars, without doing anything: nobody else called for it.
    Reads calls, profits, transfers and lending.
    """
    calls, profits, transfers, lending = (
        actors.of_transactions(tables[name], chosen) for name in ("calls", "profits", "transfers", "lending")
    )
    flows, positions = by_transaction(profits), by_transaction(lending)
    frames, moves = actors.by_transaction(calls, _ENDS), actors.by_transaction(transfers, TRANSFERS_READ)
    return {
        key: _extraction(cluster, flows.get(key, []), positions.get(key, []), frames.get(key, []), moves.get(key, []))
        for key, cluster in actors.find({"calls": calls, "profits": profits}).items()
    }


def transaction(row: Row) -> Transaction:
    """What tells transactions apart."""
    return tuple(row[name] for name in actors.SAME)


def by_transaction(frame: pl.DataFrame) -> dict[Transaction, list[Row]]:
    """The rows of a small frame, by transaction."""
    found: dict[Transaction, list[Row]] = {}
    for row in frame.iter_rows(named=True):
        found.setdefault(transaction(row), []).append(row)
    return found


Pairs: TypeAlias = Sequence[tuple[Any, ...]]


def _extraction(
    cluster: Cluster, flows: Sequence[Row], positions: Sequence[Row], frames: Pairs, moves: Pairs
) -> Extraction:
    active = {party for caller, callee, data in frames for party in (caller, callee if data is not None else None)}
    gained = {account for account, balance in balances(_but(flows, active)).items() if balance.dollars > 0}
    paid = actors.paid_silently(cluster.members, frames, moves)
    beneficiaries = frozenset(gained | paid) - cluster.members - NOBODY
    accounts = cluster.members | beneficiaries
    own = [row for row in flows if row["account_address"] in accounts]
    received, sent = _totals(own, "received_binary"), _totals(own, "sent_binary")
    theirs = [row for row in positions if row["account_address"] in accounts and row["token_address"] is not None]
    return Extraction(
        chain_id=cluster.place["chain_id"],
        sender=cluster.sender,
        members=cluster.members,
        beneficiaries=beneficiaries,
        net={token: amount for token in received if (amount := received[token] - sent[token])},
        released=_released(theirs, received, sent),
        flows=flows,
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
