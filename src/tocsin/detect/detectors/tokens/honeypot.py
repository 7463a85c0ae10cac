"""
A token can be bought by everybody, and sold by one account only.

## What it finds
A sale of a token by an account that never bought it, after three others did and none of them sold, and the token itself
refused a sale of one of them, with no word of allowance or balance. One finding for each such transaction and token.

* high: by the account that owns the token, as the token itself says (`owner()`).
* medium: by somebody else, who may have got it as a gift; or by an account that had sold it so before.

## Why it matters
What buyers paid is gone as soon as the insider sells. Until then others can be warned, and front ends and lists can
drop the token.

## Blind spots
Only trades of the last 3,600 blocks (half a day of Ethereum's) count, and only of tokens without a known price. A sale
nobody tried is not seen to be impossible, and no sale is simulated. Tokens that let sellers out at a loss, or let one
of them out for show. Without the call tree no refusal is seen. A token that is closed for a while, for everybody, looks
the same as soon as somebody who may sells. Owners who have renounced, or sell from another account. More than eight
sales of a token in one block.

## Triage
Simulate a sale by a buyer. If it fails, warn holders and front ends, and follow the coin to an exchange.

## References
- Torres, Steichen and State, The Art of The Scam: Demystifying Honeypots in Ethereum Smart Contracts (2019).
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from tocsin.chain.signatures import selector
from tocsin.detect.detector import MEMORY, Answered, Detector, Example, Memory, Question, Read
from tocsin.detect.detectors.tokens import _refusals
from tocsin.detect.detectors.tokens._refusals import CALLS, REMEMBERED, SWAPS, TRANSFER_FROM, remember
from tocsin.detect.worth import PRICES_READ
from tocsin.model.finding import Entity, Place, Severity, Sighting, hexadecimal
from tocsin.model.lookups import Answers, Lookup, call
from tocsin.tables import literal
from tocsin.tables.choice import rows_where
from tocsin.tables.dataset import Tables

WINDOW_BLOCKS = 3_600
"""Half a day of Ethereum blocks."""
BUYERS = 3
"""Who bought and did not sell; fewer say nothing."""
MOST_SALES = 8
"""Of one token in one block that are looked at: more say no more."""
NAMED = 10
"""Buyers that a finding names."""
OWNER = "0x" + selector("owner()").hex()
CONFIDENCE, CONFIDENCE_OWNER = 0.7, 0.85
"""The second where the seller owns the token (reference: detection, section 4.36)."""


@dataclass(frozen=True, slots=True)
class Sale:
    """A sale by somebody who never bought, of a token nobody else could sell."""

    place: Place
    token: str
    seller: str
    pool: str
    buyers: tuple[str, ...]
    refused: int
    is_again: bool


def run(tables: Tables) -> Iterator[Question]:
    """A question for each such sale: who owns the token."""
    memory, first = tables[MEMORY], tables["transactions"]["block_number"].min()
    refused = rows_where(memory, (memory["kind"] == "refused").to_numpy())
    if refused.is_empty() or first is None:
        return
    is_sale = (pl.col("kind") == "sold") & (pl.col("block_number") >= first)
    sold = memory.filter(is_sale & pl.col("token").is_in(refused["token"].unique().to_list()))
    if sold.is_empty():
        return
    near, looked_at = _by_token(memory.filter(pl.col("token").is_in(sold["token"].unique().to_list()))), Counter[Any]()
    for row in sold.sort("block_number", "transaction_index", "pool").iter_rows(named=True):
        key = (row["chain_id"], row["token"])
        looked_at[key, row["block_number"]] += 1
        if looked_at[key, row["block_number"]] > MOST_SALES:
            continue
        if (sale := _sale(row, _before(near[key], row))) is not None:
            lookup = _owner(sale)
            yield Question(lookups=(lookup,) if lookup else (), candidate=sale)


def _by_token(rows: pl.DataFrame) -> dict[tuple[int, bytes], list[Mapping[str, Any]]]:
    """By chain and token, in the order of the chain."""
    found: dict[tuple[int, bytes], list[Mapping[str, Any]]] = {}
    for row in sorted(rows.iter_rows(named=True), key=_position):
        found.setdefault((row["chain_id"], row["token"]), []).append(row)
    return found


def _before(rows: list[Mapping[str, Any]], row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What happened earlier and within the window."""
    first, end = (
        bisect_left(rows, at, key=_position) for at in ((row["block_number"] - WINDOW_BLOCKS, 0), _position(row))
    )
    return rows[first:end]


def _position(row: Mapping[str, Any]) -> tuple[int, int]:
    return row["block_number"], row["transaction_index"] or 0


def _sale(row: Mapping[str, Any], earlier: list[Mapping[str, Any]]) -> Sale | None:
    of = {kind: [each for each in earlier if each["kind"] == kind] for kind in ("bought", "sold", "refused")}
    seller, pools = row["account"], {each["pool"] for each in of["bought"]}
    buyers = {each["account"] for each in of["bought"]}
    refused = [each for each in of["refused"] if each["account"] in buyers and each["pool"] in pools]
    sellers = {each["account"] for each in of["sold"]}
    if seller in buyers or len(buyers) < BUYERS or not refused or sellers - {seller}:
        return None
    return Sale(
        place=Place.of(row),
        token=str(hexadecimal(row["token"])),
        seller=str(hexadecimal(seller)),
        pool=str(hexadecimal(row["pool"])),
        buyers=tuple(str(hexadecimal(buyer)) for buyer in sorted(buyers)),
        refused=len(refused),
        is_again=any(_position(refused[0]) < _position(each) for each in of["sold"]),
    )


def _owner(sale: Sale) -> Lookup | None:
    place = sale.place
    if place.block_number is None:
        return None
    return call(sale.token, OWNER, block_number=place.block_number, chain_id=place.chain_id)


def judge(sale: Sale, answers: Answers) -> Sighting:
    """A sighting, surer where the seller owns the token."""
    lookup = _owner(sale)
    owner = None if lookup is None else answers.get(lookup)
    is_owner = owner is not None and owner.lower().endswith(sale.seller.removeprefix("0x"))
    who = "which owns it" if is_owner else "which never bought it"
    return Sighting(
        place=sale.place,
        severity=Severity.HIGH if is_owner and not sale.is_again else Severity.MEDIUM,
        confidence=CONFIDENCE_OWNER if is_owner else CONFIDENCE,
        title=f"A token that others could not sell was sold{' again' if sale.is_again else ''}",
        summary=f"{sale.seller}, {who}, sold the token {sale.token} at {sale.pool}. {len(sale.buyers)} accounts bought "
        f"it there and none of them has sold it; the token refused a sale {sale.refused} times.",
        entities=(
            Entity("attacker" if is_owner else "sender", sale.seller),
            Entity("token", sale.token),
            Entity("pool", sale.pool),
            *(Entity("victim", buyer) for buyer in sale.buyers[:NAMED]),
        ),
        values={"buyers": len(sale.buyers), "refused": sale.refused, "seller_owns_token": is_owner},
        key=f"{sale.token}:{sale.pool}",
    )


def _bought(block: int, buyer: str) -> tuple[dict[str, Any], dict[str, Any]]:
    return _traded(block, buyer, "weth", "sweet")


def _sold(block: int, seller: str) -> tuple[dict[str, Any], dict[str, Any]]:
    return _traded(block, seller, "sweet", "weth")


def _traded(block: int, sender: str, given: str, got: str) -> tuple[dict[str, Any], dict[str, Any]]:
    swap = {"block_number": block, "pool_address": "pool", "token_in_address": given, "token_out_address": got}
    return {**swap, "amount_in": 5}, {"block_number": block, "from_address": sender}


def _refused(block: int, answer: bytes = b"try again later") -> dict[str, Any]:
    given = TRANSFER_FROM + literal.words("alice", "pool", 5)
    return {
        "block_number": block, "to_address": "sweet", "selector": TRANSFER_FROM, "input": given, "output": answer,
        "error": "Reverted",
    }  # fmt: skip


def _play(*trades: tuple[dict[str, Any], dict[str, Any]], refusals: tuple[dict[str, Any], ...]) -> dict[str, Any]:
    return {
        "swaps": [swap for swap, _ in trades],
        "transactions": [
            *(sent for _, sent in trades),
            *({"block_number": each["block_number"], "from_address": "alice"} for each in refusals),
        ],
        "calls": list(refusals),
        "prices": [{"token_address": "weth", "dollars_per_unit": 1.0}],
    }


_THREE = (_bought(1, "alice"), _bought(2, "bob"), _bought(3, "carol"))
_OWNED: Answered = {("eth_call", "sweet"): "0x" + literal.topic("mallory").hex()}

detector = Detector(
    id="honeypot",
    severity=Severity.HIGH,
    reads={
        "swaps": Read(columns=SWAPS),
        "calls": Read(columns=CALLS, selector=(_refusals.TRANSFER, TRANSFER_FROM)),
        "transactions": Read(columns=("from_address",)),
        "prices": PRICES_READ,
    },
    memory=Memory(columns=REMEMBERED, window_blocks=WINDOW_BLOCKS, remember=remember),
    run=run,
    judge=judge,
    examples=(
        Example(
            says="three buy, one of them cannot sell, the owner can, twice",
            tables=_play(*_THREE, _sold(6, "mallory"), _sold(7, "mallory"), refusals=(_refused(5),)),
            answers=_OWNED,
            finds=(
                {
                    "severity": "high",
                    "confidence": 0.85,
                    "entities": {"attacker": "mallory", "token": "sweet", "victim": "alice"},
                    "values": {"buyers": 3, "refused": 1},
                },
                {"severity": "medium", "block_number": 7},
            ),
        ),
        Example(
            says="the same where nobody knows who owns it, and again",
            tables=_play(*_THREE, _sold(6, "mallory"), _sold(7, "mallory"), refusals=(_refused(5),)),
            finds=(
                {"severity": "medium", "confidence": 0.7, "entities": {"sender": "mallory"}},
                {"severity": "medium"},
            ),
        ),
        Example(
            says="a buyer sold before",
            tables=_play(*_THREE, _sold(4, "bob"), _sold(6, "mallory"), refusals=(_refused(5),)),
        ),
        Example(
            says="the sale failed for want of an allowance",
            tables=_play(*_THREE, _sold(6, "mallory"), refusals=(_refused(5, b"ERC20: insufficient allowance"),)),
        ),
        Example(
            says="two buyers, or nobody refused, or a buyer who sells",
            tables=_play(*_THREE[:2], _sold(6, "mallory"), _sold(7, "alice"), refusals=(_refused(5),)),
        ),
    ),
)
