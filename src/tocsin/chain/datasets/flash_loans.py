"""
Loans taken and repaid inside one transaction.

## What a row is
One asset of one loan.

## Where it comes from
Flash-loan events of the known lenders, callbacks in the call tree, and (form `balance`) tokens that leave a lender
and come back.

## Blind spots
A lender of unknown shape without a callback. Event topics are shared between protocols; the emitter is not checked
against a list.
"""

from tocsin.tables.columns import PLACE, address, amount, index, text
from tocsin.tables.dataset import Dataset

dataset = Dataset(
    id="flash_loans",
    columns={
        **PLACE,
        "protocol": text(
            "aave_v2, aave_v3, balancer_v2, uniswap_v2, uniswap_v3, dydx, maker, dodo, euler, ...",
            "The family the shape belongs to.",
        ),
        "form": text("event, callback, balance", "What it was recognised by, strongest first."),
        "lender_address": address("Who lends."),
        "borrower_address": address("The contract that receives the loan."),
        "token_address": address("What is lent, where known.", required=False),
        **amount("value", "base units of the token", "The principal.", required=False),
        **amount("fee", "base units of the token", "The fee, where known.", required=False),
        "log_index": index("The log it was read from.", required=False),
        "call_index": index("The frame it was read from.", required=False),
    },
)
