"""
The owner of a token took nearly all of its liquidity out.

## What it finds
high: a removal of liquidity from a Uniswap V2 pair, or a fork of it, that leaves a tenth of the pair's shares or less,
by the account that owns one of the pair's tokens, as the token itself says (`owner()`).

## Why it matters
Without liquidity the token cannot be sold: what buyers paid for it left with the liquidity. Who still sells elsewhere,
or lists or lends against the token, wants to know at once.

## Blind spots
Owners who have renounced, or remove from another account than the one that owns the token. Pools of other kinds.
Honeypots that never remove anything, but close selling. An owner who moves the liquidity to a new pool looks the same.
What `owner()` and `totalSupply()` are must be answered by a node.

## Triage
See whether the liquidity comes back in another pool within the hour. Warn holders and front ends; follow the coin to an
exchange.

## References
- https://docs.uniswap.org/contracts/v2/reference/smart-contracts/pair
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from tocsin.chain.signatures import selector
from tocsin.detect.detector import Answered, Detector, Example, Question, Read
from tocsin.model.finding import Entity, Place, Severity, Sighting, hexadecimal
from tocsin.model.lookups import Answers, Lookup, call
from tocsin.tables.columns import ZERO
from tocsin.tables.dataset import Tables

OWNER, TOTAL_SUPPLY = ("0x" + selector(each).hex() for each in ("owner()", "totalSupply()"))
REMOVED_PERCENT = 90
"""Of the shares there were (reference: detection, section 4.36)."""
CONFIDENCE = 0.8


@dataclass(frozen=True, slots=True)
class Removal:
    """Liquidity that one transaction took out of a pair."""

    place: Place
    pair: str
    remover: str
    """Who sent the transaction."""
    shares: int
    taken: tuple[tuple[str, int], ...]
    """Tokens that left the pair, and how much."""


def run(tables: Tables) -> Iterator[Question]:
    """A question for each removal: what is left, and whose tokens they are."""
    transfers = tables["transfers"]
    burns = transfers.filter(
        (pl.col("standard") == "erc20")
        & (pl.col("token_address") == pl.col("from_address"))
        & (pl.col("to_address") == ZERO)
    )
    if burns.is_empty():
        return
    senders = dict(tables["transactions"].select("transaction_hash", "from_address").rows())
    for row in burns.iter_rows(named=True):
        if (sender := senders.get(row["transaction_hash"])) is not None:
            removal = _removal(row, sender, transfers)
            yield Question(lookups=_lookups(removal), candidate=removal)


def _removal(row: Mapping[str, Any], sender: bytes, transfers: pl.DataFrame) -> Removal:
    pair = row["token_address"]
    left = transfers.filter(
        (pl.col("transaction_hash") == row["transaction_hash"])
        & (pl.col("from_address") == pair)
        & (pl.col("token_address") != pair)
    )
    taken: dict[str, int] = {}
    for token, value in left.select("token_address", "value_binary").iter_rows():
        name = str(hexadecimal(token))
        taken[name] = taken.get(name, 0) + int.from_bytes(value, "big")
    return Removal(
        place=Place.of(row),
        pair=str(hexadecimal(pair)),
        remover=str(hexadecimal(sender)),
        shares=int.from_bytes(row["value_binary"], "big"),
        taken=tuple(sorted(taken.items())),
    )


def _lookups(removal: Removal) -> tuple[Lookup, ...]:
    asked = (
        _asked(removal, removal.pair, TOTAL_SUPPLY),
        *(_asked(removal, token, OWNER) for token, _ in removal.taken),
    )
    return tuple(lookup for lookup in asked if lookup is not None)


def _asked(removal: Removal, contract: str, data: str) -> Lookup | None:
    place = removal.place
    if place.block_number is None:
        return None
    return call(contract, data, block_number=place.block_number, chain_id=place.chain_id)


def judge(removal: Removal, answers: Answers) -> Sighting | None:
    """A sighting where next to nothing is left and the remover owns one of the tokens."""
    left = _number(_asked(removal, removal.pair, TOTAL_SUPPLY), answers)
    owned = [token for token, _ in removal.taken if _owner(removal, token, answers) == removal.remover]
    if left is None or not owned or 100 * left > (100 - REMOVED_PERCENT) * (left + removal.shares):
        return None
    told = ", ".join(f"{amount} of {token}" for token, amount in removal.taken)
    return Sighting(
        place=removal.place,
        severity=Severity.HIGH,
        confidence=CONFIDENCE,
        title="The owner of a token took its liquidity out",
        summary=f"{removal.remover} owns the token {owned[0]} and took {told} out of {removal.pair}: nearly all there "
        "was. Whoever holds the token can hardly sell it any more.",
        entities=(
            Entity("attacker", removal.remover),
            Entity("token", owned[0]),
            Entity("pool", removal.pair),
        ),
        values={
            "tokens": tuple(token for token, _ in removal.taken),
            "amounts": tuple(amount for _, amount in removal.taken),
            "shares_removed": removal.shares,
            "shares_left": left,
        },
        key=removal.pair,
    )


def _owner(removal: Removal, token: str, answers: Answers) -> str | None:
    owner = _number(_asked(removal, token, OWNER), answers)
    return None if owner is None else f"0x{owner:040x}"


def _number(lookup: Lookup | None, answers: Answers) -> int | None:
    """What was answered, as a number; None where nobody answered, or not with one."""
    answer = None if lookup is None else answers.get(lookup)
    try:
        return None if answer is None else int(answer, 16)
    except ValueError:
        return None


def _moved(giver: str, taker: str, value: int, **other: Any) -> dict[str, Any]:
    return {"standard": "erc20", "from_address": giver, "to_address": taker, "value": value, **other}


_BURN = _moved("pair", "0x" + "0" * 40, 999_000) | {"token_address": "pair"}
_OUT = (
    _moved("pair", "mallory", 5_000) | {"token_address": "moon"},
    _moved("pair", "mallory", 80) | {"token_address": "weth"},
)
_SENT = {"from_address": "0x" + "ab" * 20, "to_address": "router"}
_OWNED = "0x" + "0" * 24 + "ab" * 20
_MINE: Answered = {("eth_call", "pair"): hex(1_000), ("eth_call", "moon"): _OWNED}

detector = Detector(
    id="rug-pull",
    severity=Severity.HIGH,
    reads={
        "transfers": Read(columns=("token_address", "standard", "from_address", "to_address", "value_binary")),
        "transactions": Read(columns=("from_address",)),
    },
    run=run,
    judge=judge,
    examples=(
        Example(
            says="the owner takes all but the shares nobody owns",
            tables={"transfers": [_BURN, *_OUT], "transactions": [_SENT]},
            answers=_MINE,
            finds=({"severity": "high", "entities": {"token": "moon", "pool": "pair"}},),
        ),
        Example(
            says="a tenth is taken out",
            tables={"transfers": [_BURN, *_OUT], "transactions": [_SENT]},
            answers={**_MINE, ("eth_call", "pair"): hex(9_000_000)},
        ),
        Example(
            says="somebody else takes theirs out",
            tables={"transfers": [_BURN, *_OUT], "transactions": [_SENT]},
            answers={**_MINE, ("eth_call", "moon"): "0x" + "0" * 24 + "cd" * 20},
        ),
        Example(
            says="nobody answers",
            tables={"transfers": [_BURN, *_OUT], "transactions": [_SENT]},
        ),
    ),
)
