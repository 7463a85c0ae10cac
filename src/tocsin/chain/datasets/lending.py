"""
Deposits, withdrawals, loans and repayments in lending markets.

## What a row is
One supply, withdraw, borrow or repay.

## Where it comes from
Events of Aave V1 to V3 and Compound V2 shapes and ERC-4626 vaults; the calls of the same names where there are no logs.
The events of Compound and of vaults do not name the asset: it is the token of a transfer of just that amount into the
market or out of it.

## Blind spots
Protocols of other shapes. A fork that renames its events. From call data the amount is what was asked for: 2^256-1
means "all of it"; redeeming and minting by shares, and Compound V2 markets paid in native coin, are not seen.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import polars as pl

from tocsin.chain import abi
from tocsin.chain.datasets import _moves
from tocsin.chain.datasets._lending_shapes import CALLS, EVENTS, Shape
from tocsin.tables.columns import PLACE, Column, address, amount, index, text
from tocsin.tables.dataset import Dataset, Tables

COLUMNS: dict[str, Column] = {
    **PLACE,
    "protocol": text("aave, compound_v2, erc4626, ...", "The family the shape belongs to."),
    "kind": text("supply, withdraw, borrow, repay", "What was done."),
    "market_address": address("The pool, market or vault."),
    "account_address": address("Whose position changes."),
    "token_address": address("The asset, where known.", required=False),
    **amount("value", "base units of the asset", "How much."),
    "log_index": index("The log it was read from.", required=False),
    "call_index": index("The frame it was read from.", required=False),
}

_MOVEMENT = (*_moves.SAME_TRANSACTION, "value_binary")
_COMING_IN = ("supply", "repay")
_EVENT_KEYS = abi.keys(EVENTS)


def derive(tables: Tables) -> pl.DataFrame:
    """From logs where they are there, else from call data; an asset that neither names, from the transfers."""
    parts = _from_logs(tables["logs"]) if "logs" in tables else _from_calls(tables["calls"])
    rows = _moves.together(COLUMNS, parts)
    return _named(rows, tables["transfers"]) if "transfers" in tables else rows


def _named(rows: pl.DataFrame, transfers: pl.DataFrame) -> pl.DataFrame:
    """The rows with the token that moved, just as much of it, into the market or out of it."""
    if not rows["token_address"].has_nulls():
        return rows
    moved = _moved(
        transfers[np.flatnonzero(abi.which(transfers["value_binary"], rows["value_binary"].to_arrow()) >= 0)]
    )
    tokens = [
        moved.get((*movement, kind in _COMING_IN, market)) if token is None else token
        for *movement, kind, market, token in _values(rows, (*_MOVEMENT, "kind", "market_address", "token_address"))
    ]
    named = pl.Series("token_address", tokens, dtype=pl.Binary())
    return pl.DataFrame([named if name == "token_address" else rows[name] for name in COLUMNS])


def _moved(transfers: pl.DataFrame) -> dict[tuple[Any, ...], bytes]:
    """By movement, whether it comes in, and market: the token; the least where several moved just as much."""
    tokens: dict[tuple[Any, ...], bytes] = {}
    for *movement, giver, taker, token in _values(
        transfers, (*_MOVEMENT, "from_address", "to_address", "token_address")
    ):
        for key in ((*movement, True, taker), (*movement, False, giver)):
            tokens[key] = min(token, tokens.get(key, token))
    return tokens


def _values(frame: pl.DataFrame, names: Iterable[str]) -> Iterator[tuple[Any, ...]]:
    return zip(*(frame[name].to_list() for name in names), strict=True)


def _from_logs(logs: pl.DataFrame) -> list[pl.DataFrame]:
    event = abi.which(logs["topic0"], _EVENT_KEYS)
    rows = np.flatnonzero(event >= 0)
    if not rows.size:
        return []
    found, event = logs[rows], event[rows]
    topics = abi.topics(found)
    shapes = [(number, shape) for number, shape in enumerate(EVENTS.values()) if number in event]
    return [
        _rows(
            found[np.flatnonzero((event == number) & (topics == shape.topics))],
            shape,
            "data",
            "address",
            "log_index",
            0,
        )
        for number, shape in shapes
    ]


def _from_calls(calls: pl.DataFrame) -> list[pl.DataFrame]:
    found = calls.filter(
        pl.col("selector").is_in(list(CALLS)) & (pl.col("call_type") == "call") & ~pl.col("reverted")
        & pl.col("to_address").is_not_null()
    )  # fmt: skip
    return [
        _rows(_agreed(part, CALLS[key]), CALLS[key], "input", "to_address", "call_index", abi.SELECTOR_BYTES)
        for (key,), part in found.partition_by("selector", as_dict=True).items()
    ]


def _agreed(calls: pl.DataFrame, shape: Shape) -> pl.DataFrame:
    """Compound V2 returns an error code: only one word of zero is success."""
    if shape.protocol != "compound_v2":
        return calls
    return calls.filter(pl.col("output") == bytes(32))


def _rows(source: pl.DataFrame, shape: Shape, data: str, market: str, position: str, skip: int) -> pl.DataFrame:
    fits: pl.DataFrame = source[np.flatnonzero(abi.has_words(source[data], shape.words, skip=skip))]
    named = [_party(fits, shape.account, data, skip).rename("account_address")]
    if shape.token is not None:
        named.append(_party(fits, shape.token, data, skip).rename("token_address"))
    value = abi.amount(abi.word(fits[data], shape.value, skip=skip), "value")
    columns = (fits[market].rename("market_address"), *named, *value)
    return _moves.rows(fits, (position,), columns, protocol=shape.protocol, kind=shape.kind)


def _party(source: pl.DataFrame, where: str | int, data: str, skip: int) -> pl.Series:
    if isinstance(where, int):
        return abi.address(source[data], where, skip=skip)
    return source[where] if where == "from_address" else abi.address(source[where])


dataset = Dataset(
    id="lending",
    columns=COLUMNS,
    needs=(("logs", "transfers"), ("calls", "transfers"), ("logs",), ("calls",)),
    derive=derive,
)
