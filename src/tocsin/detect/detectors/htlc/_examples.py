"""Rows that examples of hash time locks are written with."""

from typing import Any

from tocsin.chain.signatures import topic
from tocsin.tables import literal

HOME, FAR = 1, 10
DAY, NOON = 86_400, 1_700_000_000


def at(chain_id: int, height: int, seconds: int) -> dict[str, Any]:
    """A block, so many seconds from noon."""
    return {"chain_id": chain_id, "block_number": height, "timestamp": NOON + seconds}


def lock(
    chain_id: int, height: int, who: tuple[str, str, str], days: float, *, hash_: str = "hash", index: int = 0
) -> dict[str, Any]:
    """Seven hundred coins locked, until so many days from noon; `who` is the lock's name, its giver and its taker."""
    signature = "Locked(bytes32,address,address,address,uint256,bytes32,uint256)"
    data = literal.words("coin", 700) + literal.named(hash_, 32) + literal.words(NOON + int(days * DAY))
    sides = {f"topic{n}": literal.topic(each) for n, each in enumerate(who[1:], 2)}
    return {**_log(chain_id, height, signature, who[0], data, index), **sides}


def claim(chain_id: int, height: int, name: str, secret: bytes = b"\x5e" * 32) -> dict[str, Any]:
    """A lock claimed with this secret."""
    return _log(chain_id, height, "Claimed(bytes32,bytes32)", name, secret)


def refund(chain_id: int, height: int, name: str, index: int = 0) -> dict[str, Any]:
    """A lock taken back."""
    return _log(chain_id, height, "Refunded(bytes32)", name, b"", index)


def _log(chain_id: int, height: int, signature: str, name: str, data: bytes, index: int = 0) -> dict[str, Any]:
    place = {"chain_id": chain_id, "block_number": height, "log_index": index}
    event = {"address": "locks", "topic0": topic(signature), "topic1": literal.named(name, 32), "data": data}
    return {**place, **event}


BEGUN = [at(HOME, 1, 0), at(FAR, 2, 60)]
IN_ORDER = [lock(HOME, 1, ("given", "first", "second"), 2), lock(FAR, 2, ("wanted", "second", "first"), 1)]
CALLED_OFF = [
    each
    for n in range(3)
    for each in (
        lock(HOME, 1, (f"given {n}", "grief", f"victim {n}"), 2, hash_=f"hash {n}", index=2 * n),
        lock(HOME, 1, (f"wanted {n}", f"victim {n}", "grief"), 1, hash_=f"hash {n}", index=2 * n + 1),
    )
]
