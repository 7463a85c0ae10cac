"""
Liquidity added to and taken from pools.

## What a row is
One mint, burn or collect of a position in a two-token pool.

## Where it comes from
Mint, Burn and Collect events of Uniswap V2, V3 and V4 shapes; the calls of the same names where there are no logs.

## Blind spots
Pools of more than two tokens. From calls the tokens are known only where transfers show them.
"""

import polars as pl

from tocsin.tables.columns import PLACE, Column, address, amount, index, octets, text
from tocsin.tables.dataset import Dataset

dataset = Dataset(
    id="liquidity",
    columns={
        **PLACE,
        "protocol": text("uniswap_v2, uniswap_v3, uniswap_v4", "The family the shape belongs to."),
        "kind": text("mint, burn, collect", "Added, taken out of the range, or paid out."),
        "pool_address": address("The pool, or the manager that holds it."),
        "pool_id": octets("The pool inside a manager; else the pool's address."),
        "owner_address": address("Who owns the position."),
        "token0_address": address("First token.", required=False),
        **amount("amount0", "base units of the first token", "How much of the first token."),
        "token1_address": address("Second token.", required=False),
        **amount("amount1", "base units of the second token", "How much of the second token."),
        "tick_lower": Column(pl.Int32(), "tick", "Lower end of the range.", required=False),
        "tick_upper": Column(pl.Int32(), "tick", "Upper end of the range.", required=False),
        "log_index": index("The log it was read from.", required=False),
        "call_index": index("The frame it was read from.", required=False),
    },
)
