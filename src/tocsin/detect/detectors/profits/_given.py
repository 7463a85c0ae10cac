"""Whether the actors of a transaction gave something without a known price for what they gained, as in a sale."""

from collections import Counter
from collections.abc import Mapping

from tocsin.detect.extraction import ITEMS, Extraction

DUST_SHARE = 0.001
"""Who ends with less of a token by no more than this share of what came in has not sold it."""


def gave(taken: Extraction, *, with_logs: bool) -> bool:
    """
    Whether they gave a token, or an item that they had not received first.

    Call data does not show what is minted to a contract, only what it passes on: without logs the sender counts.
    """
    givers = taken.accounts if with_logs else frozenset((taken.cluster.sender,))
    given = {token: -number for token, number in _unpriced(taken, givers).items() if number < 0}
    is_sale = any(number > DUST_SHARE * taken.received.get(token, 0) for token, number in given.items())
    return is_sale or any(number < 0 for number in _items(taken, givers).values())


def _unpriced(taken: Extraction, givers: frozenset[bytes]) -> Mapping[bytes, int]:
    net: Counter[bytes] = Counter()
    for account, token, amount in taken.flows:
        if account in givers and taken.prices.dollars(taken.chain_id, token, amount) is None:
            net[token] += amount
    return net


def _items(taken: Extraction, givers: frozenset[bytes]) -> Mapping[tuple[bytes, bytes], int]:
    held: Counter[tuple[bytes, bytes]] = Counter()
    for move in taken.moves:
        if move.standard in ITEMS:
            held[move.token, move.item] += (move.taker in givers) - (move.giver in givers)
    return held
