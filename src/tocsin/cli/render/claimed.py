"""Symbols that tokens give themselves, shown so that none can be taken for what it is not."""

import re
import unicodedata
from collections.abc import Mapping

from tocsin.chain.token_claims import Claim, imitates, looks_like
from tocsin.cli.render.money import short
from tocsin.cli.render.safe import safe

LONGEST_SHOWN = 11
"""Characters shown of a claimed symbol."""
_PLAIN = re.compile(rf"[A-Za-z][A-Za-z0-9._+/$-]{{0,{LONGEST_SHOWN - 1}}}")
"""What can be told apart by eye: letters of one alphabet, and no beginning that would lengthen the number before it."""


def claimed_symbol(address: str, claims: Mapping[str, Claim], chain_id: int) -> str:
    """The claimed symbol of a token; with a question mark and its address where a reader could be misled."""
    symbol = claims[address].symbol
    if _PLAIN.fullmatch(symbol) and not imitates(symbol, chain_id) and not _is_shared(address, claims):
        return symbol
    return f"{_cut(symbol)}? ({short(address)})"


def _is_shared(address: str, claims: Mapping[str, Claim]) -> bool:
    mine = looks_like(claims[address].symbol)
    return any(looks_like(claim.symbol) == mine for other, claim in claims.items() if other != address)


def _cut(symbol: str) -> str:
    shown = symbol if len(symbol) <= LONGEST_SHOWN else f"{symbol[: LONGEST_SHOWN - 1]}…"
    return safe("".join(map(_settled, shown)))


def _settled(character: str) -> str:
    """A letter or sign that stays where it is put; what turns the line around or stacks up is written as its code."""
    stays = unicodedata.bidirectional(character) in _FROM_THE_LEFT and not unicodedata.category(character).startswith(
        "M"
    )
    return character if character.isascii() or stays else f"\\u{ord(character):04x}"


_FROM_THE_LEFT = ("L", "ON", "ET")
