"""
What each address gained and lost in a transaction, per token.

## What a row is
One address and one token it received or sent in one transaction.

## Where it comes from
Sums over `transfers` of native coin, ERC-20 and wraps. Fees are left out: they are not trade.

## Blind spots
The blind spots of `transfers`. Debt taken on counts as gain here: a loan that stays open is money received.
An account whose sums in one token reach 2^255 base units is left out for that token: a token that
logs such amounts lies.
"""

import numpy as np
import polars as pl

from tocsin.chain import abi
from tocsin.tables import amounts
from tocsin.tables.columns import PLACE, Column, address, amount, schema
from tocsin.tables.dataset import Dataset, Tables
from tocsin.tables.numbers import Numbers, combined, numbers, rows_of

COUNTED = ("native", "erc20", "wrap")
"""Standards whose values of one token may be added up."""

COLUMNS: dict[str, Column] = {
    **PLACE,
    "account_address": address("Whose balance."),
    "token_address": address("The token; 0xeee...eee for native coin."),
    **amount("received", "base units of the token", "Sum of what came in."),
    **amount("sent", "base units of the token", "Sum of what went out."),
    "net_f64": Column(pl.Float64(), "base units of the token", "Received less sent, rounded: to rank and filter only."),
}

_COUNTED = abi.texts(COUNTED)
LIMIT = 2.0**255
"""Sums that reach this are no real money, and could leave 256 bits: their account and token are left out."""


def derive(tables: Tables) -> pl.DataFrame:
    """Exact sums per transaction, account and token."""
    transfers = tables["transfers"]
    moved: pl.DataFrame = transfers[np.flatnonzero(abi.which(transfers["standard"], _COUNTED) >= 0)]
    if moved.is_empty():
        return pl.DataFrame(schema=schema(COLUMNS))
    return _summed(moved, _groups(moved))


def _groups(moved: pl.DataFrame) -> Numbers:
    """The number of the transaction, account and token that each movement comes in for, and then goes out for."""
    place, token = rows_of(moved, *PLACE), rows_of(moved, "token_address")
    accounts = numbers(moved["to_address"], moved["from_address"])
    return combined(np.concatenate(accounts), np.tile(place, 2), np.tile(token, 2))


def _summed(moved: pl.DataFrame, groups: Numbers) -> pl.DataFrame:
    totals = np.bincount(groups, np.tile(moved["value_f64"].to_numpy(), 2))
    real = totals < LIMIT
    number = np.cumsum(real) - 1
    values = amounts.words(moved["value_binary"])
    came, went = (
        amounts.group_sums(values[real[side]], number[side[real[side]]], int(real.sum()))
        for side in np.split(groups, 2)
    )
    first = np.unique(groups, return_index=True)[1][real]
    return _rows(moved, first, abi.amount(came, "received"), abi.amount(went, "sent"))


def _rows(moved: pl.DataFrame, first: Numbers, came: list[pl.Series], went: list[pl.Series]) -> pl.DataFrame:
    """One row a group, by the first movement of each, in the order of these."""
    accounts = pl.concat([moved["to_address"].alias("account_address"), moved["from_address"].alias("account_address")])
    place: pl.DataFrame = moved[[*PLACE, "token_address"]][first % len(moved)]
    net = pl.Series("net_f64", came[1].to_numpy() - went[1].to_numpy())
    return place.hstack([accounts[first], *came, *went, net])[list(COLUMNS)]


dataset = Dataset(id="profits", columns=COLUMNS, needs=(("transfers",),), derive=derive)
