"""How changes of liquidity are read from logs. Signatures are those of the protocols' published interfaces."""

from collections import defaultdict, deque
from collections.abc import Hashable, Iterator

import polars as pl

from tocsin.chain.datasets import _events, _liquidity_calls
from tocsin.chain.datasets._events import Event
from tocsin.chain.datasets._frames import frames, taken
from tocsin.chain.datasets._managed import MODIFY
from tocsin.chain.datasets._pool_moves import PoolMoves, Transaction, transactions
from tocsin.chain.datasets._positions import Change, Reader, tick, with_tokens
from tocsin.chain.datasets._trades import address, number, signed
from tocsin.chain.signatures import topic
from tocsin.tables.amounts import WORD_BYTES
from tocsin.tables.columns import ZERO


def _pair(kind: str, first: int) -> Reader:
    """Uniswap V2 names the caller; transfers of the pool's own token tell whose the position is."""

    def read(pool: bytes, words: bytes) -> Change:
        amounts = number(words, first), number(words, first + 1)
        return Change("uniswap_v2", kind, pool, pool, address(words, 0), amounts)

    return read


def _range(kind: str, first: int) -> Reader:
    def read(pool: bytes, words: bytes) -> Change:
        amounts = number(words, first), number(words, first + 1)
        ticks = tick(words, 1), tick(words, 2)
        return Change("uniswap_v3", kind, pool, pool, address(words, 0), amounts, ticks=ticks)

    return read


def _managed(pool: bytes, words: bytes) -> Change:
    """Uniswap V4 tells by how much the position grew, and no amounts."""
    return Change(
        protocol="uniswap_v4",
        kind=_liquidity_calls.kind_of(signed(words, 4)),
        pool=pool,
        pool_id=words[:WORD_BYTES],
        owner=address(words, 1),
        amounts=None,
        ticks=(tick(words, 2), tick(words, 3)),
        salt=words[5 * WORD_BYTES : 6 * WORD_BYTES],
        liquidity=signed(words, 4),
    )


EVENTS: dict[bytes, Event[Change]] = {
    topic(signature): event
    for signature, event in {
        "Mint(address,uint256,uint256)": Event(1, 2, _pair("mint", 1)),
        "Burn(address,uint256,uint256,address)": Event(2, 2, _pair("burn", 2)),
        "Burn(address,address,uint256,uint256)": Event(2, 2, _pair("burn", 2)),
        "Mint(address,address,int24,int24,uint128,uint256,uint256)": Event(3, 4, _range("mint", 5)),
        "Burn(address,int24,int24,uint128,uint256,uint256)": Event(3, 3, _range("burn", 4)),
        "Collect(address,address,int24,int24,uint128,uint128)": Event(3, 3, _range("collect", 4)),
        "ModifyLiquidity(bytes32,address,int24,int24,int256,bytes32)": Event(2, 4, _managed),
    }.items()
}
"""By topic0."""


def changes(
    logs: pl.DataFrame, transfers: pl.DataFrame, calls: pl.DataFrame | None
) -> tuple[pl.DataFrame, list[tuple[int, Change]]]:
    """The logs looked at, and the changes they tell of with the row each was read from."""
    found = _events.among(logs, EVENTS)
    if found.is_empty():
        return found, []
    told = list(_events.read(found, EVENTS))
    keys, positions = transactions(found), found["log_index"].to_list()
    if calls is not None and any(change.protocol == "uniswap_v4" for _, change in told):
        told = list(_paid(told, keys, positions, calls))
    moves = PoolMoves(transfers, {ZERO, *(change.pool for _, change in told)}, "log_index")
    complete = ((row, _complete(change, moves, keys[row], positions[row])) for row, change in told)
    return found, [(row, change) for row, change in complete if _believable(change)]


def _believable(change: Change) -> bool:
    """Interest-bearing tokens log a Mint just like that of Uniswap V2, but no two tokens come in."""
    return change.protocol != "uniswap_v2" or None not in change.tokens


def _complete(change: Change, moves: PoolMoves, transaction: Transaction, position: int) -> Change:
    owned = _owned(change, moves, transaction, position) if change.protocol == "uniswap_v2" else change
    return with_tokens(owned, moves, transaction, position)


def _owned(change: Change, moves: PoolMoves, transaction: Transaction, position: int) -> Change:
    """Who received the shares of a mint, or sent those of a burn to the pool."""
    minted = change.kind == "mint"
    side = moves.out_of(transaction, ZERO) if minted else moves.into(transaction, change.pool)
    share = side.last(change.pool, position)
    return change if share is None else change._replace(owner=share.other)


def _paid(
    told: list[tuple[int, Change]], keys: list[Transaction], positions: list[int], calls: pl.DataFrame
) -> Iterator[tuple[int, Change]]:
    """Uniswap V4's changes with tokens and amounts of the calls they came from, one call a log, both in order."""
    waiting: dict[Hashable, deque[list[Change]]] = defaultdict(deque)
    for frame in frames(taken(calls, [MODIFY])):
        if paid := _liquidity_calls.told(frame):
            waiting[frame.transaction, _identity(paid[0])].append(paid)
    for row, change in sorted(told, key=lambda each: positions[each[0]]):
        queue = waiting.get((keys[row], _identity(change)))
        yield from ((row, paid) for paid in (queue.popleft() if queue else [change]))


def _identity(change: Change) -> Hashable:
    return change.pool, change.pool_id, change.owner, change.ticks, change.salt, change.liquidity
