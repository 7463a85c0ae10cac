"""
What a token says of itself: the symbol and decimals its contract answers.

Anybody can deploy a token that calls itself anything, so these are claims: bounded here, and never mixed with the
well-known tokens. A claimed symbol that a reader could take for a well-known one is an imitation.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from tocsin.chain.signatures import selector
from tocsin.chain.tokens import DEVELOPMENT_CHAINS, TOKENS
from tocsin.model.lookups import Answers, Lookup, call

SYMBOL = "0x" + selector("symbol()").hex()
DECIMALS = "0x" + selector("decimals()").hex()
LONGEST_SYMBOL = 64
"""Characters kept of a symbol; a cut one ends in an ellipsis."""
MOST_DECIMALS = 77
"""No amount of 256 bits has more digits behind its first."""
_WORD = 32
_MOST_BYTES_A_CHARACTER = 4
_HEAD = 2 * _WORD
"""Offset and length, before the text of an ABI-encoded string."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What one token says of itself; what it does not answer, or not as a token would, is empty or None."""

    symbol: str
    decimals: int | None


def questions(address: str, *, block_number: int, chain_id: int) -> tuple[Lookup, Lookup]:
    """What to ask a token: its symbol and its decimals, after a block."""
    symbol, decimals = (
        call(address, data, block_number=block_number, chain_id=chain_id) for data in (SYMBOL, DECIMALS)
    )
    return symbol, decimals


def claims(addresses: Iterable[str], answers: Answers, *, block_number: int, chain_id: int) -> Mapping[str, Claim]:
    """What each of these tokens answered; without those that answered nothing."""
    asked = {address: questions(address, block_number=block_number, chain_id=chain_id) for address in addresses}
    told = {
        address: Claim(symbol=symbol_in(answers.get(symbol, "")), decimals=decimals_in(answers.get(decimals, "")))
        for address, (symbol, decimals) in asked.items()
    }
    return {address: claim for address, claim in told.items() if claim.symbol or claim.decimals is not None}


def decimals_in(answer: str) -> int | None:
    """The number in an answer of one word, where it can be the decimals of a token."""
    data = _bytes(answer)
    number = int.from_bytes(data, "big")
    return number if len(data) == _WORD and number <= MOST_DECIMALS else None


def symbol_in(answer: str) -> str:
    """The text in an answer: an ABI-encoded string, or up to 32 bytes in one word as the oldest tokens have it."""
    data = _bytes(answer)
    if len(data) == _WORD:
        return _text(data.partition(b"\0")[0])
    if len(data) > _HEAD and int.from_bytes(data[:_WORD], "big") == _WORD:
        length = int.from_bytes(data[_WORD:_HEAD], "big")
        return _text(data[_HEAD : _HEAD + min(length, len(data))])
    return ""


def _bytes(answer: str) -> bytes:
    """The beginning of an answer, as much as a symbol needs; nothing where it is not hexadecimal."""
    enough = 2 * (_HEAD + (LONGEST_SYMBOL + 1) * _MOST_BYTES_A_CHARACTER)
    try:
        return bytes.fromhex(answer.removeprefix("0x")[:enough])
    except ValueError:
        return b""


def _text(data: bytes) -> str:
    text = data.decode("utf-8", "replace")
    return text if len(text) <= LONGEST_SYMBOL else f"{text[: LONGEST_SYMBOL - 1]}…"


def imitates(symbol: str, chain_id: int) -> bool:
    """Whether a claimed symbol, or a part of it between signs, reads like the symbol of a well-known token."""
    known = _known(chain_id)
    return looks_like(symbol) in known or any(looks_like(part) in known for part in re.split(r"[\W_]+", symbol))


@cache
def _known(chain_id: int) -> frozenset[str]:
    """Symbols of every chain: what is well known on one is believed on another. A development chain has its own."""
    only = chain_id in DEVELOPMENT_CHAINS
    return frozenset(looks_like(token.symbol) for token in TOKENS.values() if not only or token.chain_id == chain_id)


_READ_AS = str.maketrans("013458$|i", "oleasbsll")


def looks_like(symbol: str) -> str:
    """The letters that a reader sees, so that symbols taken for one another are the same."""
    letters = "".join(each for each in symbol.casefold().translate(_READ_AS) if each.isalnum())
    return letters.replace("rn", "m").replace("vv", "w")
