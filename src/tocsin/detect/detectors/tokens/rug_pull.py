"""
The owner of a token took nearly all of its liquidity out.

## What it finds
A removal of liquidity from a Uniswap V2 pair, or a fork of it, that leaves a tenth of the pair's shares or less.

* high: by the account that owns one of the pair's tokens, as the token itself says (`owner()`), with 1 000 dollars or
  more, or with nothing of known worth; or by the one that made the pair or put the first liquidity into it within the
  last week, with 5 000 dollars or more.
* medium: by them, with less, or by the latter with nothing of known worth.

## Why it matters
Without liquidity the token cannot be sold: what buyers paid for it left with the liquidity. Who still sells elsewhere,
or lists or lends against the token, wants to know at once.

## Blind spots
Owners who have renounced, and made the pair more than a week of Ethereum blocks ago or with another account. Pools of
other kinds. Honeypots that never remove anything, but close selling. An owner who moves the liquidity to a new pool
looks the same. What `owner()` and `totalSupply()` are must be answered by a node.

## Triage
See whether the liquidity comes back in another pool within the hour. Warn holders and front ends; follow the coin to an
exchange.

## References
- https://docs.uniswap.org/contracts/v2/reference/smart-contracts/pair
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import fsum
from typing import Any

from tocsin.chain import abi
from tocsin.chain.signatures import selector
from tocsin.detect import actors
from tocsin.detect.detector import MEMORY, Answered, Detector, Example, Memory, Question, Read
from tocsin.detect.detectors._held import supply
from tocsin.detect.detectors.tokens import _insiders
from tocsin.detect.worth import PRICES_READ, Prices
from tocsin.model.finding import Entity, Place, Severity, Sighting, hexadecimal
from tocsin.model.lookups import Answers, Lookup, call, number
from tocsin.tables import literal
from tocsin.tables.choice import rows_where
from tocsin.tables.columns import ZERO
from tocsin.tables.dataset import Tables

FAMILY = "family:rug-pull"
OWNER = "0x" + selector("owner()").hex()
_ZERO, _ERC20 = abi.keys((ZERO,)), abi.texts(("erc20",))
REMOVED_PERCENT = 90
"""Of the shares there were (reference: detection, section 4.36)."""
CONFIDENCE, CONFIDENCE_INSIDER = 0.8, 0.7
OWNER_DOLLARS, INSIDER_DOLLARS = 1_000.0, 5_000.0
"""What an owner, or another insider, must take to wake somebody: smaller ones happen every hour (design)."""
MOST_TOKENS = 16
"""Tokens that left a pair that are looked at: a pair has two, and anybody can send it others."""
WINDOW_BLOCKS = 50_400
"""A week of Ethereum blocks."""


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
    is_insider: bool
    """The remover made the pair, or put the first liquidity into it."""
    dollars: float | None
    """What was taken, as far as it has a known price; None where nothing of it has."""

    def is_large(self, *, by_owner: bool) -> bool:
        """Whether it is worth waking somebody."""
        if self.dollars is None:
            return by_owner
        return self.dollars >= (OWNER_DOLLARS if by_owner else INSIDER_DOLLARS)


def run(tables: Tables) -> Iterator[Question]:
    """A question for each removal: what is left, and whose tokens they are."""
    transfers = tables["transfers"]
    is_burn = abi.among(transfers["to_address"], _ZERO) & abi.among(transfers["standard"], _ERC20)
    burns = rows_where(transfers, is_burn).iter_rows(named=True)
    own: dict[tuple[Any, ...], Mapping[str, Any]] = {}
    for burn in sorted(burns, key=lambda each: bytes(each["value_binary"])):
        if burn["token_address"] == burn["from_address"]:
            own[*(burn[name] for name in actors.SAME), burn["token_address"]] = burn  # the largest of several
    if not own:
        return
    senders = dict(tables["transactions"][["transaction_hash", "from_address"]].rows())
    for row in own.values():
        if (sender := senders.get(row["transaction_hash"])) is not None:
            removal = _removal(row, sender, tables)
            yield Question(lookups=_lookups(removal), candidate=removal)


def _removal(row: Mapping[str, Any], sender: bytes, tables: Tables) -> Removal:
    pair, prices = row["token_address"], Prices.of(tables)
    transfers = tables["transfers"]
    is_left = abi.among(transfers["from_address"], abi.keys((pair,))) & abi.present(transfers["transaction_hash"])
    left = rows_where(transfers[["transaction_hash", "token_address", "value_binary"]], is_left).rows()
    amounts: dict[bytes, int] = {}
    for transaction, token, value in left:
        if transaction == row["transaction_hash"] and token != pair:
            amounts[token] = amounts.get(token, 0) + int.from_bytes(value, "big")
    worth = {token: prices.dollars(row["chain_id"], token, amount) for token, amount in amounts.items()}
    known = [each for each in worth.values() if each is not None]
    kept = sorted(amounts, key=lambda token: (-(worth[token] or 0.0), token))[:MOST_TOKENS]
    return Removal(
        place=Place.of(row),
        pair=str(hexadecimal(pair)),
        remover=str(hexadecimal(sender)),
        shares=int.from_bytes(row["value_binary"], "big"),
        taken=tuple(sorted((str(hexadecimal(token)), amounts[token]) for token in kept)),
        is_insider=sender in _insiders.of_pair(tables[MEMORY], row, WINDOW_BLOCKS),
        dollars=fsum(known) if known else None,
    )


def _lookups(removal: Removal) -> tuple[Lookup, ...]:
    asked = (
        supply(removal.place, removal.pair),
        *(_owner_lookup(removal, token) for token, _ in removal.taken),
    )
    return tuple(lookup for lookup in asked if lookup is not None)


def _owner_lookup(removal: Removal, token: str) -> Lookup | None:
    place = removal.place
    if place.block_number is None:
        return None
    return call(token, OWNER, block_number=place.block_number, chain_id=place.chain_id)


def judge(removal: Removal, answers: Answers) -> Sighting | None:
    """A sighting where next to nothing is left and the remover owns one of the tokens, or made the pair."""
    left = number(supply(removal.place, removal.pair), answers)
    owned = [token for token, _ in removal.taken if _owner(removal, token, answers) == removal.remover]
    if (
        left is None
        or not (owned or removal.is_insider)
        or 100 * left > (100 - REMOVED_PERCENT) * (left + removal.shares)
    ):
        return None
    who = f"owns the token {owned[0]}" if owned else "made the pair or filled it first"
    told = ", ".join(f"{amount} of {token}" for token, amount in removal.taken)
    return Sighting(
        place=removal.place,
        severity=Severity.HIGH if removal.is_large(by_owner=bool(owned)) else Severity.MEDIUM,
        confidence=CONFIDENCE if owned else CONFIDENCE_INSIDER,
        title=f"The {'owner of a token' if owned else 'maker of a pair'} took its liquidity out",
        summary=f"{removal.remover} {who} and took {told} out of {removal.pair}: nearly all there was. Whoever holds "
        "the token can hardly sell it any more.",
        entities=(
            Entity("attacker", removal.remover),
            *(Entity("token", token) for token in owned[:1]),
            Entity("pool", removal.pair),
        ),
        values={
            "tokens": tuple(token for token, _ in removal.taken),
            "amounts": tuple(amount for _, amount in removal.taken),
            "shares_removed": removal.shares,
            "shares_left": left,
        },
        labels=(FAMILY,),
        key=removal.pair,
    )


def _owner(removal: Removal, token: str, answers: Answers) -> str | None:
    owner = number(_owner_lookup(removal, token), answers)
    return None if owner is None else f"0x{owner:040x}"


def _moved(giver: str, taker: str, value: int, **other: Any) -> dict[str, Any]:
    return {"standard": "erc20", "from_address": giver, "to_address": taker, "value": value, **other}


_NOBODY = "0x" + "0" * 40
_BURN = _moved("pair", _NOBODY, 999_000) | {"token_address": "pair"}
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
        "logs": Read(columns=("topic0", "data"), topic0=(_insiders.PAIR_CREATED,), optional=True),
        "prices": PRICES_READ,
    },
    memory=Memory(columns=_insiders.REMEMBERED, window_blocks=WINDOW_BLOCKS, remember=_insiders.remember),
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
            says="who made the pair a day before takes all of it; who filled another first takes what has no price",
            tables={
                "logs": [
                    {"topic0": _insiders.PAIR_CREATED, "data": literal.words("pair", 7), "transaction_hash": b"1" * 32}
                ],
                "transfers": [
                    *({**row, "block_number": 7_000} for row in (_BURN, *_OUT)),
                    _moved(_NOBODY, _NOBODY, 1_000) | {"token_address": "pond", "block_number": 2},
                    _moved(_NOBODY, "bob", 999_000) | {"token_address": "pond", "block_number": 2},
                    _moved("pond", _NOBODY, 999_000) | {"token_address": "pond", "block_number": 7_001},
                    _moved("pond", "bob", 70) | {"token_address": "moon", "block_number": 7_001},
                ],
                "transactions": [
                    {**_SENT, "transaction_hash": b"1" * 32},
                    {**_SENT, "block_number": 7_000},
                    {"from_address": "helper", "block_number": 2},
                    {"from_address": "bob", "block_number": 7_001},
                ],
                "prices": [{"token_address": "weth", "dollars_per_unit": 100.0}],
            },
            answers={("eth_call", "pair"): hex(1_000), ("eth_call", "pond"): hex(1_000)},
            finds=(
                {"severity": "high", "confidence": 0.7, "entities": {"pool": "pair"}},
                {"severity": "medium", "entities": {"attacker": "bob", "pool": "pond"}},
            ),
        ),
        Example(
            says="the owner takes all, and it is worth next to nothing; an empty burn beside it changes nothing",
            tables={
                "transfers": [_BURN, {**_BURN, "value": 0, "log_index": 9}, *_OUT],
                "transactions": [_SENT],
                "prices": [{"token_address": "weth", "dollars_per_unit": 0.1}],
            },
            answers=_MINE,
            finds=({"severity": "medium", "entities": {"token": "moon"}, "values": {"shares_removed": 999_000}},),
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
