"""Examples of laundering: what must fire, and what must stay quiet."""

from typing import Any

from tocsin.chain.signatures import topic
from tocsin.detect.detector import Example
from tocsin.tables import literal

_COIN = "0x" + "ee" * 20
_DOLLARS = "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48"
_DAY = 7_200


def _paid(block: int, sender: str, receiver: str, ether: int, **other: Any) -> dict[str, Any]:
    move = {"token_address": _COIN, "standard": "native", "from_address": sender, "to_address": receiver}
    return {"block_number": block, **move, "value": ether * 10**18, **other}


def _sent(block: int, sender: str, called: str) -> dict[str, Any]:
    return {"block_number": block, "from_address": sender, "to_address": called}


def _mixed(block: int, mixer: str = "mixer") -> dict[str, Any]:
    return {"block_number": block, "address": mixer, "topic0": topic("Deposit(bytes32,uint32,uint256)")}


def _label(who: str, kind: str) -> dict[str, Any]:
    return {"chain_id": 1, "address": who, "kind": kind}


def _listed(block: int, **other: Any) -> dict[str, Any]:
    return {"block_number": block, "address": _DOLLARS, "topic0": topic("Blacklisted(address)"), **other}


_LABELS = [_label("thief", "exploit"), _label("exchange", "exchange"), _label("vault", "watched")]

EXAMPLES = (
    Example(
        says="an account known for an exploit pays into a mixer, and again",
        tables={
            "logs": [_mixed(5), _mixed(6)],
            "transactions": [_sent(5, "thief", "mixer"), _sent(6, "thief", "mixer")],
            "transfers": [_paid(5, "thief", "mixer", 100), _paid(6, "thief", "mixer", 100)],
            "labels": _LABELS,
        },
        finds=(
            {
                "severity": "high",
                "labels": ["stage:laundering"],
                "entities": {"sender": "thief", "mixer": "mixer"},
                "values": {"about_dollars": 200_000, "hops": 0, "why": "exploit"},
            },
            {"severity": "medium", "block_number": 6, "values": {"about_dollars": 200_000}},
        ),
    ),
    Example(
        says="most of what a watched account lost is passed on twice, mixed, and paid in at an exchange",
        tables={
            "transactions": [
                _sent(1, "mallory", "weapon"),
                _sent(2, "mallory", "hop"),
                _sent(3, "hop", "last"),
                _sent(4, "last", "mixer"),
                _sent(5, "last", "exchange"),
            ],
            "transfers": [
                _paid(1, "vault", "weapon", 900),
                _paid(2, "mallory", "hop", 890),
                _paid(3, "hop", "last", 880),
                _paid(4, "last", "mixer", 100),
                _paid(5, "last", "exchange", 700),
            ],
            "logs": [_mixed(4)],
            "labels": _LABELS,
        },
        finds=(
            {"severity": "high", "block_number": 4, "values": {"hops": 2, "why": "lost", "share_percent": 100}},
            {"severity": "medium", "block_number": 5, "values": {"about_dollars": 1_400_000}},
        ),
    ),
    Example(
        says="half of what an account got is a thief's: half of what it pays in is",
        tables={
            "transactions": [
                _sent(1, "thief", "carol"),
                _sent(2, "bob", "carol"),
                _sent(3, "carol", "exchange"),
                _sent(4, "thief", "exchange"),
            ],
            "transfers": [
                _paid(1, "thief", "carol", 800),
                _paid(2, "bob", "carol", 800),
                _paid(3, "carol", "exchange", 1_600),
                _paid(4, "thief", "exchange", 6_000),
            ],
            "labels": _LABELS,
        },
        finds=(
            {"severity": "high", "values": {"about_dollars": 1_600_000, "share_percent": 50, "hops": 1}},
            {"severity": "critical", "values": {"about_dollars": 12_000_000}},
        ),
    ),
    Example(
        says="an issuer lists an account, which then pays into a mixer; one of ours is listed",
        tables={
            "logs": [_listed(1, topic1=literal.topic("dave")), _mixed(2), _listed(3, topic1=literal.topic("vault"))],
            "transactions": [_sent(1, "issuer", _DOLLARS), _sent(2, "dave", "mixer"), _sent(3, "issuer", _DOLLARS)],
            "transfers": [_paid(2, "dave", "mixer", 1)],
            "labels": _LABELS,
        },
        finds=(
            {"severity": "info", "entities": {"listed": "dave"}},
            {"severity": "high", "values": {"why": "listed"}},
            {"severity": "high", "entities": {"listed": "vault"}},
        ),
    ),
    Example(
        says="others mix for privacy, customers withdraw and pay in, anybody writes a listing, and a day passes",
        tables={
            "logs": [_mixed(2), _listed(3, address="anybody", data=literal.words("bob")), _mixed(2 + 2 * _DAY)],
            "transactions": [
                _sent(1, "bob", "vault"),
                _sent(1 + _DAY, "thief", "eve"),
                _sent(2, "bob", "mixer"),
                _sent(2 + 2 * _DAY, "eve", "mixer"),
            ],
            "transfers": [
                _paid(1, "vault", "bob", 40),
                _paid(1, "vault", "carol", 60),
                _paid(2, "bob", "mixer", 10),
                _paid(1 + _DAY, "thief", "eve", 900),
            ],
            "labels": _LABELS,
        },
    ),
)
