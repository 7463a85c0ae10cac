"""
What the actors of a transaction took out of it: exact amounts per token, about how many dollars, from whom.

The actors are those of the cluster (`actors`) and, where a contract works for the sender, the beneficiaries: accounts
that do nothing in the transaction and are paid by the cluster. Those that gain dollars from others do so in many an
ordinary settlement: whether they count is for who asks.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias, TypeVar

import polars as pl

from tocsin.detect import actors, losses, own_positions
from tocsin.detect.actors import Cluster, Transaction
from tocsin.detect.losses import NOBODY, Assets, Flow, Loss
from tocsin.detect.worth import Prices
from tocsin.model.finding import Value, hexadecimal
from tocsin.tables.columns import ZERO
from tocsin.tables.dataset import Tables

PROFITS_READ = (*actors.PROFITS_READ, "received_binary", "sent_binary")
TRANSFERS_READ = ("standard", "from_address", "to_address", "token_address", "token_id")

LISTED = 50
"""How many tokens or accounts a finding lists: an attacker can make them as many as fit into a transaction."""

ITEMS = ("erc721", "erc1155")
"""Standards of what is not counted but named one by one."""

_FLOW_READ = ("account_address", "token_address", "received_binary", "sent_binary")
_ENDS = ("from_address", "to_address", "selector")


class Move(NamedTuple):
    """A row of `transfers`."""

    standard: str
    giver: bytes
    taker: bytes
    token: bytes
    item: bytes


class _Turnover(NamedTuple):
    """A row of `profits`."""

    account: bytes
    token: bytes
    received: int
    sent: int


@dataclass(frozen=True, slots=True)
class Extraction:
    """What the actors of one transaction took, less what they gave."""

    prices: Prices
    cluster: Cluster
    beneficiaries: frozenset[bytes]
    net: Assets
    """By token, without zeros."""
    released: Assets
    """By token: what came out of positions of the actors' own (`own_positions`), less what closing them cost."""
    received: Assets
    """By token, what came in."""
    flows: Sequence[Flow]
    """What every account of the transaction gained and lost."""
    moves: Sequence[Move]
    frame_count: int

    @property
    def chain_id(self) -> int:
        """The chain it happened on."""
        return int(self.cluster.place["chain_id"])

    @property
    def accounts(self) -> frozenset[bytes]:
        """Everybody whose gain counts."""
        return self.cluster.members | self.beneficiaries

    @property
    def dollars(self) -> float:
        """About how much the net is worth, of tokens with a known price."""
        return self._worth(self.net)

    @property
    def released_dollars(self) -> float:
        """About how much of it was the actors' own before."""
        return self._worth(self.released)

    @property
    def unpriced(self) -> Assets:
        """The part of the net that has no known price."""
        return {token: net for token, net in self.net.items() if self._dollars(token, net) is None}

    @property
    def greatest_losses(self) -> Sequence[Loss]:
        """What those lost that lost the most, the worst first."""
        return losses.greatest(self.prices, self.chain_id, self.flows, self.accounts)

    @property
    def wrappers(self) -> frozenset[bytes]:
        """The tokens that stand for native coin here."""
        return losses.wrappers(self.chain_id, self.flows)

    @property
    def values(self) -> dict[str, Value]:
        """What a finding states of it."""
        return {
            "profit_about_dollars": int(self.dollars),
            "gained_tokens": [hexadecimal(token) or "" for token in self.gained],
            "gained_amounts": [self.net[token] for token in self.gained],
            "spent_tokens": [hexadecimal(token) or "" for token in self._spent],
            "spent_amounts": [-self.net[token] for token in self._spent],
        }

    @property
    def gained(self) -> Sequence[bytes]:
        """The tokens of which most was gained, as many as are listed."""
        return self._greatest(token for token, net in self.net.items() if net > 0)

    @property
    def _spent(self) -> Sequence[bytes]:
        return self._greatest(token for token, net in self.net.items() if net < 0)

    def _greatest(self, tokens: Iterable[bytes]) -> Sequence[bytes]:
        worth = {token: abs(self._dollars(token, self.net[token]) or 0.0) for token in tokens}
        return sorted(worth, key=lambda token: (-worth[token], token))[:LISTED]

    def _worth(self, amounts: Assets) -> float:
        return sum(self._dollars(token, net) or 0.0 for token, net in amounts.items())

    def _dollars(self, token: bytes, amount: int) -> float | None:
        return self.prices.dollars(self.chain_id, token, amount)


Rows: TypeAlias = Sequence[tuple[Any, ...]]


def extractions(
    tables: Tables, chosen: pl.DataFrame, *, paid_by_anybody: bool = False
) -> dict[Transaction, Extraction]:
    """
    By transaction of `chosen`: what its actors took; with `paid_by_anybody`, and whoever else gained by doing nothing.

    Reads prices, calls or else transactions, profits, transfers and, where they are there, lending and liquidity.
    """
    part = {name: actors.of_transactions(tables[name], chosen) for name in _READ if name in tables}
    rows = {
        name: actors.by_transaction(part[name], columns) if name in part else {} for name, columns in _COLUMNS.items()
    }
    prices = Prices.of(tables)
    return {
        key: _extraction(
            prices, cluster, [rows[name].get(key, []) for name in _COLUMNS], paid_by_anybody=paid_by_anybody
        )
        for key, cluster in actors.find(part).items()
    }


_COLUMNS = {
    "profits": _FLOW_READ,
    "lending": own_positions.LENDING_READ,
    "liquidity": own_positions.LIQUIDITY_READ,
    "calls": _ENDS,
    "transfers": TRANSFERS_READ,
}
_READ = (*_COLUMNS, "transactions")


def _extraction(prices: Prices, cluster: Cluster, rows: Sequence[Rows], *, paid_by_anybody: bool) -> Extraction:
    profits, lending, liquidity, frames, transfers = rows
    turnovers = [_Turnover(row[0], row[1], _number(row[2]), _number(row[3])) for row in profits]
    flows = [Flow(row.account, row.token, row.received - row.sent) for row in turnovers]
    moves = list(map(Move._make, transfers))
    silent = _gained_silently(prices, cluster, frames, flows) if paid_by_anybody else frozenset()
    beneficiaries = _beneficiaries(cluster, frames, moves, silent)
    accounts = cluster.members | beneficiaries
    own = [row for row in turnovers if row.account in accounts]
    received, sent = _totals((row.token, row.received) for row in own), _totals((row.token, row.sent) for row in own)

    def seen() -> own_positions.Seen:
        return own_positions.Seen(
            accounts=accounts,
            frames=frames,
            given=_items_given(accounts, moves),
            net=_totals(((flow.account, flow.token), flow.net) for flow in flows),
            received=received,
            sent=sent,
            wrappers=losses.wrappers(cluster.place["chain_id"], flows),
        )

    return Extraction(
        prices=prices,
        cluster=cluster,
        beneficiaries=beneficiaries,
        net={token: amount for token in received if (amount := received[token] - sent[token])},
        released=own_positions.released(lending, liquidity, seen()) if lending or liquidity else {},
        received=received,
        flows=flows,
        moves=moves,
        frame_count=len(frames),
    )


def _number(raw: bytes) -> int:
    return int.from_bytes(raw, "big")


def _beneficiaries(cluster: Cluster, frames: Rows, moves: Iterable[Move], silent: frozenset[bytes]) -> frozenset[bytes]:
    """Without a call tree nobody is known to be silent, and without a contract the sender is the one who is paid."""
    if not (frames and cluster.contracts):
        return frozenset()
    payments = ((move.giver, move.taker) for move in moves if move.standard not in ITEMS)
    paid = actors.paid_silently(cluster.members, frames, payments)
    return (paid | silent) - cluster.members - NOBODY


def _gained_silently(prices: Prices, cluster: Cluster, frames: Rows, flows: Iterable[Flow]) -> frozenset[bytes]:
    active = {party for caller, callee, data in frames for party in (caller, callee if data is not None else None)}
    gained: dict[bytes, float] = defaultdict(float)
    for account, token, net in flows:
        if account not in active:
            gained[account] += prices.dollars(cluster.place["chain_id"], token, net) or 0.0
    return frozenset(account for account, worth in gained.items() if worth > 0)


def _items_given(accounts: frozenset[bytes], moves: Iterable[Move]) -> frozenset[bytes]:
    return frozenset(
        move.token
        for move in moves
        if move.standard in ITEMS and move.taker in accounts and move.giver not in accounts and move.giver != ZERO
    )


_Key = TypeVar("_Key")


def _totals(amounts: Iterable[tuple[_Key, int]]) -> Counter[_Key]:
    totals: Counter[_Key] = Counter()
    for key, amount in amounts:
        totals[key] += amount
    return totals
