"""What calls of the Uniswap V4 manager name: the pool's key, which no log repeats, and amounts in halves of a word."""

from collections.abc import Iterable

from eth_hash.auto import keccak

from tocsin.chain.datasets._frames import Frame
from tocsin.chain.datasets._trades import Trade, token
from tocsin.chain.signatures import selector
from tocsin.tables.amounts import WORD_BYTES

_KEY = "(address,address,uint24,int24,address)"
KEY_WORDS = 5
"""Two currencies, fee, tick spacing, hooks: what a pool is named by."""

SWAP = selector(f"swap({_KEY},(bool,int256,uint160),bytes)")
MODIFY = selector(f"modifyLiquidity({_KEY},(int24,int24,int256,bytes32),bytes)")

Pair = tuple[bytes, bytes]


def pool_of(key: bytes) -> bytes:
    """The id of a pool: the hash of its key's words."""
    return keccak(key[: KEY_WORDS * WORD_BYTES])


def currencies(key: bytes) -> Pair:
    """The two tokens of a pool's key."""
    return token(key, 0), token(key, 1)


def pairs(frames: Iterable[Frame]) -> dict[bytes, Pair]:
    """
    The two tokens of each pool that these calls name, by its id.

    An id is the hash of the key, so no call can give a pool tokens that are not its own.
    """
    keys = {frame.arguments[: KEY_WORDS * WORD_BYTES] for frame in frames}
    return {pool_of(key): currencies(key) for key in keys if len(key) == KEY_WORDS * WORD_BYTES}


def with_currencies(trade: Trade, pair: Pair) -> Trade:
    """The trade with its tokens, by its direction."""
    paid, got = pair if trade.zero_for_one else pair[::-1]
    return trade._replace(token_in=paid, token_out=got)


def halves(word: bytes) -> tuple[int, int]:
    """Two signed 128-bit integers in one word."""
    return int.from_bytes(word[:16], "big", signed=True), int.from_bytes(word[16:], "big", signed=True)
