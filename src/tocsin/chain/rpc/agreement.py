"""Whether enough endpoints stand behind a block."""

from collections import Counter
from collections.abc import Mapping

from tocsin.chain.header import Header
from tocsin.model.errors import EndpointsDisagree


def dissenters(wanted: Header, votes: Mapping[str, bytes]) -> tuple[str, ...]:
    """
    The endpoints that have another block at this height, when most have the wanted one.

    `votes` are the hashes there by endpoint; an endpoint without a block there has none. Raises `EndpointsDisagree`
    when as many, or more, stand behind some other block.
    """
    counted = Counter(votes.values())
    others = {vote: count for vote, count in counted.items() if vote != wanted.hash}
    if others and max(others.values()) >= counted[wanted.hash]:
        raise EndpointsDisagree(f"block {wanted.number}: {_told(votes)}; wait, or remove the endpoint that is wrong")
    return tuple(name for name, vote in votes.items() if vote != wanted.hash)


def _told(votes: Mapping[str, bytes]) -> str:
    return ", ".join(f"{name} says 0x{vote.hex()}" for name, vote in votes.items())
