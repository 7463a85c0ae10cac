"""Whether the actors of a transaction gave something without a known price for what they gained, as in a sale."""

from collections import Counter
from collections.abc import Mapping

from tocsin.detect.extraction import ITEMS, Extraction


def gave(taken: Extraction, *, with_logs: bool) -> bool:
    """
    Whether they gave a token, or an item that they had not received first.

    Call data does not show what is minted to a contract, only what it passes on: without logs the sender counts.
    """
    givers = taken.accounts if with_logs else frozenset((taken.cluster.sender,))
    return any(number < 0 for number in (*_unpriced(taken, givers).values(), *_items(taken, givers).values()))


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
