"""The transactions in which a price may have been moved, each as values."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from tocsin.chain import abi
from tocsin.detect import actors
from tocsin.detect.actors import SAME, Cluster
from tocsin.detect.detectors import _frames
from tocsin.detect.detectors._frames import Frame
from tocsin.detect.detectors.prices import _price_reads, _round_trips
from tocsin.detect.detectors.prices._price_reads import PRICE_VIEWS
from tocsin.detect.detectors.prices._round_trips import Move
from tocsin.detect.worth import Prices
from tocsin.tables.choice import rows_where
from tocsin.tables.columns import ZERO
from tocsin.tables.dataset import Tables


@dataclass(frozen=True)
class Case:
    """One transaction, as values."""

    prices: Prices
    root: Mapping[str, Any]
    members: frozenset[bytes]
    frames: Sequence[tuple[Any, ...]]
    """Rows of `_frames.READ`."""
    moves: tuple[Move, ...]
    pools: Mapping[bytes, int]
    """The contracts that swaps went through, and through how many pools of each: more than one makes it a manager."""
    lenders: frozenset[bytes]
    gain: float
    """About how many dollars the actors gained."""
    net: Mapping[tuple[bytes, bytes], float]
    """What each account gained of each token."""

    @cached_property
    def tree(self) -> tuple[Frame, ...]:
        """The frames; most cases are decided without."""
        return tuple(_frames.ordered(self.frames))

    def walk(self) -> Iterator[Frame]:
        """The same one after the other, made when the first is asked for."""
        yield from self.tree

    @cached_property
    def seen(self) -> _price_reads.Prices:
        """The prices that were read."""
        asked = (row for row in self.frames if row[_SELECTOR] in PRICE_VIEWS)
        return _price_reads.prices(_frames.ordered(asked))


def cases(tables: Tables) -> Iterator[Case]:
    """The transactions worth looking at. Reads prices, calls, transfers, profits, swaps and flash_loans."""
    chosen = _candidates(tables)
    if chosen.is_empty():
        return
    part = {name: actors.of_transactions(tables[name], chosen) for name in _COLUMNS}
    prices = Prices.of(tables)
    rows = {name: actors.by_transaction(part[name], columns) for name, columns in _COLUMNS.items()}
    for key, cluster in actors.find(part).items():
        own = {name: rows[name].get(key, []) for name in _COLUMNS}
        yield Case(
            prices=prices,
            root={**cluster.place, "from_address": cluster.sender},
            members=cluster.members,
            frames=own["calls"],
            moves=tuple(_round_trips.ordered(own["transfers"])),
            pools=Counter(address for address, _ in set(own["swaps"])),
            lenders=frozenset(address for (address,) in own["flash_loans"]),
            gain=_gain(prices, cluster, own["profits"]),
            net={(account, token): net for account, token, net in own["profits"]},
        )


_ZERO, _VIEWS, _STATIC = abi.keys((ZERO,)), abi.keys(PRICE_VIEWS), abi.texts(("staticcall",))
_SELECTOR = _frames.READ.index("selector")
_QUESTION = (*SAME, "to_address", "input")
_COLUMNS = {
    "calls": _frames.READ,
    "transfers": _round_trips.MOVES_READ,
    "profits": actors.PROFITS_READ,
    "swaps": ("pool_address", "pool_id"),
    "flash_loans": ("lender_address",),
}


def _candidates(tables: Tables) -> pl.DataFrame:
    """
    Transactions where something went both ways between some account and others, or a price view changed its answer, or
    a loan was open.
    """
    chosen = (_both_ways(tables["profits"]), _changed(tables["calls"]), tables["flash_loans"])
    return pl.concat([rows[[*SAME]] for rows in chosen])


def _both_ways(profits: pl.DataFrame) -> pl.DataFrame:
    received, sent, net = (profits[name].to_numpy() for name in ("received_f64", "sent_f64", "net_f64"))
    is_somebody = ~abi.among(profits["account_address"], _ZERO)
    return rows_where(profits, (received > 0) & (sent > 0) & (abs(net) > 0) & is_somebody)


def _changed(calls: pl.DataFrame) -> pl.DataFrame:
    """The questions to price views that had more than one answer."""
    is_asked = abi.among(calls["selector"], _VIEWS) & abi.among(calls["call_type"], _STATIC)
    asked = rows_where(calls[[*_QUESTION, "output"]], is_asked)
    questions = list(zip(*(asked[name].to_list() for name in _QUESTION), strict=True))
    answers: dict[tuple[Any, ...], set[bytes]] = defaultdict(set)
    for question, answer in zip(questions, asked["output"].to_list(), strict=True):
        answers[question].add(answer)
    return rows_where(asked, np.array([len(answers[question]) > 1 for question in questions], dtype=np.bool_))


def _gain(prices: Prices, cluster: Cluster, profits: list[tuple[Any, ...]]) -> float:
    own = [row for row in profits if row[0] in cluster.members]
    return sum(prices.dollars(cluster.place["chain_id"], token, int(net)) or 0.0 for _, token, net in own)
