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

_KEY = (*PLACE, "account_address", "token_address")


LIMIT = 2.0**255
"""Sums that reach this are no real money, and could leave 256 bits: their account and token are left out."""


def derive(tables: Tables) -> pl.DataFrame:
    """Exact sums per transaction, account and token."""
    moved = tables["transfers"].filter(pl.col("standard").is_in(COUNTED))
    if moved.is_empty():
        return pl.DataFrame(schema=schema(COLUMNS))
    sides = pl.concat([_side(moved, "to_address", received=True), _side(moved, "from_address", received=False)])
    keys = sides.group_by(_KEY, maintain_order=True).agg(pl.col("value_f64").sum().alias("_total"))
    keys = keys.filter(pl.col("_total") < LIMIT).drop("_total").with_row_index("_group")
    return _sums(keys, sides.join(keys, on=_KEY, nulls_equal=True))


def _side(moved: pl.DataFrame, account: str, *, received: bool) -> pl.DataFrame:
    return moved.select(
        *PLACE,
        pl.col(account).alias("account_address"),
        "token_address",
        "value_binary",
        "value_f64",
        pl.lit(received).alias("_received"),
    )


def _sums(keys: pl.DataFrame, sides: pl.DataFrame) -> pl.DataFrame:
    values = amounts.words(sides["value_binary"])
    groups, received = sides["_group"].to_numpy(), sides["_received"].to_numpy()
    came, went = (
        amounts.group_sums(values[side], groups[side].astype(np.int64), len(keys)) for side in (received, ~received)
    )
    summed = keys.with_columns(*abi.amount(came, "received"), *abi.amount(went, "sent"))
    return summed.with_columns(net_f64=pl.col("received_f64") - pl.col("sent_f64")).select(*COLUMNS)


dataset = Dataset(id="profits", columns=COLUMNS, needs=(("transfers",),), derive=derive)
