"""What large profits look like, and what looks like them."""

from typing import Any

from tocsin.chain.signatures import selector
from tocsin.detect.detector import Example
from tocsin.detect.detectors._example_rows import call
from tocsin.detect.detectors.profits._causes import LOGIC
from tocsin.detect.own_positions import OWN_POSITION

_WETH = "0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2"
_RUN = selector("run()")


def _calls(*, kind: str = "call", inner: int = 2) -> list[dict[str, Any]]:
    """A sender, a contract that acts, and what it does."""
    root = call(0, 0, inner + 1, "mallory", "thief", _RUN if kind == "call" else b"", kind=kind)
    return [root, *(call(1, index, index + 1, "thief", "bank", _RUN) for index in range(1, inner + 1))]


def _moved(ether: int, giver: str, taker: str, address: str = _WETH) -> list[dict[str, Any]]:
    """Rows of `profits` for one payment."""
    amount = ether * 10**18
    return [
        {"account_address": giver, "token_address": address, "sent": amount, "net_f64": -float(amount)},
        {"account_address": taker, "token_address": address, "received": amount, "net_f64": float(amount)},
    ]


def _range(owner: str, *kinds: str) -> list[dict[str, Any]]:
    """What is done with a position in a range: else a collect of 100 ether."""
    place = {"protocol": "uniswap_v3", "pool_address": "pool", "pool_id": "pool", "owner_address": owner}
    return [{**place, "kind": kind, "token0_address": _WETH, "amount0": 100 * 10**18} for kind in kinds or ("collect",)]


_CODE, _SENT = "eth_getCode", "eth_getTransactionCount"
_HEIGHT = 20_000_000
_DAY_BEFORE = _HEIGHT - 7_200


def _known(*, sent: str, before: str) -> dict[Any, str]:
    return {
        (_CODE, "mallory"): "0x",
        (_SENT, "mallory"): sent,
        (_CODE, "thief", _HEIGHT): "0x6000",
        (_CODE, "thief", _DAY_BEFORE): before,
    }


def _at(rows: list[dict[str, Any]], height: int = _HEIGHT) -> list[dict[str, Any]]:
    return [{**row, "block_number": height} for row in rows]


EXAMPLES = (
    Example(
        says="a contract made for the purpose takes a bank's ether",
        tables={"calls": _calls(kind="create"), "profits": _moved(100, "bank", "thief")},
        finds=(
            {
                "severity": "high",
                "entities": {"attacker": "mallory", "attack_contract": "thief", "suspected_victim": "bank"},
                "values": {
                    "profit_about_dollars": 200_000,
                    "gained_amounts": [100 * 10**18],
                    "gained_tokens": [_WETH],
                },
            },
        ),
    ),
    Example(
        says="the contract was not there a day ago",
        tables={"calls": _at(_calls()), "profits": _at(_moved(100, "bank", "thief"))},
        answers=_known(sent="0x9", before="0x"),
        finds=({"severity": "high", "confidence": 0.59},),
    ),
    Example(
        says="an established contract, run by somebody who is no beginner",
        tables={"calls": _at(_calls()), "profits": _at(_moved(100, "bank", "thief"))},
        answers=_known(sent="0x999", before="0x6000"),
        finds=({"severity": "medium"},),
    ),
    Example(
        says="nobody can be asked: few calls are a trade, many are suspicious",
        tables={"calls": _calls(inner=40), "profits": _moved(100, "bank", "thief")},
        finds=({"severity": "high", "confidence": 0.36},),
    ),
    Example(
        says="no call tree: the transaction says who called whom, and the contract is new",
        tables={
            "transactions": _at([{"from_address": "mallory", "to_address": "thief", "input": _RUN, "success": True}]),
            "profits": _at(_moved(100, "bank", "thief")),
        },
        answers=_known(sent="0x1", before="0x"),
        finds=({"severity": "high", "entities": {"attack_contract": "thief", "suspected_victim": "bank"}},),
    ),
    Example(
        says="a sale of something without a known price",
        tables={
            "calls": _calls(),
            "profits": [*_moved(100, "pool", "mallory"), *_moved(5, "mallory", "pool", address="art")],
        },
        finds=({"severity": "low", "confidence": 0.11},),
    ),
    Example(
        says="a sale of an item",
        tables={
            "calls": _calls(inner=40),
            "profits": _moved(100, "buyer", "thief"),
            "transfers": [{"standard": "erc721", "from_address": "mallory", "to_address": "buyer"}],
        },
        finds=({"severity": "low"},),
    ),
    Example(
        says="a trade of one dollar's worth for another",
        tables={
            "calls": _calls(),
            "profits": [
                {"account_address": "thief", "token_address": _WETH, "received": 10**20, "net_f64": 1e20},
                {
                    "account_address": "mallory",
                    "token_address": "0xdac17f958d2ee523a2206206994597c13d831ec7",
                    "sent": 200_000 * 10**6,
                    "net_f64": -2e11,
                },
            ],
        },
    ),
    Example(
        says="a little, by a contract that was made for it and is busy",
        tables={"calls": _calls(kind="create", inner=40), "profits": _moved(1, "bank", "thief")},
        finds=({"severity": "high", "confidence": 0.4},),
    ),
    Example(
        says="a small gain",
        tables={"calls": _calls(kind="create"), "profits": _moved(4, "bank", "thief")},
    ),
    Example(
        says="who takes liquidity out of a range gets back its own",
        tables={"calls": _calls(inner=40), "profits": _moved(100, "pool", "thief"), "liquidity": _range("thief")},
        finds=({"severity": "medium", "labels": [OWN_POSITION]},),
    ),
    Example(
        says="what was put in before in the same transaction was not there, and others' liquidity is not one's own",
        tables={
            "calls": [*_at(_calls(inner=40), 1), *_at(_calls(inner=40), 2)],
            "profits": [*_at(_moved(100, "pool", "thief"), 1), *_at(_moved(100, "pool", "thief"), 2)],
            "liquidity": [*_at(_range("thief", "mint", "burn", "collect"), 1), *_at(_range("bank"), 2)],
        },
        finds=({"severity": "high", "labels": [LOGIC]}, {"severity": "high", "labels": [LOGIC]}),
    ),
    Example(
        says="a good trade through a contract that is known to trade for whoever calls it",
        tables={
            "calls": _calls(inner=40),
            "profits": _moved(300, "pool", "mallory"),
            "labels": [{"address": "thief", "kind": "router", "name": "", "source": ""}],
        },
        finds=({"severity": "low"},),
    ),
    Example(
        says="a withdrawal: what is called pays its caller, and it is not much",
        tables={"calls": _calls(), "profits": _moved(20, "thief", "mallory")},
    ),
)
