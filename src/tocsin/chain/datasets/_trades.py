"""Exchanges as a log or a call tells them, and what transfers add: the tokens and the parties it does not name."""

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from tocsin.chain.datasets._pool_moves import PoolMoves, Side, Transaction, only
from tocsin.tables.amounts import WORD_BYTES
from tocsin.tables.columns import NATIVE, ZERO

LIMIT = 1 << 256
SIGN = 1 << 255


class Trade(NamedTuple):
    """One exchange, as far as the pool itself tells it."""

    protocol: str
    pool: bytes
    pool_id: bytes
    amount_in: int
    amount_out: int
    token_in: bytes | None = None
    token_out: bytes | None = None
    payer: bytes | None = None
    receiver: bytes | None = None
    caller: bytes | None = None
    """Who pays and receives where neither the pool nor a transfer says so."""
    zero_for_one: bool | None = None
    """In pools that sort their two tokens by address: whether the first is paid."""


class Swap(NamedTuple):
    """One exchange with nothing left open."""

    protocol: str
    pool: bytes
    pool_id: bytes
    payer: bytes
    receiver: bytes
    token_in: bytes
    amount_in: int
    token_out: bytes
    amount_out: int


Tokens: TypeAlias = tuple[bytes | None, bytes | None]
"""What is paid and what is received, as far as known."""

Reader: TypeAlias = Callable[[bytes, bytes], Trade | None]
"""From the address of a pool, and the words of a log or a call, to the trade they tell of, if they do."""


def number(words: bytes, at: int) -> int:
    """Word `at` as an unsigned integer."""
    return int.from_bytes(words[at * WORD_BYTES : (at + 1) * WORD_BYTES], "big")


def signed(words: bytes, at: int) -> int:
    """Word `at` as a two's complement integer."""
    return int.from_bytes(words[at * WORD_BYTES : (at + 1) * WORD_BYTES], "big", signed=True)


def address(words: bytes, at: int) -> bytes:
    """The low 20 bytes of word `at`."""
    return words[at * WORD_BYTES + 12 : (at + 1) * WORD_BYTES]


def token(words: bytes, at: int) -> bytes:
    """The token whose address is in word `at`; some protocols write native coin as zero."""
    named = address(words, at)
    return NATIVE if named == ZERO else named


def told(
    protocol: str, *, tokens: tuple[int, int], amounts: tuple[int, int], parties: tuple[int, int] | None = None,
    pool_id: int | None = None, pool: int | None = None,
) -> Reader:  # fmt: skip
    """A reader of a shape that names both tokens and both amounts, paid before received, at these words."""

    def read(emitter: bytes, words: bytes) -> Trade:
        return Trade(
            protocol=protocol,
            pool=emitter,
            pool_id=_pool_id(emitter, words, pool_id, pool),
            amount_in=number(words, amounts[0]),
            amount_out=number(words, amounts[1]),
            token_in=token(words, tokens[0]),
            token_out=token(words, tokens[1]),
            payer=None if parties is None else address(words, parties[0]),
            receiver=None if parties is None else address(words, parties[1]),
        )

    return read


def _pool_id(emitter: bytes, words: bytes, pool_id: int | None, pool: int | None) -> bytes:
    if pool is not None:
        return address(words, pool)
    return emitter if pool_id is None else words[pool_id * WORD_BYTES : (pool_id + 1) * WORD_BYTES]


class Exchange(NamedTuple):
    """What a pool of two sorted tokens took and gave: whether the first was paid, and how much of which."""

    zero_for_one: bool
    amount_in: int
    amount_out: int


def by_signs(amount0: int, amount1: int) -> Exchange | None:
    """An exchange from what the pool gained (above zero) and lost of each token."""
    if amount0 > 0 > amount1:
        return Exchange(True, amount0, -amount1)
    if amount1 > 0 > amount0:
        return Exchange(False, amount1, -amount0)
    return None


def of_pair(came: tuple[int, int], went: tuple[int, int]) -> Exchange | None:
    """
    An exchange from what came in and what went out of each token.

    The token of which more came than went is paid. A loan repaid with both, or in kind, is no exchange.
    """
    net = by_signs(came[0] - went[0], came[1] - went[1])
    if net is None:
        return None
    return Exchange(True, came[0], went[1]) if net.zero_for_one else Exchange(False, came[1], went[0])


def settle(trade: Trade, moves: PoolMoves, transaction: Transaction, position: int) -> Swap | None:
    """Fill in tokens and parties from the transfers around a position; None when they do not tell."""
    if not 0 < trade.amount_in < LIMIT or not 0 < trade.amount_out < LIMIT:
        return None
    into, out = moves.into(transaction, trade.pool), moves.out_of(transaction, trade.pool)
    token_in, token_out = _completed(trade, moves, transaction, _exact(trade, into, out, position))
    if token_in is None or token_out is None or token_in == token_out:
        return None
    payer = trade.payer or _other(into, token_in, trade.amount_in, position)
    receiver = trade.receiver or _other(out, token_out, trade.amount_out, position)
    return Swap(
        protocol=trade.protocol,
        pool=trade.pool,
        pool_id=trade.pool_id,
        payer=payer or trade.caller or trade.pool,
        receiver=receiver or trade.caller or trade.pool,
        token_in=token_in,
        amount_in=trade.amount_in,
        token_out=token_out,
        amount_out=trade.amount_out,
    )


def _exact(trade: Trade, into: Side, out: Side, position: int) -> Tokens:
    """The tokens the trade names, else those that moved in just its amounts."""
    if trade.token_in is not None and trade.token_out is not None:
        return trade.token_in, trade.token_out
    came = into.exactly(trade.amount_in, position, token=trade.token_in, unlike=trade.token_out)
    token_in = came.token if came else trade.token_in
    went = out.exactly(trade.amount_out, position, token=trade.token_out, unlike=token_in)
    return token_in, went.token if went else trade.token_out


def _completed(trade: Trade, moves: PoolMoves, transaction: Transaction, tokens: Tokens) -> Tokens:
    """Where amounts do not tell (fees on transfer, payment in parts): the only tokens they can have been."""
    token_in, token_out = tokens
    if token_in is not None and token_out is not None:
        return tokens
    pair = None if trade.zero_for_one is None else moves.pair(transaction, trade.pool)
    if pair is not None:
        return pair if trade.zero_for_one else pair[::-1]
    token_in = token_in or only(moves.into(transaction, trade.pool), trade.pool, token_out)
    return token_in, token_out or only(moves.out_of(transaction, trade.pool), trade.pool, token_in)


def _other(side: Side, token: bytes, value: int, position: int) -> bytes | None:
    """Who stands at the other end of the transfer of this amount or, if there is none, of this token."""
    move = side.exactly(value, position, token=token) or side.last(token, position)
    return move.other if move else None
