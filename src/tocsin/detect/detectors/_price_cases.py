"""The transactions in which a price may have been moved, each as values."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from tocsin.detect.actors import SAME, clusters, gains, of_transactions
from tocsin.detect.detectors import _frames, _round_trips
from tocsin.detect.detectors._frames import Frame
from tocsin.detect.detectors._price_reads import PRICE_VIEWS
from tocsin.detect.detectors._round_trips import Move
from tocsin.tables.columns import ZERO
from tocsin.tables.dataset import Tables


@dataclass(frozen=True, slots=True)
class Case:
    """One transaction, as values."""

    root: Mapping[str, Any]
    members: frozenset[bytes]
    tree: tuple[Frame, ...]
    moves: tuple[Move, ...]
    pools: frozenset[bytes]
    lenders: frozenset[bytes]
    gain: float
    """About how many dollars the actors gained."""


def cases(tables: Tables) -> Iterator[Case]:
    """The transactions worth looking at. Reads calls, transfers, profits, swaps and flash_loans."""
    chosen = _candidates(tables)
    if not chosen.is_empty():
        yield from _cases({name: of_transactions(tables[name], chosen) for name in tables})


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
    return pl.concat([both_ways.select(SAME), changed.select(SAME), tables["flash_loans"].select(SAME)]).unique()


def _cases(part: Tables) -> Iterator[Case]:
    members = clusters({"calls": part["calls"], "profits": part["profits"]})
    accounts = {tuple(row[:3]): frozenset(row[3]) for row in _listed(members, "account_address")}
    pools = {tuple(row[:3]): frozenset(row[3]) for row in _listed(part["swaps"], "pool_address")}
    lenders = {tuple(row[:3]): frozenset(row[3]) for row in _listed(part["flash_loans"], "lender_address")}
    worth = gains(members, part["profits"]).group_by(SAME).agg(pl.col("dollars").sum())
    gained = {tuple(row[:3]): row[3] for row in worth.iter_rows()}
    moves = part["transfers"].partition_by(SAME, as_dict=True)
    for key, tree in part["calls"].sort("call_index").partition_by(SAME, as_dict=True, maintain_order=True).items():
        yield Case(
            root=tree.row(0, named=True),
            members=accounts.get(key, frozenset()),
            tree=tuple(_frames.frames(tree)),
            moves=tuple(_round_trips.moves(moves[key])) if key in moves else (),
            pools=pools.get(key, frozenset()),
            lenders=lenders.get(key, frozenset()),
            gain=gained.get(key, 0.0),
        )


def _listed(rows: pl.DataFrame, column: str) -> Iterator[tuple[Any, ...]]:
    return rows.group_by(SAME).agg(pl.col(column)).iter_rows()
