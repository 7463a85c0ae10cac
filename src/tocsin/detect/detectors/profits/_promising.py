"""Which transactions may hold a great gain: told by columns or rounded sums, so that most end cheaply."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from tocsin.chain import abi
from tocsin.detect import actors
from tocsin.detect.actors import SAME, Transaction
from tocsin.detect.detectors import _matching
from tocsin.detect.losses import NOBODY
from tocsin.detect.worth import Prices
from tocsin.tables.choice import rows_where
from tocsin.tables.columns import ZERO
from tocsin.tables.dataset import Tables
from tocsin.tables.numbers import numbers

ROUNDING = 0.01
"""How far a rounded sum may be below the exact one, generously."""
CREATIONS = ("create", "create2")
_ZERO, _CREATING, _CALL = abi.keys((ZERO,)), abi.texts(CREATIONS), abi.texts(("call",))

Flows: TypeAlias = Iterable[tuple[Any, ...]]
"""The values of `actors.PROFITS_READ`, row by row, of one transaction."""


def of_anybody(tables: Tables, least_dollars: float, least_of_creators: float) -> pl.DataFrame:
    """
    The rows of profits in which some account gained about enough: a cluster's gain may be spread over two.

    Less is enough where the transaction creates contracts.
    """
    profits = tables["profits"]
    worth = Prices.of(tables).with_dollars(profits)["dollars"].to_numpy()
    is_somebody = ~abi.among(profits["account_address"], _ZERO)
    enough = worth >= least_dollars / 2
    if "calls" in tables:
        made = abi.among(tables["calls"]["call_type"], _CREATING)
        creators = rows_where(tables["calls"][["transaction_hash"]], made)["transaction_hash"].to_arrow()
        enough |= (worth >= least_of_creators / 2) & abi.among(profits["transaction_hash"], creators)
    found = rows_where(profits, enough & is_somebody)
    return rows_where(found, ~_merely_paid(found, tables["calls"])) if "calls" in tables else found


def _merely_paid(found: pl.DataFrame, calls: pl.DataFrame) -> npt.NDArray[np.bool_]:
    """Which accounts were paid by a transaction of one call that called nothing: only its sender can have acted."""
    is_alone = (calls["depth"].to_numpy() == 0) & (
        calls["subtree_end"].to_numpy() == calls["call_index"].to_numpy() + 1
    )
    is_alone &= abi.among(calls["call_type"], _CALL) & abi.present(calls["transaction_hash"])
    alone = rows_where(calls[[*SAME, "from_address"]], is_alone)
    at = _matching.which(_matching.numbers(found, SAME), _matching.numbers(alone, SAME))
    accounts, senders = numbers(found["account_address"], alone["from_address"])
    return np.array([row >= 0 and account != senders[row] for row, account in zip(at, accounts, strict=True)], np.bool_)


def of_actors(tables: Tables, chosen: pl.DataFrame, least_dollars: float, cost_limit_dollars: float) -> pl.DataFrame:
    """
    The rows of `chosen` whose transaction may matter.

    Possible actors together gained about so many dollars, or one got a token without a price for next to nothing.
    Reads prices, calls and profits; give it those of the chosen transactions.
    """
    outside = outsiders(tables["calls"])
    prices = Prices.of(tables)
    matters = {
        key
        for key, flows in actors.by_transaction(tables["profits"], (*actors.PROFITS_READ, "chain_id")).items()
        if _may_matter(
            prices, _but(flows, outside.get(key, NOBODY)), least_dollars * (1 - ROUNDING), cost_limit_dollars
        )
    }
    keys = chosen.select(actors.SAME).iter_rows()
    return chosen.filter(pl.Series([key in matters for key in keys], dtype=pl.Boolean()))


@dataclass(slots=True)
class Balance:
    """About what one account gained in a transaction."""

    dollars: float = 0.0
    gained_unpriced: bool = False
    spent_unpriced: bool = False


def balances(prices: Prices, flows: Flows) -> dict[bytes, Balance]:
    """By account. Rounded: to rank and filter."""
    found: dict[bytes, Balance] = {}
    for account, token, net, chain_id in flows:
        balance = found.setdefault(account, Balance())
        price = prices.dollars(chain_id, token, 1)
        if price is not None:
            balance.dollars += net * price
        balance.gained_unpriced |= price is None and net > 0
        balance.spent_unpriced |= price is None and net < 0
    return found


def _may_matter(prices: Prices, flows: Flows, least_dollars: float, cost_limit_dollars: float) -> bool:
    found = balances(prices, flows).values()
    return sum(max(0.0, balance.dollars) for balance in found) >= least_dollars or any(
        balance.gained_unpriced and not balance.spent_unpriced and balance.dollars >= -cost_limit_dollars
        for balance in found
    )


def _but(flows: Flows, accounts: Collection[bytes]) -> Iterator[tuple[Any, ...]]:
    return (flow for flow in flows if flow[0] not in accounts)


def outsiders(calls: pl.DataFrame) -> dict[Transaction, set[bytes]]:
    """By transaction: who cannot be an actor: it calls others, and neither the sender called it nor was it created."""
    calling: dict[Transaction, set[bytes]] = {}
    own: dict[Transaction, set[bytes]] = {}
    columns = ("depth", "call_type", "from_address", "to_address")
    for key, frames in actors.by_transaction(calls, columns).items():
        calling[key] = {source for depth, _, source, _ in frames if depth}
        own[key] = {target for depth, kind, _, target in frames if not depth or kind in CREATIONS}
        own[key] |= {source for depth, _, source, _ in frames if not depth}
    return {key: (accounts - own[key]) | NOBODY for key, accounts in calling.items()}
