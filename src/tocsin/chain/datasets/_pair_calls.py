"""
What Uniswap V2 pairs were paid, read from calls alone.

A pair does not hear what it is paid: it compares its balances with what it remembers. So do we: within the call it
asks both tokens for its balance; what it remembers is what it answered to `getReserves` before, or its balances at
the end of its last call in the transaction. That is exact with fees on transfer too. Where nobody asked, the
transfers since its last call are added up.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from tocsin.chain.datasets._frames import Frame, Views
from tocsin.chain.datasets._pool_moves import PoolMoves, Transaction
from tocsin.chain.datasets._trades import number
from tocsin.chain.signatures import selector

SWAP = selector("swap(uint256,uint256,address,bytes)")
SWAP_PLAIN = selector("swap(uint256,uint256,address)")
SWAPS = (SWAP, SWAP_PLAIN)
MINT = selector("mint(address)")
BURN = selector("burn(address)")
SYNC = selector("sync()")

_ARGUMENTS = {SWAP: 3, SWAP_PLAIN: 3, MINT: 1, BURN: 1, SYNC: 0}
SELECTORS = tuple(_ARGUMENTS)

Two = tuple[int, int]


class Visit(NamedTuple):
    """One call of a pair, with its two tokens in their order and what came in of each since its last call."""

    frame: Frame
    tokens: tuple[bytes, bytes]
    came: Two


class _Memory(NamedTuple):
    end: int
    """Position behind the pair's last call."""
    reserves: Two | None


def visits(frames: Iterable[Frame], views: Views, moves: PoolMoves) -> Iterator[Visit]:
    """The calls of pairs among `frames`, which are in the order of execution."""
    remembered: dict[tuple[Transaction, bytes], _Memory] = {}
    for frame in frames:
        words = _ARGUMENTS.get(frame.selector)
        if words is None or len(frame.arguments) < words * 32:
            continue
        balances = views.balances(frame)
        tokens = _tokens(frame, balances, moves)
        if tokens is None:
            continue
        pair = frame.transaction, frame.callee
        memory = remembered.get(pair, _Memory(0, None))
        yield Visit(frame, tokens, _came(frame, tokens, balances, memory, (views, moves)))
        remembered[pair] = _Memory(frame.end, _two(balances, tokens))


def _tokens(frame: Frame, balances: dict[bytes, int], moves: PoolMoves) -> tuple[bytes, bytes] | None:
    """
    The tokens it asks for its balance, in the order pairs keep them.

    Of a swap, else, those that moved into or out of it; other calls of these names are too common to guess.
    """
    if len(balances) == 2:
        first, second = sorted(balances)
        return first, second
    return moves.pair(frame.transaction, frame.callee) if frame.selector in SWAPS else None


def _came(
    frame: Frame,
    tokens: tuple[bytes, bytes],
    balances: dict[bytes, int],
    memory: _Memory,
    told: tuple[Views, PoolMoves],
) -> Two:
    views, moves = told
    kept = views.reserves(frame, memory.end) or memory.reserves
    now = _two(balances, tokens)
    if kept is not None and now is not None:
        went = sent(frame)
        gained = now[0] + went[0] - kept[0], now[1] + went[1] - kept[1]
        if min(gained) >= 0:
            return gained
    into = moves.into(frame.transaction, frame.callee)
    first, second = (sum(move.value for move in into.between(token, memory.end - 1, frame.end)) for token in tokens)
    return first, second


def sent(frame: Frame) -> Two:
    """What a pair's call sends out of each token, by its arguments or its output."""
    if frame.selector in SWAPS:
        return number(frame.arguments, 0), number(frame.arguments, 1)
    return (number(frame.output, 0), number(frame.output, 1)) if frame.selector == BURN else (0, 0)


def _two(balances: dict[bytes, int], tokens: tuple[bytes, bytes]) -> Two | None:
    return (balances[tokens[0]], balances[tokens[1]]) if len(balances) == 2 else None
