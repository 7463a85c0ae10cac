"""
Liquidity added to and taken from pools.

## What a row is
One mint, burn or collect of a position in a two-token pool. A burn takes a position out of its range; a collect pays
out what was taken and earned. Uniswap V2 pays out with the burn and has no collect.

## Where it comes from
Mint, Burn and Collect events of Uniswap V2, V3 and V4 shapes; the calls of the same names where there are no logs.
The tokens are those that moved in just these amounts, or the only two that the pool moved in the transaction or, for
want of that, the block. The owner of a Uniswap V2 position is who received its shares, or sent them back. Amounts and
tokens of Uniswap V4 stand in the calls alone: a burn there is what the liquidity was worth, and the collect beside it
what was gained with fees.

## Blind spots
Pools of more than two tokens. Uniswap V4 has no amounts where there are only logs. A burn of a Uniswap V3 position
moves no token: its tokens are known only where the pool shows them elsewhere in the block.
"""

from operator import itemgetter

import polars as pl

from tocsin.chain import abi
from tocsin.chain.datasets import _liquidity_calls, _liquidity_logs, _moves
from tocsin.chain.datasets._positions import Change
from tocsin.tables import amounts
from tocsin.tables.columns import PLACE, Column, address, amount, index, octets, text
from tocsin.tables.dataset import Dataset, Tables

COLUMNS: dict[str, Column] = {
    **PLACE,
    "protocol": text("uniswap_v2, uniswap_v3, uniswap_v4", "The family the shape belongs to."),
    "kind": text("mint, burn, collect", "Added, taken out of the range, or paid out."),
    "pool_address": address("The pool, or the manager that holds it."),
    "pool_id": octets("The pool inside a manager; else the pool's address."),
    "owner_address": address("Who owns the position."),
    "token0_address": address("First token.", required=False),
    **amount("amount0", "base units of the first token", "How much of the first token.", required=False),
    "token1_address": address("Second token.", required=False),
    **amount("amount1", "base units of the second token", "How much of the second token.", required=False),
    "tick_lower": Column(pl.Int32(), "tick", "Lower end of the range.", required=False),
    "tick_upper": Column(pl.Int32(), "tick", "Upper end of the range.", required=False),
    "log_index": index("The log it was read from.", required=False),
    "call_index": index("The frame it was read from.", required=False),
}


def derive(tables: Tables) -> pl.DataFrame:
    """From logs where they are there, else from calls."""
    if "logs" in tables:
        found, changes = _liquidity_logs.changes(tables["logs"], tables["transfers"], tables.get("calls"))
        return _frame(found, changes, "log_index")
    found, changes = _liquidity_calls.changes(tables["calls"], tables["transfers"])
    return _frame(found, changes, "call_index")


def _frame(source: pl.DataFrame, changes: list[tuple[int, Change]], position: str) -> pl.DataFrame:
    changes = sorted(changes, key=itemgetter(0))
    numbers = [row for row, _ in changes]
    blocks = source[["chain_id", "block_hash", "block_number"]][numbers].rows()
    told = _known_elsewhere(blocks, [change for _, change in changes])
    return _moves.read_from(source, numbers, position, _columns(told), COLUMNS)


def _known_elsewhere(blocks: list[tuple[object, ...]], changes: list[Change]) -> list[Change]:
    """The changes, with the tokens that their pool showed elsewhere in the block."""
    pools = [(block, change.pool_id) for block, change in zip(blocks, changes, strict=True)]
    known = {pool: change.tokens for pool, change in zip(pools, changes, strict=True) if None not in change.tokens}
    return [change._replace(tokens=known.get(pool, change.tokens)) for pool, change in zip(pools, changes, strict=True)]


def _columns(told: list[Change]) -> list[pl.Series]:
    binary: dict[str, list[bytes | None]] = {
        "pool_address": [change.pool for change in told],
        "pool_id": [change.pool_id for change in told],
        "owner_address": [change.owner for change in told],
        "token0_address": [change.tokens[0] for change in told],
        "token1_address": [change.tokens[1] for change in told],
    }
    return [
        pl.Series("protocol", [change.protocol for change in told], dtype=pl.String()),
        pl.Series("kind", [change.kind for change in told], dtype=pl.String()),
        *(pl.Series(name, values, dtype=pl.Binary()) for name, values in binary.items()),
        *_amount([change.amounts[0] if change.amounts else None for change in told], "amount0"),
        *_amount([change.amounts[1] if change.amounts else None for change in told], "amount1"),
        pl.Series("tick_lower", [change.ticks[0] for change in told], dtype=pl.Int32()),
        pl.Series("tick_upper", [change.ticks[1] for change in told], dtype=pl.Int32()),
    ]


def _amount(values: list[int | None], name: str) -> list[pl.Series]:
    exact, rounded = abi.amount(amounts.from_integers(value or 0 for value in values), name)
    given = pl.Series([value is not None for value in values], dtype=pl.Boolean())
    return [_where(given, exact), _where(given, rounded)]


def _where(given: pl.Series, values: pl.Series) -> pl.Series:
    return values.zip_with(given, pl.Series([None], dtype=values.dtype))


dataset = Dataset(
    id="liquidity",
    columns=COLUMNS,
    needs=(("logs", "calls", "transfers"), ("logs", "transfers"), ("calls", "transfers")),
    derive=derive,
)
