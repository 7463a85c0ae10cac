"""
Loans closed by somebody else because their collateral fell short.

## What a row is
One liquidation that took effect.

## Where it comes from
LiquidationCall (Aave V1 to V3) and LiquidateBorrow (Compound V2 and forks) events; the calls of the same names, with
the transfers under them, where there are no logs. A call that reverted or returned an error code is left out.

## Blind spots
Protocols of other shapes (Maker auctions, Liquity, Morpho, Euler); Aave V3's packed call on rollups, from calls.
A Compound event does not name the debt token: it is what the transfers show the liquidator paid the market, and null
where none shows it. Compound's collateral is in shares of the market (cTokens), before the protocol's own cut.
From calls, a liquidation whose payment or collateral moved without a known call is left out.
"""

import polars as pl

from tocsin.chain.datasets import _liquidation_calls, _liquidation_logs, _moves
from tocsin.tables.columns import PLACE, Column, address, amount, index, text
from tocsin.tables.dataset import Dataset, Tables

COLUMNS: dict[str, Column] = {
    **PLACE,
    "protocol": text("aave, compound_v2", "The family the shape belongs to."),
    "market_address": address("The pool or the debt market."),
    "borrower_address": address("Whose loan was closed."),
    "liquidator_address": address("Who closed it."),
    "debt_token_address": address("What was repaid, where known; 0xeee...eee for native coin.", required=False),
    **amount("debt_amount", "base units of the debt token", "How much was repaid."),
    "collateral_token_address": address("What the liquidator received."),
    **amount("collateral_amount", "base units of the collateral token", "How much was received."),
    "log_index": index("The log it was read from.", required=False),
    "call_index": index("The frame it was read from.", required=False),
}


def derive(tables: Tables) -> pl.DataFrame:
    """From logs where they are there, else from calls and the transfers under them."""
    transfers = tables.get("transfers")
    if "logs" in tables:
        return _moves.together(COLUMNS, _liquidation_logs.closed(tables["logs"], transfers))
    return _moves.together(COLUMNS, _liquidation_calls.closed(tables["calls"], tables["transfers"]))


dataset = Dataset(
    id="liquidations",
    columns=COLUMNS,
    needs=(("logs", "transfers"), ("calls", "transfers"), ("logs",)),
    derive=derive,
)
