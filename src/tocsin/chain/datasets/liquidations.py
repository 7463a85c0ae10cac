"""
Loans closed by somebody else because their collateral fell short.

## What a row is
One liquidation that took effect.

## Where it comes from
LiquidationCall (Aave V1 to V3) and LiquidateBorrow (Compound V2 and forks) events; the calls of the same names where
there are no logs.

## Blind spots
Protocols of other shapes (Maker auctions, Liquity, Morpho, Euler).
"""

from tocsin.tables.columns import PLACE, address, amount, index, text
from tocsin.tables.dataset import Dataset

dataset = Dataset(
    id="liquidations",
    columns={
        **PLACE,
        "protocol": text("aave, compound_v2", "The family the shape belongs to."),
        "market_address": address("The pool or the debt market."),
        "borrower_address": address("Whose loan was closed."),
        "liquidator_address": address("Who closed it."),
        "debt_token_address": address("What was repaid; 0xeee...eee for native coin."),
        **amount("debt_amount", "base units of the debt token", "How much was repaid."),
        "collateral_token_address": address("What the liquidator received."),
        **amount("collateral_amount", "base units of the collateral token", "How much was received."),
        "log_index": index("The log it was read from.", required=False),
        "call_index": index("The frame it was read from.", required=False),
    },
)
