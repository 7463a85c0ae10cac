"""
What each address gained and lost in a transaction, per token.

## What a row is
One address and one token it received or sent in one transaction.

## Where it comes from
Sums over `transfers` of native coin, ERC-20 and wraps, and (where transactions are there) no fee: fees are not trade.

## Blind spots
The blind spots of `transfers`. Debt taken on counts as gain here: a loan that stays open is money received.
"""

import polars as pl

from tocsin.tables.columns import PLACE, Column, address, amount
from tocsin.tables.dataset import Dataset

dataset = Dataset(
    id="profits",
    columns={
        **PLACE,
        "account_address": address("Whose balance."),
        "token_address": address("The token; 0xeee...eee for native coin."),
        **amount("received", "base units of the token", "Sum of what came in."),
        **amount("sent", "base units of the token", "Sum of what went out."),
        "net_f64": Column(
            pl.Float64(), "base units of the token", "Received less sent, rounded: to rank and filter only."
        ),
    },
)
