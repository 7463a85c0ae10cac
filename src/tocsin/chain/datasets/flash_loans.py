"""
Loans taken and repaid inside one transaction.

## What a row is
One asset of one loan.

## Where it comes from
Flash-loan events of the known lenders, callbacks in the call tree, and (form `balance`) tokens that leave a lender
and come back inside one of its own frames, around a call back to the borrower. A Uniswap V2 pool that lends one of
its tokens is a lender, whichever token it is repaid in.

## Blind spots
A lender of unknown shape without a callback, or one whose borrower had somebody else call it. Event topics are shared
between protocols; the emitter is not checked against a list, and anybody may call a known callback. Without the call
tree, lenders that emit no event (Uniswap V4, Balancer V3, Uniswap V2 repaid in the other token) are not seen; without
logs, lenders that pay out of another contract are seen only where their callback says what they lent. Of one
transaction at most 32 callbacks are looked at for a token that leaves and comes back.
"""

import polars as pl

from tocsin.chain.datasets import _flash_loan_calls, _flash_loan_logs, _moves
from tocsin.tables.columns import PLACE, Column, address, amount, index, text
from tocsin.tables.dataset import Dataset, Tables

COLUMNS: dict[str, Column] = {
    **PLACE,
    "protocol": text(
        "aave_v1, aave_v2, aave_v3, aave, balancer_v2, uniswap_v2, uniswap_v3, uniswap_v4, dydx, maker, dodo, euler, "
        "morpho, iron_bank, erc3156, saddle, unknown",
        "The family the shape belongs to.",
    ),
    "form": text("event, callback, balance", "What it was recognised by, strongest first."),
    "lender_address": address("Who lends."),
    "borrower_address": address("The contract that receives the loan."),
    "token_address": address("What is lent, where known; 0xeee...eee for native coin.", required=False),
    **amount("value", "base units of the token", "The principal.", required=False),
    **amount("fee", "base units of the token", "The fee, where known.", required=False),
    "log_index": index("The log it was read from.", required=False),
    "call_index": index("The frame it was read from.", required=False),
}

_SAME_LOAN = [*_moves.SAME_TRANSACTION, "lender_address", "value_binary"]


def derive(tables: Tables) -> pl.DataFrame:
    """The events, and the callbacks that no event tells of."""
    told = _flash_loan_logs.loans(tables["logs"], tables.get("transfers")) if "logs" in tables else []
    events = _moves.together(COLUMNS, told)
    seen = _moves.together(COLUMNS, _flash_loan_calls.loans(tables["calls"])) if "calls" in tables else events.clear()
    return seen if events.is_empty() else pl.concat([_placed(events, seen), _untold(seen, events)])


def _placed(events: pl.DataFrame, seen: pl.DataFrame) -> pl.DataFrame:
    """The events with the frame of their callback, which an event does not know."""
    frames = seen.sort("call_index").unique(_SAME_LOAN, keep="first").select(*_SAME_LOAN, "call_index")
    placed = events.drop("call_index").join(frames, on=_SAME_LOAN, how="left", nulls_equal=True)
    return placed.select(events.columns)


def _untold(seen: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    return seen.join(events, on=_SAME_LOAN, how="anti", nulls_equal=True)


dataset = Dataset(
    id="flash_loans",
    columns=COLUMNS,
    needs=(("logs", "calls", "transfers"), ("calls",), ("logs", "transfers"), ("logs",)),
    derive=derive,
)
