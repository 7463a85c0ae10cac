"""
The shapes of calls that swap, as data, and how they are read where there are no logs.

The words of a call are those of its output and then those of its input, in that order, so that one number names
either. An amount that no word holds is zero until the transfers below the call tell it.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import polars as pl

from tocsin.chain.datasets import _managed, _pair_calls
from tocsin.chain.datasets._frames import TRANSFERS, VIEWS, Frame, Views, ends, frames, taken
from tocsin.chain.datasets._managed import currencies, halves, pool_of, with_currencies
from tocsin.chain.datasets._pair_calls import Visit
from tocsin.chain.datasets._pool_moves import PoolMoves
from tocsin.chain.datasets._swap_events import erc20_asset
from tocsin.chain.datasets._trades import (
    Reader,
    Swap,
    Trade,
    address,
    by_signs,
    number,
    of_pair,
    settle,
    signed,
    token,
    told,
)
from tocsin.chain.signatures import selector
from tocsin.tables.amounts import WORD_BYTES
from tocsin.tables.columns import NATIVE

_LIMIT_ORDER = "(address,address,uint128,uint128,uint128,address,address,address,address,bytes32,uint64,uint256)"
_RFQ_ORDER = "(address,address,uint128,uint128,address,address,address,bytes32,uint64,uint256)"
_OTC_ORDER = "(address,address,uint128,uint128,address,address,address,uint256)"
_SIGNATURE = "(uint8,uint8,bytes32,bytes32)"
_ORDER_V2 = "(address,address,address,address,uint256,uint256,uint256,uint256,uint256,uint256,bytes,bytes)"
_ORDER_V3 = _ORDER_V2.removesuffix(")") + ",bytes,bytes)"
_REQUEST = "(uint8,address,address,uint256,bytes32,uint256,address,address,bytes)"


class Call(NamedTuple):
    """How to read one kind of call."""

    outputs: int
    """How many words it returns."""
    inputs: int
    """How many words its input must hold."""
    read: Callable[[Frame, bytes], Trade | None]
    silent: bool = False
    """Whether older contracts of the shape return nothing."""


_NO_CALL = Call(0, 0, lambda _frame, _words: None)


def _plain(outputs: int, inputs: int, read: Reader) -> Call:
    return Call(outputs, inputs, lambda frame, words: read(frame.callee, words))


def _concentrated(frame: Frame, words: bytes) -> Trade | None:
    made = by_signs(signed(words, 0), signed(words, 1))
    if made is None:
        return None
    return Trade(
        "uniswap_v3", frame.callee, frame.callee, made.amount_in, made.amount_out,
        receiver=address(words, 2), zero_for_one=made.zero_for_one,
    )  # fmt: skip


def _from_manager(frame: Frame, words: bytes) -> Trade | None:
    """Uniswap V4 returns what the swapper gained of both, in the halves of one word."""
    gained0, gained1 = halves(words[:WORD_BYTES])
    made = by_signs(-gained0, -gained1)
    if made is None:
        return None
    key = words[WORD_BYTES:]
    trade = Trade(
        "uniswap_v4", frame.callee, pool_of(key), made.amount_in, made.amount_out, zero_for_one=made.zero_for_one
    )
    return with_currencies(trade, currencies(key))


def _curve(frame: Frame, words: bytes) -> Trade:
    return Trade("curve", frame.callee, frame.callee, number(words, 3), number(words, 0))


def _dodo(frame: Frame, words: bytes) -> Trade:
    return Trade("dodo", frame.callee, frame.callee, 0, number(words, 0), receiver=address(words, 1))


def _to_native(paid: int, got: int) -> Call:
    """A Uniswap V1 exchange pays native coin; these words hold what it was paid and what it gave."""

    def read(frame: Frame, words: bytes) -> Trade:
        amounts = number(words, paid), number(words, got)
        return Trade("uniswap_v1", frame.callee, frame.callee, *amounts, token_out=NATIVE)

    return Call(1, 3, read)


def _from_native(paid: int | None, got: int) -> Call:
    """A Uniswap V1 exchange is paid native coin with the call: where no word holds it, the transfer tells."""

    def read(frame: Frame, words: bytes) -> Trade:
        amounts = 0 if paid is None else number(words, paid), number(words, got)
        return Trade("uniswap_v1", frame.callee, frame.callee, *amounts, token_in=NATIVE)

    return Call(1, 2, read)


def _vault(frame: Frame, words: bytes) -> Trade | None:
    """One hop of Balancer V2: the vault asks a pool for the other amount. Kind 0 gives the amount in."""
    request = _inner(words, 1)
    if len(request) < 8 * WORD_BYTES:
        return None
    given, found = number(request, 3), number(words, 0)
    amounts = (found, given) if number(request, 0) else (given, found)
    pool_id = request[4 * WORD_BYTES : 5 * WORD_BYTES]
    return Trade("balancer_v2", frame.caller, pool_id, *amounts, token(request, 1), token(request, 2))


def _vault_v3(frame: Frame, words: bytes) -> Trade | None:
    request = _inner(words, 3)
    if len(request) < 5 * WORD_BYTES:
        return None
    amounts = number(words, 1), number(words, 2)
    return Trade("balancer_v3", frame.callee, address(request, 1), *amounts, address(request, 2), address(request, 3))


def _fill(outputs: int) -> Call:
    """0x versions 2 and 3 return what the maker and what the taker gave, then fees."""

    def read(frame: Frame, words: bytes) -> Trade | None:
        order = _inner(words, outputs)
        maker, taker = erc20_asset(order, number(order, 10)), erc20_asset(order, number(order, 11))
        if maker is None or taker is None:
            return None
        return Trade("0x", frame.callee, frame.callee, number(words, 1), number(words, 0), taker, maker)

    return Call(outputs, 3, read)


def _inner(words: bytes, outputs: int) -> bytes:
    """The bytes of the dynamic argument whose offset is the first word of the input."""
    given = words[outputs * WORD_BYTES :]
    return given[number(given, 0) :]


def _order(inputs: int, taker: int | None = None) -> Call:
    """0x version 4 returns what the taker and what the maker gave; `taker` is the word that names the taker."""
    parties = None if taker is None else (taker, taker)
    return _plain(2, inputs, told("0x", tokens=(3, 2), amounts=(0, 1), parties=parties))


CALLS = {
    _managed.SWAP: Call(1, 9, _from_manager),
    **{selector(signature): call
    for signature, call in {
        "swap(address,bool,int256,uint160,bytes)": Call(2, 4, _concentrated),
        "swap(address,int256,bool,uint160,bytes)": Call(2, 4, _concentrated),
        "exchange(int128,int128,uint256,uint256)": Call(1, 4, _curve, silent=True),
        "exchange(int128,int128,uint256,uint256,address)": Call(1, 5, _curve),
        "exchange_underlying(int128,int128,uint256,uint256)": Call(1, 4, _curve, silent=True),
        "exchange_underlying(int128,int128,uint256,uint256,address)": Call(1, 5, _curve),
        "exchange_received(int128,int128,uint256,uint256,address)": Call(1, 5, _curve),
        "exchange(uint256,uint256,uint256,uint256)": Call(1, 4, _curve, silent=True),
        "exchange(uint256,uint256,uint256,uint256,bool)": Call(1, 5, _curve, silent=True),
        "exchange(uint256,uint256,uint256,uint256,address)": Call(1, 5, _curve),
        "exchange(uint256,uint256,uint256,uint256,bool,address)": Call(1, 6, _curve),
        "exchange_underlying(uint256,uint256,uint256,uint256)": Call(1, 4, _curve, silent=True),
        "tokenToEthSwapInput(uint256,uint256,uint256)": _to_native(1, 0),
        "tokenToEthTransferInput(uint256,uint256,uint256,address)": _to_native(1, 0),
        "tokenToEthSwapOutput(uint256,uint256,uint256)": _to_native(0, 1),
        "tokenToEthTransferOutput(uint256,uint256,uint256,address)": _to_native(0, 1),
        "ethToTokenSwapInput(uint256,uint256)": _from_native(None, 0),
        "ethToTokenTransferInput(uint256,uint256,address)": _from_native(None, 0),
        "ethToTokenSwapOutput(uint256,uint256)": _from_native(0, 1),
        "ethToTokenTransferOutput(uint256,uint256,address)": _from_native(0, 1),
        "sellBase(address)": Call(1, 1, _dodo),
        "sellQuote(address)": Call(1, 1, _dodo),
        "swapExactAmountIn(address,uint256,address,uint256,uint256)":
            _plain(2, 5, told("balancer_v1", tokens=(2, 4), amounts=(3, 0))),
        "swapExactAmountOut(address,uint256,address,uint256,uint256)":
            _plain(2, 5, told("balancer_v1", tokens=(2, 4), amounts=(0, 5))),
        f"onSwap({_REQUEST},uint256,uint256)": Call(1, 3, _vault),
        f"onSwap({_REQUEST},uint256[],uint256,uint256)": Call(1, 4, _vault),
        "swap((uint8,address,address,address,uint256,uint256,bytes))": Call(3, 1, _vault_v3),
        "convert(address,address,uint256,address,address)":
            _plain(1, 5, told("bancor", tokens=(1, 2), amounts=(3, 0), parties=(4, 4))),
        "tradeBySourceAmount(address,address,uint256,uint256,uint256,address)":
            _plain(1, 6, told("bancor", tokens=(1, 2), amounts=(3, 0))),
        "tradeByTargetAmount(address,address,uint256,uint256,uint256,address)":
            _plain(1, 6, told("bancor", tokens=(1, 2), amounts=(0, 3))),
        f"fillLimitOrder({_LIMIT_ORDER},{_SIGNATURE},uint128)": _order(17),
        f"_fillLimitOrder({_LIMIT_ORDER},{_SIGNATURE},uint128,address,address)": _order(19, taker=19),
        f"fillRfqOrder({_RFQ_ORDER},{_SIGNATURE},uint128)": _order(15),
        f"_fillRfqOrder({_RFQ_ORDER},{_SIGNATURE},uint128,address,bool,address)": _order(18, taker=17),
        f"fillOtcOrder({_OTC_ORDER},{_SIGNATURE},uint128)": _order(13),
        f"fillOrder({_ORDER_V2},uint256,bytes)": _fill(4),
        f"fillOrKillOrder({_ORDER_V2},uint256,bytes)": _fill(4),
        f"fillOrderNoThrow({_ORDER_V2},uint256,bytes)": _fill(4),
        f"fillOrder({_ORDER_V3},uint256,bytes)": _fill(5),
        f"fillOrKillOrder({_ORDER_V3},uint256,bytes)": _fill(5),
    }.items()},
}  # fmt: skip
"""By selector."""

SELECTORS = (*CALLS, *_pair_calls.SELECTORS, *VIEWS)


def swaps(calls: pl.DataFrame, transfers: pl.DataFrame) -> tuple[pl.DataFrame, list[tuple[int, Swap]]]:
    """The calls looked at, and the swaps they tell of with the row each was read from."""
    found = taken(calls, SELECTORS)
    seen = frames(found)
    views = Views(seen)
    moves = PoolMoves(transfers, {pool for frame in seen for pool in _pools(frame)}, "call_index", ends(seen))
    trades = [*_from_pairs(seen, views, moves), *_from_shapes(seen, views, moves)]
    settled = ((frame.row, settle(trade, moves, frame.transaction, frame.end)) for frame, trade in trades)
    return found, [(row, swap) for row, swap in settled if swap is not None]


def _pools(frame: Frame) -> tuple[bytes, ...]:
    if frame.selector in VIEWS or frame.selector in TRANSFERS:
        return ()
    return (frame.caller, frame.callee) if CALLS.get(frame.selector, _NO_CALL).read is _vault else (frame.callee,)


def _from_pairs(seen: list[Frame], views: Views, moves: PoolMoves) -> Iterator[tuple[Frame, Trade]]:
    for visit in _pair_calls.visits(seen, views, moves):
        if visit.frame.selector in _pair_calls.SWAPS and (trade := _pair_trade(visit)):
            yield visit.frame, trade


def _pair_trade(visit: Visit) -> Trade | None:
    frame = visit.frame
    made = of_pair(visit.came, _pair_calls.sent(frame))
    if made is None:
        return None
    trade = Trade(
        "uniswap_v2", frame.callee, frame.callee, made.amount_in, made.amount_out,
        receiver=address(frame.arguments, 2), caller=frame.caller, zero_for_one=made.zero_for_one,
    )  # fmt: skip
    return with_currencies(trade, visit.tokens)


def _from_shapes(seen: list[Frame], views: Views, moves: PoolMoves) -> Iterator[tuple[Frame, Trade]]:
    for frame in seen:
        call = CALLS.get(frame.selector)
        trade = None if call is None else _read(call, frame)
        if trade is not None:
            yield frame, _hinted(_prepaid(_received(trade, frame, moves), frame, moves), frame, views)


def _read(call: Call, frame: Frame) -> Trade | None:
    output = frame.output[: call.outputs * WORD_BYTES]
    if call.silent and not output:
        output = bytes(call.outputs * WORD_BYTES)
    if len(output) < call.outputs * WORD_BYTES or len(frame.arguments) < call.inputs * WORD_BYTES:
        return None
    trade = call.read(frame, output + frame.arguments)
    return trade and (trade if trade.caller or trade.pool == frame.caller else trade._replace(caller=frame.caller))


def _received(trade: Trade, frame: Frame, moves: PoolMoves) -> Trade:
    """Where the call returned nothing: what the pool last sent its caller within the call."""
    if trade.amount_out:
        return trade
    sent = moves.out_of(frame.transaction, trade.pool).within(frame.position, frame.end)
    last = next((move for move in reversed(sent) if move.other == frame.caller), None)
    return trade if last is None else trade._replace(amount_out=last.value, token_out=last.token)


def _prepaid(trade: Trade, frame: Frame, moves: PoolMoves) -> Trade:
    """Where the pool is paid before it is called: the last transfer to it of another token than it sends."""
    if trade.amount_in:
        return trade
    sent = moves.out_of(frame.transaction, trade.pool).exactly(trade.amount_out, frame.end)
    paid = sent and moves.into(frame.transaction, trade.pool).before(frame.position + 1, unlike=sent.token)
    if not sent or not paid:
        return trade
    return trade._replace(amount_in=paid.value, token_in=paid.token, token_out=sent.token)


def _hinted(trade: Trade, frame: Frame, views: Views) -> Trade:
    """A Uniswap V3 pool asks one token for its balance: the one it is paid in."""
    asked = views.balances(frame) if trade.protocol == "uniswap_v3" else {}
    return trade._replace(token_in=next(iter(asked))) if len(asked) == 1 else trade
