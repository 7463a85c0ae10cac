"""The transactions in which a price may have been moved, each as values."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from tocsin.detect import actors
from tocsin.detect.actors import SAME, Cluster
from tocsin.detect.detectors import _frames, _round_trips
from tocsin.detect.detectors._frames import Frame
from tocsin.detect.detectors._price_reads import PRICE_VIEWS
from tocsin.detect.detectors._round_trips import Move
from tocsin.detect.worth import dollars
from tocsin.tables.columns import ZERO
from tocsin.tables.dataset import Tables


@dataclass(frozen=True, slots=True)
class Case:
    """One transaction, as values."""

    root: Mapping[str, Any]
    members: frozenset[bytes]
    tree: tuple[Frame, ...]
    moves: tuple[Move, ...]
    pools: Mapping[bytes, int]
    """The contracts that swaps went through, and through how many pools of each: more than one makes it a manager."""
    lenders: frozenset[bytes]
    gain: float
    """About how many dollars the actors gained."""
    net: Mapping[tuple[bytes, bytes], float]
    """What each account gained of each token."""


def cases(tables: Tables) -> Iterator[Case]:
    """The transactions worth looking at. Reads calls, transfers, profits, swaps and flash_loans."""
    chosen = _candidates(tables)
    if chosen.is_empty():
        return
    part = {name: actors.of_transactions(tables[name], chosen) for name in tables}
    rows = {name: actors.by_transaction(part[name], columns) for name, columns in _COLUMNS.items()}
    for key, cluster in actors.find(part).items():
        own = {name: rows[name].get(key, []) for name in _COLUMNS}
        yield Case(
            root={**cluster.place, "from_address": cluster.sender},
            members=cluster.members,
            tree=tuple(_frames.ordered(own["calls"])),
            moves=tuple(_round_trips.ordered(own["transfers"])),
            pools=Counter(address for address, _ in set(own["swaps"])),
            lenders=frozenset(address for (address,) in own["flash_loans"]),
            gain=_gain(cluster, own["profits"]),
            net={(account, token): net for account, token, net in own["profits"]},
        )


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
    both_ways = tables["profits"].filter(
        (pl.col("received_f64") > 0) & (pl.col("sent_f64") > 0) & (pl.col("net_f64") != 0)
        & (pl.col("account_address") != ZERO)
    )  # fmt: skip
    asked = tables["calls"].filter(pl.col("selector").is_in(PRICE_VIEWS) & (pl.col("call_type") == "staticcall"))
    answers = asked.group_by(*SAME, "to_address", "input").agg(pl.col("output").n_unique())
    changed = answers.filter(pl.col("output") > 1)
    return pl.concat([both_ways.select(SAME), changed.select(SAME), tables["flash_loans"].select(SAME)])


def _gain(cluster: Cluster, profits: list[tuple[Any, ...]]) -> float:
    own = [row for row in profits if row[0] in cluster.members]
    return sum(dollars(cluster.place["chain_id"], token, int(net)) or 0.0 for _, token, net in own)
