"""
What tokens are worth by the pools of the blocks themselves: as the first trade of each block found it.

A pair of the Uniswap V2 kind tells its reserves after each trade (Sync) and then what the trade moved (Swap): taken
back, that is what the pair held at the end of the block before, which nobody in the block has moved. Where one of its
tokens has a price, the other's follows. A pair is believed as far as it is deep: a shallow one says whatever its owner
likes, and so may a deep one whose tokens are both of one owner's.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import polars as pl

from tocsin.chain.signatures import topic
from tocsin.detect.worth import Prices
from tocsin.tables.dataset import Tables

SYNC = topic("Sync(uint112,uint112)")
SWAP = topic("Swap(address,uint256,uint256,uint256,uint256,address)")
READ = ("chain_id", "block_number", "log_index", "address", "topic0", "data")
LEAST_DEPTH_DOLLARS = 50_000.0
"""What the priced side of a pair must hold: design; below, a few thousand dollars move a price as one likes."""


@dataclass(frozen=True, slots=True)
class Quote:
    """What one pair said of one token."""

    chain_id: int
    block_number: int
    token: bytes
    pool: bytes
    dollars_per_unit: float
    depth_dollars: float
    """What the pair held of the token that has a price."""


@dataclass(frozen=True, slots=True)
class _Reserves:
    """A pair before the first trade of a block."""

    chain_id: int
    block_number: int
    pool: bytes
    amounts: tuple[int, int]


def quotes(tables: Tables, prices: Prices, least_depth_dollars: float = LEAST_DEPTH_DOLLARS) -> Iterator[Quote]:
    """What the pairs traded in these blocks say of tokens without a price. Reads logs and swaps."""
    tokens = _tokens(tables["swaps"])
    for reserves in _before(tables["logs"]):
        sides = tokens.get((reserves.chain_id, reserves.pool), frozenset())
        if len(sides) == 2:
            yield from _quoted(reserves, sorted(sides), prices, least_depth_dollars)


def best(found: Iterable[Quote]) -> list[Quote]:
    """Of each token the quote of the deepest pair; of one pair the earliest."""
    earliest: dict[tuple[int, bytes, bytes], Quote] = {}
    for quote in sorted(found, key=lambda quote: quote.block_number):
        earliest.setdefault((quote.chain_id, quote.token, quote.pool), quote)
    deepest: dict[tuple[int, bytes], Quote] = {}
    for quote in sorted(earliest.values(), key=lambda quote: (-quote.depth_dollars, quote.pool)):
        deepest.setdefault((quote.chain_id, quote.token), quote)
    return [deepest[key] for key in sorted(deepest)]


def _tokens(swaps: pl.DataFrame) -> dict[tuple[int, bytes], frozenset[bytes]]:
    rows = swaps.filter(pl.col("protocol") == "uniswap_v2")
    found: dict[tuple[int, bytes], set[bytes]] = {}
    for chain, pool, one, other in rows.select(
        "chain_id", "pool_address", "token_in_address", "token_out_address"
    ).iter_rows():
        found.setdefault((chain, pool), set()).update((one, other))
    return {pool: frozenset(sides) for pool, sides in found.items()}


def _before(logs: pl.DataFrame) -> Iterator[_Reserves]:
    """The reserves of each pair before the first trade of each block: read where a Swap follows the first Sync."""
    told = logs.filter(pl.col("topic0").is_in([SYNC, SWAP])).select(READ).sort("chain_id", "block_number", "log_index")
    first: dict[tuple[int, int, bytes], list[tuple[bytes, bytes]]] = {}
    for chain, number, _, pool, kind, data in told.iter_rows():
        rows = first.setdefault((chain, number, pool), [])
        if len(rows) < 2:
            rows.append((kind, data))
    for (chain, number, pool), rows in first.items():
        if [kind for kind, _ in rows] == [SYNC, SWAP] and number is not None:
            amounts = _taken_back(rows[0][1], rows[1][1])
            if amounts is not None:
                yield _Reserves(chain, number, pool, amounts)


def _taken_back(synced: bytes, swapped: bytes) -> tuple[int, int] | None:
    """Reserves after a trade, less what came in, and what went out on top; None for what no pair can have said."""
    after, moved = _words(synced, 2), _words(swapped, 4)
    if len(after) < 2 or len(moved) < 4:
        return None
    first, second = after[0] - moved[0] + moved[2], after[1] - moved[1] + moved[3]
    return (first, second) if min(first, second) > 0 else None


def _words(data: bytes, count: int) -> list[int]:
    whole = range(min(count, len(data) // 32))
    return [int.from_bytes(data[32 * at : 32 * at + 32], "big") for at in whole]


def _quoted(reserves: _Reserves, sides: list[bytes], prices: Prices, least_depth_dollars: float) -> Iterator[Quote]:
    """Of a pair's tokens in their order, the one without a price by the one with."""
    worth = [
        prices.dollars(reserves.chain_id, token, amount) for token, amount in zip(sides, reserves.amounts, strict=True)
    ]
    for token, amount, own, depth in zip(sides, reserves.amounts, worth, reversed(worth), strict=True):
        if own is None and depth is not None and depth >= least_depth_dollars:
            yield Quote(
                chain_id=reserves.chain_id,
                block_number=reserves.block_number,
                token=token,
                pool=reserves.pool,
                dollars_per_unit=depth / amount,
                depth_dollars=depth,
            )
