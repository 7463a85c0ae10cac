"""Changes of a position in a two-token pool, as a log or a call tells them, and the tokens that transfers add."""

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from tocsin.chain.datasets._pool_moves import NOTHING, PoolMoves, Side, Transaction
from tocsin.tables.amounts import WORD_BYTES

Tokens: TypeAlias = tuple[bytes | None, bytes | None]
NO_TOKENS: Tokens = (None, None)


class Change(NamedTuple):
    """Liquidity added to a pool, taken out of its range, or paid out."""

    protocol: str
    kind: str
    pool: bytes
    pool_id: bytes
    owner: bytes
    amounts: tuple[int, int] | None
    tokens: Tokens = NO_TOKENS
    ticks: tuple[int | None, int | None] = (None, None)
    salt: bytes = b""
    """What tells apart positions of one owner and range in the Uniswap V4 manager."""
    liquidity: int = 0
    """By how much the position grew, where the pool says so."""


Reader: TypeAlias = Callable[[bytes, bytes], Change | None]


def tick(words: bytes, at: int) -> int:
    """Word `at` as a signed 24-bit integer."""
    return int.from_bytes(words[(at + 1) * WORD_BYTES - 3 : (at + 1) * WORD_BYTES], "big", signed=True)


def with_tokens(change: Change, moves: PoolMoves, transaction: Transaction, position: int) -> Change:
    """The change with the tokens that moved in just its amounts, or with the only two that its pool moved at all."""
    if None not in change.tokens or change.protocol == "uniswap_v4":
        return change
    into, out = moves.into(transaction, change.pool), moves.out_of(transaction, change.pool)
    pair = moves.pair(transaction, change.pool)
    if pair is not None:
        return change._replace(tokens=pair)
    side = {"mint": into, "burn": out if change.protocol == "uniswap_v2" else NOTHING}.get(change.kind, out)
    return change._replace(tokens=_exact(change, side, position))


def _exact(change: Change, side: Side, position: int) -> Tokens:
    amount0, amount1 = change.amounts or (0, 0)
    first = side.exactly(amount0, position, token=change.tokens[0]) if amount0 else None
    unlike = first.token if first else None
    second = side.exactly(amount1, position, token=change.tokens[1], unlike=unlike) if amount1 else None
    return unlike, second.token if second else None
