"""
Exchanges of one token for another in a pool or an order.

## What a row is
One swap that took effect. `token_in` is what the trader pays, `token_out` what the trader receives. A swap along
several pools is one row a pool; between two hops the pool, vault or manager that holds the token is the payer or the
receiver. An aggregator's order that other pools fill is those pools' rows and none of its own.

## Where it comes from
Swap events with the transfers around them where logs are there; pool calls with the transfers under them where they
are not. Amounts are those the event or the call states: with a fee on transfer, what the pool received and sent.
The tokens of Uniswap V2, V3 and Curve pools are those that moved in just these amounts; those of Uniswap V4 stand in
the swap call, where calls are there beside the logs.

## Blind spots
Pools of unknown shape. A token that moves without transfers leaves a swap incomplete, and it is left out; so are hops
inside the Uniswap V4 manager where there are only logs. Loans repaid in kind are no swaps. A contract may log a swap
that it did not make. From calls alone: 0x orders that versions 2 and 3 fill in bulk, and token-to-token swaps of
Uniswap V1, are not seen; the amount paid to a Uniswap V2 pair is the sum of the transfers to it where nobody asked
the pair for its reserves; a Uniswap V4 hook's share is part of the amount.
"""

from operator import itemgetter

import polars as pl

from tocsin.chain import abi
from tocsin.chain.datasets import _moves, _swap_calls, _swap_logs
from tocsin.chain.datasets._trades import Swap
from tocsin.tables import amounts
from tocsin.tables.columns import PLACE, Column, address, amount, index, octets, text
from tocsin.tables.dataset import Dataset, Tables

COLUMNS: dict[str, Column] = {
    **PLACE,
    "protocol": text(
        "uniswap_v1, uniswap_v2, uniswap_v3, uniswap_v4, curve, balancer_v1, balancer_v2, balancer_v3, bancor, carbon,"
        " dodo, 0x",
        "The family the shape belongs to.",
    ),
    "pool_address": address("The contract the swap went through: pool, vault, order book."),
    "pool_id": octets("The pool inside a vault or a manager; else the pool's address."),
    "from_address": address("Who pays the token in."),
    "to_address": address("Who receives the token out."),
    "token_in_address": address("What the trader pays."),
    **amount("amount_in", "base units of the token in", "How much."),
    "token_out_address": address("What the trader receives."),
    **amount("amount_out", "base units of the token out", "How much."),
    "log_index": index("The log it was read from.", required=False),
    "call_index": index("The frame it was read from.", required=False),
}


def derive(tables: Tables) -> pl.DataFrame:
    """From logs where they are there, else from calls."""
    if "logs" in tables:
        found, swaps = _swap_logs.swaps(tables["logs"], tables["transfers"], tables.get("calls"))
        return _frame(found, swaps, "log_index")
    found, swaps = _swap_calls.swaps(tables["calls"], tables["transfers"])
    return _frame(found, swaps, "call_index")


def _frame(source: pl.DataFrame, swaps: list[tuple[int, Swap]], position: str) -> pl.DataFrame:
    swaps = sorted(swaps, key=itemgetter(0))
    columns = _columns([swap for _, swap in swaps])
    return _moves.read_from(source, [row for row, _ in swaps], position, columns, COLUMNS)


def _columns(told: list[Swap]) -> list[pl.Series]:
    binary = {
        "pool_address": [swap.pool for swap in told],
        "pool_id": [swap.pool_id for swap in told],
        "from_address": [swap.payer for swap in told],
        "to_address": [swap.receiver for swap in told],
        "token_in_address": [swap.token_in for swap in told],
        "token_out_address": [swap.token_out for swap in told],
    }
    return [
        pl.Series("protocol", [swap.protocol for swap in told], dtype=pl.String()),
        *(pl.Series(name, values, dtype=pl.Binary()) for name, values in binary.items()),
        *abi.amount(amounts.from_integers(swap.amount_in for swap in told), "amount_in"),
        *abi.amount(amounts.from_integers(swap.amount_out for swap in told), "amount_out"),
    ]


dataset = Dataset(
    id="swaps",
    columns=COLUMNS,
    needs=(("logs", "calls", "transfers"), ("logs", "transfers"), ("calls", "transfers")),
    derive=derive,
)
