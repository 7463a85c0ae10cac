"""What a forged transfer over a bridge looks like, and what does not."""

from typing import Any

from tocsin.chain.signatures import topic
from tocsin.detect.detector import Example
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


BRIDGE = [{"chain_id": FAR, "address": "bridge", "kind": "bridge"}]
"""The organisation knows the contract."""

DAY_SECONDS = 86_400

EXAMPLES = (
    Example(
        says="minted under a number that the other chain had not reached when it got past that time",
        tables={
            "labels": BRIDGE,
            "blocks": [block(HOME, 1, 0), block(FAR, 2, 60), block(HOME, 3, 120)],
            "logs": [locked(1, 7), minted(2, 8, "mallory", 900)],
        },
        finds=(
            {
                "severity": "critical",
                "confidence": 0.95,
                "chain_id": FAR,
                "entities": {"bridge": "bridge", "beneficiary": "mallory"},
                "values": {"number": 8, "amount": 900, "source_chain_id": HOME},
            },
        ),
    ),
    Example(
        says="minted under a number far beyond the last one sent a moment before: high at once, then certain",
        tables={
            "labels": BRIDGE,
            "blocks": [block(HOME, 1, 0), block(FAR, 2, 60), block(HOME, 3, 120)],
            "logs": [locked(1, 7), minted(2, 1_007)],
        },
        finds=({"severity": "high", "confidence": 0.85}, {"severity": "critical"}),
    ),
    Example(
        says="another amount, and another receiver, than were locked",
        tables={
            "labels": BRIDGE,
            "blocks": [block(HOME, 1, 0), block(FAR, 2, 60), block(HOME, 3, 120)],
            "logs": [locked(1, 7), minted(2, 7, amount=501), minted(2, 7, "mallory", index=1)],
        },
        finds=({"severity": "critical"}, {"severity": "critical"}, {"severity": "critical"}),
    ),
    Example(
        says="the same message twice at one contract",
        tables={
            "labels": BRIDGE,
            "blocks": [block(FAR, 1, 60), block(FAR, 2, 62)],
            "logs": [minted(1, 7), minted(2, 7)],
        },
        finds=({"severity": "critical", "block_number": 2, "values": {"earlier": 1}},),
    ),
    Example(
        says="a message without a number, of which a day of the other chain knows nothing",
        tables={
            "labels": BRIDGE,
            "blocks": [*watched(-DAY_SECONDS, 600), block(FAR, 300, 60)],
            "logs": delivered(300, 5),
        },
        finds=({"severity": "critical", "confidence": 0.8, "block_number": 300},),
    ),
    Example(
        says="the same, where nobody knows the contract as a bridge; then at one where the message before was sent",
        tables={
            "blocks": [block(HOME, 1, 0), block(FAR, 2, 60), block(FAR, 3, 62), block(FAR, 4, 64)],
            "logs": [
                locked(1, 7),
                minted(2, 7),
                minted(3, 7),
                {**minted(3, 9, index=1), "address": "nobody"},
                {**minted(4, 9), "address": "nobody"},
            ],
        },
        finds=(
            {"severity": "critical", "block_number": 3, "labels": ["family:bridge"]},
            {"severity": "medium", "block_number": 4, "labels": ["family:bridge", "bridge:unknown"]},
        ),
    ),
    Example(
        says="numbers in a line, and one far beyond, where the other chain is not watched",
        tables={
            "blocks": [block(FAR, height, height) for height in range(1, 5)],
            "logs": [minted(height, height) for height in range(1, 4)] + [minted(4, 1_003)],
        },
        finds=({"severity": "medium", "confidence": 0.25, "block_number": 4},),
    ),
    Example(
        says="locked at a contract of the thief's, not where what arrived before had been locked",
        tables={
            "labels": BRIDGE,
            "blocks": [block(HOME, 1, 0), block(FAR, 2, 60), block(FAR, 3, 62), block(HOME, 4, 120)],
            "logs": [
                locked(1, 7),
                {**locked(1, 8), "address": "thief", "log_index": 1},
                minted(2, 7),
                minted(3, 8),
            ],
        },
        finds=({"severity": "critical", "block_number": 3},),
    ),
    Example(
        says="the other chain is far behind, then seen with a gap at that time: not judged, and said",
        tables={
            "blocks": [block(HOME, 1, -1_200), block(HOME, 2, 600), block(FAR, 3, 60)],
            "logs": delivered(3, 5),
        },
        finds=(
            {"severity": "low", "labels": ["coverage:source-unseen", "bridge:unknown"]},
            {"severity": "low", "labels": ["coverage:source-unseen", "bridge:unknown"]},
        ),
    ),
    Example(
        says="what was locked is minted, and what was dispatched delivered",
        tables={
            "blocks": [block(HOME, 1, 0), block(FAR, 2, 60), block(HOME, 3, 120)],
            "logs": [
                locked(1, 7),
                minted(2, 7, index=9),
                log(HOME, 1, "DispatchId(bytes32)", 5, index=1),
                *delivered(2, 5),
            ],
        },
    ),
    Example(
        says="the other chain has not got that far, and may still tell of it",
        tables={
            "blocks": [block(HOME, 1, 0), block(FAR, 2, 60), block(FAR, 3, 180)],
            "logs": [locked(1, 7), minted(2, 8)],
        },
    ),
    Example(
        says="an event that is cut off",
        tables={"blocks": [block(FAR, 1, 60)], "logs": [{**minted(1, 7), "data": b"\x01", "topic2": None}]},
    ),
)
