"""Examples of nft-order-phishing: what must fire, and what must stay quiet."""

from typing import Any

from tocsin.detect.detector import Example
from tocsin.detect.detectors.phishing._orders import FULFILLED, SEAPORTS
from tocsin.tables import literal

_COIN = "0x" + "ee" * 20
_ETHER = 10**18
_NATIVE, _ERC721 = 0, 2


def _order(
    block: int, offerer: str, offered: list[tuple[Any, ...]], asked: list[tuple[Any, ...]], **other: Any
) -> dict[str, Any]:
    """The log of an order: items are kind, token, identifier, amount and, of what is asked, who gets it."""
    flat = [part for item in offered for part in item], [part for item in asked for part in item]
    body = literal.words(len(offered), *flat[0]) + literal.words(len(asked), *flat[1])
    head = literal.words(7, other.pop("recipient", "buyer"), 128, 128 + 32 * (1 + len(flat[0])))
    return {
        "block_number": block, "address": SEAPORTS[-1], "topic0": FULFILLED, "topic1": literal.topic(offerer),
        "data": head + body, **other,
    }  # fmt: skip


def _sold(block: int, offerer: str, collection: str, ether: int, **other: Any) -> dict[str, Any]:
    price = [(_NATIVE, "0x" + "0" * 40, 0, ether * _ETHER, offerer)] if ether else []
    return _order(block, offerer, [(_ERC721, collection, 12, 1)], price, **other)


def _move(block: int, giver: str, taker: str, token: str, value: int = 1, **other: Any) -> dict[str, Any]:
    ends = {"from_address": giver, "to_address": taker, "token_address": token}
    return {"block_number": block, **ends, "value": value, **other}


def _sent(block: int, sender: str) -> dict[str, Any]:
    return {"block_number": block, "from_address": sender}


_SALES = {
    "logs": [_sold(number, f"seller-{number}", "apes", 10) for number in (1, 2, 3)],
    "transfers": [
        move
        for number in (1, 2, 3)
        for move in (
            _move(number, f"seller-{number}", "buyer", "apes"),
            _move(number, "buyer", f"seller-{number}", _COIN, 10 * _ETHER, log_index=1),
        )
    ],
    "transactions": [_sent(number, "buyer") for number in (1, 2, 3)],
}


def _after_sales(**more: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    return {name: [*rows, *more.get(name, [])] for name, rows in _SALES.items()} | {
        name: rows for name, rows in more.items() if name not in _SALES
    }


_STOLEN = {
    "logs": [_sold(9, "alice", "apes", 0)],
    "transfers": [_move(9, "alice", "buyer", "apes")],
    "transactions": [_sent(9, "mallory")],
}

EXAMPLES = (
    Example(
        says="an item like those sold for ten ether goes for nothing",
        tables=_after_sales(**_STOLEN),
        finds=(
            {
                "severity": "medium",
                "block_number": 9,
                "entities": {"victim": "alice", "attacker": "buyer", "token": "apes"},
                "values": {"items": 1, "about_dollars": 20_000, "got_about_dollars": 0},
            },
        ),
    ),
    Example(
        says="items of two collections go in one transaction; the price table knows one of them",
        tables={
            "logs": [
                _order(1, "alice", [(_ERC721, "apes", 1, 1), (3, "cats", 2, 5)], [(0, "0x" + "0" * 40, 0, 1, "alice")])
            ],
            "transfers": [
                _move(1, "alice", "buyer", "apes"),
                _move(1, "alice", "buyer", "cats", 5),
                _move(1, "mallory", "alice", _COIN),
            ],
            "transactions": [_sent(1, "mallory")],
            "prices": [
                {"token_address": "cats", "dollars_per_unit": 2_000.0},
                {"token_address": _COIN, "dollars_per_unit": 2e-15},
            ],
        },
        finds=({"severity": "high", "values": {"items": 6, "collections": 2, "about_dollars": 10_000}},),
    ),
    Example(
        says="a watched owner's item, and one that a known phisher takes",
        tables=_after_sales(
            logs=[*_STOLEN["logs"], _sold(10, "bob", "unheard-of", 0)],
            transfers=[*_STOLEN["transfers"], _move(10, "bob", "buyer", "unheard-of")],
            transactions=[*_STOLEN["transactions"], _sent(10, "phisher")],
            labels=[
                {"chain_id": 1, "address": "alice", "kind": "watched"},
                {"chain_id": 1, "address": "phisher", "kind": "phishing"},
            ],
        ),
        finds=({"severity": "high", "block_number": 9}, {"severity": "high", "block_number": 10}),
    ),
    Example(
        says="items of two unknown collections for nothing",
        tables={
            "logs": [_sold(1, "alice", "apes", 0), _sold(1, "alice", "cats", 0, log_index=1)],
            "transfers": [_move(1, "alice", "buyer", "apes"), _move(1, "alice", "buyer", "cats")],
            "transactions": [_sent(1, "mallory")],
        },
        finds=({"severity": "low", "confidence": 0.3},),
    ),
    Example(
        says="sales at a price, for another item, of an unknown collection, in the owner's own transaction, two lies",
        tables=_after_sales(
            logs=[
                _sold(5, "alice", "apes", 1),
                _sold(6, "bob", "apes", 0),
                _sold(7, "carol", "unheard-of", 0),
                _sold(8, "dave", "apes", 0),
                _sold(9, "erin", "apes", 0),
                _sold(10, "frank", "apes", 0, address="no market"),
            ],
            transfers=[
                _move(5, "alice", "buyer", "apes"),
                _move(5, "buyer", "alice", _COIN, _ETHER),
                _move(6, "bob", "buyer", "apes"),
                _move(6, "buyer", "bob", "cats"),
                _move(7, "carol", "buyer", "unheard-of"),
                _move(8, "dave", "buyer", "apes"),
                _move(10, "frank", "buyer", "apes"),
            ],
            transactions=[*(_sent(block, "buyer") for block in (5, 6, 7, 9, 10)), _sent(8, "dave")],
        ),
    ),
)
