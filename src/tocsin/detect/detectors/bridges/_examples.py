"""Rows that examples of the detectors of bridges are written with."""

from typing import Any

from tocsin.chain.signatures import topic
from tocsin.tables import literal

HOME, FAR = 1, 10
NOON = 1_700_000_040
"""A time at which a beat falls due on every chain."""
LOCKED, MINTED = (
    "Locked(uint256,address,address,uint256,uint256)",
    "Minted(bytes32,uint256,address,uint256,uint256)",
)


def block(chain_id: int, height: int, seconds: int) -> dict[str, Any]:
    """A block, so many seconds from noon."""
    return {"chain_id": chain_id, "block_number": height, "timestamp": NOON + seconds}


def log(
    chain_id: int, height: int, signature: str, *topics: int | str, data: bytes = b"", index: int = 0
) -> dict[str, Any]:
    """An event of a bridge."""
    indexed = {f"topic{n}": literal.topic(value) for n, value in enumerate(topics, 1)}
    place = {"chain_id": chain_id, "block_number": height, "log_index": index}
    return {**place, "address": "bridge", "topic0": topic(signature), **indexed, "data": data}


def locked(height: int, number: int, receiver: str = "alice", amount: int = 500) -> dict[str, Any]:
    """So much locked at home."""
    return log(HOME, height, LOCKED, number, "sender", receiver, data=literal.words(amount, FAR))


def minted(height: int, number: int, receiver: str = "alice", amount: int = 500, index: int = 0) -> dict[str, Any]:
    """So much minted far away."""
    data = literal.words(amount, HOME)
    return log(FAR, height, MINTED, 0, number, receiver, data=data, index=index)


def delivered(height: int, message: int, origin: int = HOME) -> list[dict[str, Any]]:
    """A Hyperlane message delivered far away."""
    process = log(FAR, height, "Process(uint32,bytes32,address)", origin, "token", "route")
    return [process, log(FAR, height, "ProcessId(bytes32)", message, index=1)]


def watched(since: int, until: int, height: int = 100) -> list[dict[str, Any]]:
    """Blocks of the home chain, ten minutes apart."""
    return [block(HOME, height + n, time) for n, time in enumerate(range(since, until + 1, 600))]
