"""Small stories of feeds, pools and a market, that examples are made of."""

from typing import Any

from tocsin.chain.signatures import selector
from tocsin.detect.detectors._example_rows import call, moved
from tocsin.detect.detectors.oracles._feeds import ANSWER_UPDATED, LATEST
from tocsin.detect.detectors.oracles._pool_moves import PAIR_SWAP, SYNC
from tocsin.tables import literal

_BORROW, _PAY, _SUPPLY = selector("borrow(uint256)"), selector("transfer(address,uint256)"), selector("supply(uint256)")
_GOLD, _USD = "gold", "usd"
PAIRS = ("pair", "pair of others")


def fall(block: int, pairs: tuple[str, ...] = PAIRS) -> dict[str, list[dict[str, Any]]]:
    """Gold falls from four dollars to one: pairs of 100 and 400 hold 200 and 200 behind a sale of 100."""
    logs, swaps = [], []
    for number, pair in enumerate(pairs):
        place = {"block_number": block, "transaction_index": number, "address": pair}
        logs += [
            {**place, "log_index": 1, "topic0": SYNC, "data": literal.words(200, 200)},
            {**place, "log_index": 2, "topic0": PAIR_SWAP, "data": literal.words(100, 0, 0, 200)},
        ]
        tokens = {"token_in_address": _GOLD, "token_out_address": _USD}
        swaps.append(
            {"block_number": block, "transaction_index": number, "pool_address": pair, "log_index": 2, **tokens}
        )
    senders = [
        {"block_number": block, "transaction_index": number, "from_address": "bob", "to_address": "router"}
        for number in range(len(pairs))
    ]
    return {"logs": logs, "swaps": swaps, "transactions": senders, "blocks": [_made(block)]}


def _made(block: int) -> dict[str, int]:
    return {"block_number": block, "timestamp": 1_000 + 12 * block}


def asked(block: int, price: int, updated_at: int, *, sender: str = "mallory") -> dict[str, list[dict[str, Any]]]:
    """A loan of dollars against gold, at what a feed says."""
    answer = literal.words(7, price % (1 << 256), updated_at, updated_at, 7)
    calls = [
        call(0, 0, 3, sender, "market", _BORROW),
        {**call(1, 1, 2, "market", "feed", LATEST, kind="staticcall"), "output": answer},
        call(1, 2, 3, "market", _USD, _PAY + literal.words(sender, 1)),
    ]
    rows = {"calls": calls, **moved(("market", sender, _USD, 1)), "blocks": [_made(block)]}
    return {name: [{**row, "block_number": block} for row in each] for name, each in rows.items()}


def pledged(block: int) -> dict[str, list[dict[str, Any]]]:
    rows = moved(("mallory", "market", _GOLD, 1))
    sent = [{"from_address": "mallory", "to_address": "market", "input": _SUPPLY}]
    return {
        name: [{**row, "block_number": block} for row in each]
        for name, each in {**rows, "transactions": sent, "blocks": [_made(block)]}.items()
    }


def story(*parts: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    names = {name for part in parts for name in part}
    return {name: [row for part in parts for row in part.get(name, ())] for name in sorted(names)}


def update(block: int, price: int, number: int) -> dict[str, Any]:
    topics = {"topic0": ANSWER_UPDATED, "topic1": literal.topic(price % (1 << 256)), "topic2": literal.topic(number)}
    return {"block_number": block, "address": "feed", **topics, "data": literal.words(1_000 + 12 * block)}
