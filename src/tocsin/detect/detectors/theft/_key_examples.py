"""Examples of key-compromise-drain: what must fire, and what must stay quiet."""

from collections.abc import Iterable
from typing import Any

from tocsin.chain.signatures import topic
from tocsin.detect.detector import Asked, Example

_OLD, _DAY = 300_000, 7_200
_COIN = "0x" + "ee" * 20
_DOLLARS = "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48"
_ETHER, _DOLLAR = 10**18, 10**6
_MANY = tuple(f"victim-{number}" for number in range(12))
_ZERO = "0x" + "0" * 64


def _paid(number: int, sender: str, receiver: str, ether: int, **other: Any) -> dict[str, Any]:
    return {
        "block_number": _OLD, "transaction_index": number, "token_address": _COIN, "standard": "native",
        "from_address": sender, "to_address": receiver, "value": ether * _ETHER, **other,
    }  # fmt: skip


def _sent(number: int, sender: str, called: str, **other: Any) -> dict[str, Any]:
    place = {"block_number": _OLD, "transaction_index": number}
    return {**place, "from_address": sender, "to_address": called, **other}


def _all_to(receiver: str, senders: Iterable[str], ether: int = 100) -> dict[str, list[dict[str, Any]]]:
    numbered = list(enumerate(senders))
    return {
        "transfers": [_paid(number, sender, receiver, ether) for number, sender in numbered],
        "transactions": [_sent(number, sender, receiver) for number, sender in numbered],
    }


def _nothing_left(*senders: str) -> dict[Asked, str]:
    return {("eth_getBalance", sender): "0x1" for sender in senders}


def _account(name: str, sent: int = 0, had: int = 0) -> dict[Asked, str]:
    """An account that has sent so many transactions, and held so much a day before."""
    return {
        ("eth_getCode", name): "0x",
        ("eth_getTransactionCount", name): hex(sent),
        ("eth_getBalance", name): hex(had),
    }


_TO_MALLORY = _all_to("mallory", _MANY[:3])
_TREASURY = {
    "transfers": [_paid(0, "treasury", "mallory", 600)],
    "transactions": [_sent(0, "treasury", "mallory")],
}
_LABELLED = {"chain_id": 1, "address": "treasury", "kind": "watched"}
_MIXED = {
    "block_number": _OLD, "transaction_index": 5, "address": "mixer",
    "topic0": topic("Deposit(bytes32,uint32,uint256)"),
}  # fmt: skip
_TIMES = [
    {"chain_id": 1, "block_number": _OLD, "timestamp": 1_000},
    {"chain_id": 10, "block_number": _OLD, "timestamp": 400},
]

EXAMPLES = (
    Example(
        says="three accounts are emptied into a new one",
        tables=_TO_MALLORY,
        answers=_nothing_left(*_MANY[:3]) | _account("mallory"),
        finds=(
            {
                "severity": "medium",
                "transaction_index": 2,
                "entities": {"receiver": "mallory", "payer": "victim-1"},
                "values": {"victims": 3, "about_dollars": 600_000},
            },
        ),
    ),
    Example(
        says="twelve accounts lose a token into one that was there a day before: asked three times",
        tables={
            "transfers": [
                _paid(n, who, "mallory", 1, token_address=_DOLLARS, standard="erc20", value=20_000 * _DOLLAR)
                for n, who in enumerate(_MANY)
            ],
            "transactions": [_sent(number, who, _DOLLARS) for number, who in enumerate(_MANY)],
        },
        answers=_account("mallory", sent=3) | {("eth_call", _DOLLARS): _ZERO},
        finds=tuple({"severity": "low", "values": {"victims": victims}} for victims in (3, 6, 11)),
    ),
    Example(
        says="more than ten are emptied into a new account",
        tables=_all_to("mallory", _MANY),
        answers=_nothing_left(*_MANY) | _account("mallory"),
        finds=(
            {"severity": "medium"},
            {"severity": "high", "entities": {"attacker": "mallory", "victim": "victim-1"}, "values": {"victims": 6}},
            {"severity": "critical", "values": {"victims": 11}},
        ),
    ),
    Example(
        says="it was not worth much, and one was watched; it was, and nobody can say how old the receiver is; neither",
        tables={
            name: [
                *rows,
                *({**row, "block_number": _DAY - 1} for row in _all_to("unknown", _MANY[3:6])[name]),
                *({**row, "block_number": _DAY - 2} for row in _all_to("unheard", _MANY[6:9], 1)[name]),
            ]
            for name, rows in _all_to("mallory", _MANY[:3], 1).items()
        }
        | {"labels": [{"chain_id": 1, "address": "victim-0", "kind": "watched"}]},
        answers=_nothing_left(*_MANY) | _account("mallory") | _account("unknown") | _account("unheard"),
        finds=(
            {"severity": "high", "values": {"about_dollars": 6_000}},
            {"severity": "medium", "values": {"about_dollars": 600_000}},
            {"severity": "low", "values": {"about_dollars": 6_000}},
        ),
    ),
    Example(
        says="a watched account pays most of what it has to a new one",
        tables={**_TREASURY, "labels": [_LABELLED]},
        answers=_nothing_left("treasury") | _account("mallory"),
        finds=({"severity": "high", "entities": {"victim": "treasury", "attacker": "mallory"}},),
    ),
    Example(
        says="an account nobody watches pays a million dollars, all it has, to a new one, which twice pays a mixer",
        tables={
            "transfers": [
                _paid(0, "treasury", "mallory", 600),
                _paid(5, "mallory", "mixer", 100),
                _paid(6, "mallory", "mixer", 100),
            ],
            "transactions": [
                _sent(0, "treasury", "mallory"),
                _sent(5, "mallory", "mixer"),
                _sent(6, "mallory", "mixer"),
            ],
            "logs": [_MIXED, {**_MIXED, "transaction_index": 6}],
        },
        answers=_nothing_left("treasury") | _account("mallory", sent=1),
        finds=(
            {"severity": "medium", "transaction_index": 0, "entities": {"payer": "treasury", "receiver": "mallory"}},
            {"severity": "critical", "transaction_index": 5, "entities": {"attacker": "mallory"}},
        ),
    ),
    Example(
        says="the same key pays all it has on two chains within minutes",
        tables={
            "transfers": [
                _paid(0, "trader", "mallory", 80),
                _paid(0, "trader", "mallory", 80, chain_id=10),
            ],
            "transactions": [_sent(0, "trader", "mallory"), _sent(0, "trader", "mallory", chain_id=10)],
            "blocks": _TIMES,
        },
        answers=_nothing_left("trader") | _account("mallory"),
        finds=({"severity": "high", "chain_id": 1, "values": {"other_chains": [10]}},),
    ),
    Example(
        says="payers keep something; a service gathers; an exchange is labelled; a contract is paid",
        tables={
            name: [
                *rows,
                *({**row, "block_number": _OLD + 1} for row in _all_to("service", _MANY[:3])[name]),
                *({**row, "block_number": _OLD + 2} for row in _all_to("exchange", _MANY[:3])[name]),
                *({**row, "block_number": _OLD + 3} for row in _all_to("contract", _MANY[:3])[name]),
            ]
            for name, rows in _all_to("shop", ("alice", "bob", "carol")).items()
        }
        | {"labels": [{"chain_id": 1, "address": "exchange", "kind": "exchange"}]},
        answers=_nothing_left(*_MANY[:3])
        | {("eth_getBalance", name): hex(_ETHER) for name in ("alice", "bob", "carol")}
        | _account("shop")
        | _account("service", sent=500)
        | {("eth_getCode", "contract"): "0x6001", ("eth_getTransactionCount", "contract"): "0x1"},
    ),
    Example(
        says="a large payment that leaves more than it takes, one to an account in use, and one nobody can judge",
        tables={
            "transfers": [
                _paid(0, "rich", "bob", 600),
                _paid(1, "treasury", "carol", 600),
                _paid(2, "other", "dave", 600),
            ],
            "transactions": [_sent(0, "rich", "bob"), _sent(1, "treasury", "carol"), _sent(2, "other", "dave")],
        },
        answers={("eth_getBalance", "rich"): hex(2_000 * _ETHER), **_nothing_left("treasury")}
        | _account("bob")
        | _account("carol", sent=40),
    ),
)
