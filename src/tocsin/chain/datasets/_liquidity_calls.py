"""
How changes of liquidity are read from calls, where there are no logs.

The words of a call are those of its output and then those of its input, in that order.
"""

from collections.abc import Callable, Iterator

import polars as pl

from tocsin.chain.datasets import _pair_calls
from tocsin.chain.datasets._frames import VIEWS, Frame, Views, ends, frames, taken
from tocsin.chain.datasets._managed import MODIFY, currencies, halves, pool_of
from tocsin.chain.datasets._pool_moves import PoolMoves
from tocsin.chain.datasets._positions import Change, tick, with_tokens
from tocsin.chain.datasets._trades import LIMIT, address, number, signed
from tocsin.chain.signatures import selector
from tocsin.tables.amounts import WORD_BYTES

MINT = selector("mint(address,int24,int24,uint128,bytes)")
BURN = selector("burn(int24,int24,uint128)")
COLLECT = selector("collect(address,int24,int24,uint128,uint128)")

_OUTPUTS = 2
"""How many words each of these calls returns."""


def _range(kind: str, *, ticks: int, owner: int | None) -> Callable[[Frame, bytes], list[Change]]:
    """A call of a Uniswap V3 pool. `ticks` is the word of the lower one, `owner` the word that names the owner."""

    def read(frame: Frame, words: bytes) -> list[Change]:
        return [
            Change(
                "uniswap_v3",
                kind,
                frame.callee,
                frame.callee,
                frame.caller if owner is None else address(words, owner),
                (number(words, 0), number(words, 1)),
                ticks=(tick(words, ticks), tick(words, ticks + 1)),
            )
        ]

    return read


def kind_of(liquidity: int) -> str:
    """What a change of a Uniswap V4 position is; one by zero pays out what it earned."""
    if liquidity == 0:
        return "collect"
    return "mint" if liquidity > 0 else "burn"


def _managed(frame: Frame, words: bytes) -> list[Change]:
    """
    A call of the Uniswap V4 manager, which returns what the owner gained in all, and how much of it are fees.

    Less liquidity is a burn and, as everything is paid out at once, a collect.
    """
    gained, fees = halves(words[:WORD_BYTES]), halves(words[WORD_BYTES : 2 * WORD_BYTES])
    moved = abs(gained[0] - fees[0]), abs(gained[1] - fees[1])
    key, liquidity = words[2 * WORD_BYTES :], signed(words, 9)
    change = Change(
        protocol="uniswap_v4",
        kind=kind_of(liquidity),
        pool=frame.callee,
        pool_id=pool_of(key),
        owner=frame.caller,
        amounts=moved,
        tokens=currencies(key),
        ticks=(tick(words, 7), tick(words, 8)),
        salt=words[10 * WORD_BYTES : 11 * WORD_BYTES],
        liquidity=liquidity,
    )
    collected = change._replace(kind="collect", amounts=(max(gained[0], 0), max(gained[1], 0)))
    return {"mint": [change], "burn": [change, collected], "collect": [collected]}[change.kind]


_CALLS = {
    MINT: (4, _range("mint", ticks=3, owner=2)),
    BURN: (3, _range("burn", ticks=2, owner=None)),
    COLLECT: (5, _range("collect", ticks=3, owner=None)),
    MODIFY: (9, _managed),
}
"""By selector: how many words the input must hold, and what reads it."""

SELECTORS = (*_CALLS, *_pair_calls.SELECTORS, *VIEWS)


def told(frame: Frame) -> list[Change]:
    """The changes that one call of a pool of ranges tells of."""
    inputs, read = _CALLS.get(frame.selector, (0, None))
    if read is None or len(frame.arguments) < inputs * WORD_BYTES or len(frame.output) < _OUTPUTS * WORD_BYTES:
        return []
    return read(frame, frame.output[: _OUTPUTS * WORD_BYTES] + frame.arguments)


def changes(calls: pl.DataFrame, transfers: pl.DataFrame) -> tuple[pl.DataFrame, list[tuple[int, Change]]]:
    """The calls looked at, and the changes they tell of with the row each was read from."""
    found = _where_changed(taken(calls, SELECTORS))
    if found.is_empty():
        return found, []
    seen = frames(found)
    moves = PoolMoves(transfers, {frame.callee for frame in seen}, "call_index", ends(seen))
    read = [*_from_pairs(seen, moves), *((frame, change) for frame in seen for change in told(frame))]
    return found, [(frame.row, with_tokens(change, moves, frame.transaction, frame.end)) for frame, change in read]


def _where_changed(found: pl.DataFrame) -> pl.DataFrame:
    """Of transactions without a change of liquidity, nothing: swaps are many and changes are few."""
    changed = found.filter(pl.col("selector").is_in([*_CALLS, *_PAIRS]))["transaction_hash"]
    return found.filter(pl.col("transaction_hash").is_in(changed.implode(), nulls_equal=True))


def _from_pairs(seen: list[Frame], moves: PoolMoves) -> Iterator[tuple[Frame, Change]]:
    for visit in _pair_calls.visits(seen, Views(seen), moves):
        change = _PAIRS.get(visit.frame.selector, _nothing)(visit, moves)
        if change is not None and max(change.amounts or (LIMIT,)) < LIMIT:
            yield visit.frame, change


def _nothing(_visit: _pair_calls.Visit, _moves: PoolMoves) -> Change | None:
    return None


def _pair_mint(visit: _pair_calls.Visit, _moves: PoolMoves) -> Change | None:
    frame = visit.frame
    owner = address(frame.arguments, 0)
    if len(frame.output) < WORD_BYTES or 0 in visit.came:
        return None
    return Change("uniswap_v2", "mint", frame.callee, frame.callee, owner, visit.came, visit.tokens)


def _pair_burn(visit: _pair_calls.Visit, moves: PoolMoves) -> Change | None:
    frame = visit.frame
    if len(frame.output) < 2 * WORD_BYTES:
        return None
    share = moves.into(frame.transaction, frame.callee).last(frame.callee, frame.end)
    owner = frame.caller if share is None else share.other
    sent = _pair_calls.sent(frame)
    return Change("uniswap_v2", "burn", frame.callee, frame.callee, owner, sent, visit.tokens)


_PAIRS = {_pair_calls.MINT: _pair_mint, _pair_calls.BURN: _pair_burn}
