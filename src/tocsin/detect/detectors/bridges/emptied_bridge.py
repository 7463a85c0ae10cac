"""
A bridge paid nearly all that it holds of a token to one account, in one transaction.

Seen on the paying chain alone: it needs no second chain, and says nothing about whether the payment was due.

## What it finds
An arrival at a known bridge, in whose transaction the bridge, or the contract its message was for, pays out at least
99 % of what it held of a token or of the native coin.

* high: the largest part goes to an account that has hardly sent a transaction, or a contract younger than a day, and
  it is worth waking somebody: 50 000 dollars or more, or the contract is labelled as watched or as a bridge.
* medium: it goes to somebody else, and is worth as much; or the token has no price, it is 1 % of the supply or more,
  and nobody has labelled the contract.

## Why it matters
Who has forged a message takes everything at once, before anybody else can: honest customers leave others' money in. It
is the first thing seen where nobody watches the other chain.

## Blind spots
A thief who leaves more than a hundredth, or takes it in portions; one who is paid at an account with a history. The
last customer who leaves a small bridge looks the same. Bridges that are not known, and vaults that pay without being
named in the bridge's event. What is left, and who the receiver is, must be answered by a node. More than 16 tokens of
one vault in one transaction.

## Triage
Look up on the other chain what was sent for it. If nobody watches that chain, ask the bridge's operators; until they
have answered, pause it.

## References
- https://arxiv.org/abs/2410.02029
- https://rekt.news/leaderboard
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from tocsin.chain.signatures import topic
from tocsin.detect.accounts import Account, account, questions
from tocsin.detect.detector import Answered, Detector, Example, Question, Read
from tocsin.detect.detectors._held import held, supply
from tocsin.detect.detectors.bridges._families import EVENTS, FAMILY, PROCESS, Role
from tocsin.detect.fusion import NEVER_LOWERED
from tocsin.detect.labels import LABELS_READ, Labels
from tocsin.detect.worth import PRICES_READ, Prices, about
from tocsin.model.finding import Entity, Place, Severity, Sighting, hexadecimal
from tocsin.model.lookups import Answers, Lookup, number
from tocsin.tables import literal
from tocsin.tables.columns import ZERO
from tocsin.tables.dataset import Tables

ALL_PERCENT = 99
"""Of what the vault held (known from earlier thefts: they leave nothing)."""
LEAST_DOLLARS = 50_000.0
LEAST_SUPPLY_PERCENT = 1
"""As for mints (reference: detection, section 4.26)."""
MOST_TOKENS = 16
"""Of one vault in one transaction that are asked about: anybody can make up tokens, and events of bridges."""
CONFIDENCE = {Severity.HIGH: 0.75, Severity.MEDIUM: 0.5}

ARRIVALS = (*dict.fromkeys(event.topic0 for event in EVENTS if event.role is Role.RELEASE), PROCESS)
_ENTRY = ("chain_id", "block_number", "transaction_hash", "vault", "token_address")


@dataclass(frozen=True, slots=True)
class Payout:
    """What a vault paid of one token in one transaction."""

    place: Place
    vault: str
    token: bytes
    amount: int
    receiver: str
    """Of the largest part."""
    dollars: float | None
    kinds: frozenset[str]
    """What the vault is known to be."""

    @property
    def is_labelled(self) -> bool:
        """The vault is known as a bridge, or as watched."""
        return not self.kinds.isdisjoint({"watched", "bridge"})


def run(tables: Tables) -> Iterator[Question]:
    """A question about each payment of a vault that may be worth waking somebody."""
    if tables["logs"].is_empty():
        return
    prices, labels = Prices.of(tables), Labels.of(tables)
    paid = tables["transfers"].filter(pl.col("standard").is_in(["erc20", "native"]) & (pl.col("value_f64") > 0))
    of_vaults = paid.join(
        _vaults(tables["logs"]), left_on=("chain_id", "block_number", "transaction_hash", "from_address"),
        right_on=("chain_id", "block_number", "transaction_hash", "vault"), how="inner",
    )  # fmt: skip
    parts = of_vaults.rename({"from_address": "vault"}).partition_by(*_ENTRY, maintain_order=False)
    payouts = (_payout(rows.to_dicts(), prices, labels) for rows in parts)
    asked = Counter[tuple[Place, str]]()
    for payout in sorted(payouts, key=lambda each: (-(each.dollars or 0.0), each.vault, each.token)):
        if payout.dollars is None or payout.is_labelled or payout.dollars >= LEAST_DOLLARS:
            asked[payout.place, payout.vault] += 1
            if asked[payout.place, payout.vault] <= MOST_TOKENS:
                yield Question(lookups=_lookups(payout), candidate=payout)


def _vaults(logs: pl.DataFrame) -> pl.DataFrame:
    """By transaction, the contracts that an arrival may pay from."""
    place = ("chain_id", "block_number", "transaction_hash")
    called = logs.filter(pl.col("topic0") == PROCESS).select(*place, vault=pl.col("topic3").bin.slice(12, 20))
    return pl.concat([logs.select(*place, vault=pl.col("address")), called]).filter(pl.col("vault") != ZERO).unique()


def _payout(rows: list[dict[str, Any]], prices: Prices, labels: Labels) -> Payout:
    first, parts = rows[0], dict[bytes, int]()
    for row in rows:
        parts[row["to_address"]] = parts.get(row["to_address"], 0) + int.from_bytes(row["value_binary"], "big")
    total = sum(parts.values())
    receiver = max(parts, key=lambda to: (parts[to], to))
    return Payout(
        place=Place.of(first),
        vault=str(hexadecimal(first["vault"])),
        token=first["token_address"],
        amount=total,
        receiver=str(hexadecimal(receiver)),
        dollars=prices.dollars(first["chain_id"], first["token_address"], total),
        kinds=labels.kinds(first["chain_id"], first["vault"]),
    )


def _lookups(payout: Payout) -> tuple[Lookup, ...]:
    asked = (_left(payout), supply(payout.place, _hex(payout.token)) if payout.dollars is None else None)
    return (*questions(payout.place, [payout.receiver]), *(lookup for lookup in asked if lookup is not None))


def _left(payout: Payout) -> Lookup | None:
    """What the vault holds after the block."""
    return held(payout.place, payout.vault, _hex(payout.token))


def judge(payout: Payout, answers: Answers) -> Sighting | None:
    """A sighting where next to nothing is left and what is gone matters."""
    left = number(_left(payout), answers)
    if left is None or 100 * payout.amount < ALL_PERCENT * (payout.amount + left) or not _matters(payout, answers):
        return None
    receiver = account(payout.place, payout.receiver, answers)
    is_sure = (receiver.is_fresh or receiver.is_young) and (payout.is_labelled or payout.dollars is not None)
    severity = Severity.HIGH if is_sure else Severity.MEDIUM
    return _sighting(payout, receiver, left, severity)


def _matters(payout: Payout, answers: Answers) -> bool:
    if payout.is_labelled or payout.dollars is not None:
        return True  # what is worth less has not been asked about
    there_is = number(supply(payout.place, _hex(payout.token)), answers)
    return bool(there_is) and 100 * payout.amount >= LEAST_SUPPLY_PERCENT * (there_is or 0)


def _sighting(payout: Payout, receiver: Account, left: int, severity: Severity) -> Sighting:
    worth = "" if payout.dollars is None else f", {about(payout.dollars)},"
    return Sighting(
        place=payout.place,
        severity=severity,
        confidence=CONFIDENCE[severity],
        title="A bridge paid out nearly all that it held of a token",
        summary=f"With a message that arrived over a bridge, {payout.vault} paid {payout.amount} base units of "
        f"{_hex(payout.token)}{worth} and holds {left} of {_hex(payout.token)} now. Most of it went to "
        f"{receiver.described}. Whether anything was sent for it on the other chain cannot be seen here.",
        entities=(
            Entity("bridge", payout.vault),
            Entity("beneficiary", payout.receiver),
            Entity("token", _hex(payout.token)),
        ),
        values={"token": _hex(payout.token), "amount": payout.amount, "left": left},
        labels=(FAMILY, *((NEVER_LOWERED,) if "watched" in payout.kinds else ())),
        key=f"{payout.vault}:{_hex(payout.token)}",
    )


def _hex(raw: bytes) -> str:
    return str(hexadecimal(raw))


def _arrived(signature: str = "Released(bytes32,uint256,address,uint256,uint256)", **topics: Any) -> dict[str, Any]:
    return {"address": "bridge", "topic0": topic(signature), **topics}


def _paid(to: str, value: int, giver: str = "bridge") -> dict[str, Any]:
    return {"standard": "erc20", "token_address": "coin", "from_address": giver, "to_address": to, "value": value}


_FRESH: Answered = {("eth_getCode", "mallory"): "0x", ("eth_getTransactionCount", "mallory"): "0x0"}
_EMPTY: Answered = {**_FRESH, ("eth_call", "coin"): hex(7)}
_PRICED: tuple[Mapping[str, Any], ...] = ({"chain_id": 1, "token_address": "coin", "dollars_per_unit": 100.0},)

detector = Detector(
    id="emptied-bridge",
    severity=Severity.HIGH,
    reads={
        "logs": Read(columns=("address", "topic0", "topic3"), topic0=ARRIVALS),
        "transfers": Read(
            columns=("token_address", "standard", "from_address", "to_address", "value_binary", "value_f64")
        ),
        "prices": PRICES_READ,
        "labels": LABELS_READ,
    },
    run=run,
    judge=judge,
    examples=(
        Example(
            says="all a bridge holds goes to a fresh account, in two parts",
            tables={
                "logs": [_arrived()],
                "transfers": [_paid("mallory", 900), _paid("relayer", 100)],
                "prices": _PRICED,
            },
            answers=_EMPTY,
            finds=(
                {
                    "severity": "high",
                    "entities": {"bridge": "bridge", "beneficiary": "mallory", "token": "coin"},
                    "values": {"amount": 1_000, "left": 7},
                },
            ),
        ),
        Example(
            says="the route that a Hyperlane message is for pays; of a token without a price, nearly all there is",
            tables={
                "logs": [
                    _arrived("ProcessId(bytes32)"),
                    _arrived("Process(uint32,bytes32,address)", topic3=literal.topic("route")),
                ],
                "transfers": [_paid("mallory", 1_000, "route")],
            },
            answers=_EMPTY,
            finds=({"severity": "medium", "entities": {"bridge": "route"}},),
        ),
        Example(
            says="a watched bridge that is emptied of little",
            tables={
                "logs": [_arrived()],
                "transfers": [_paid("mallory", 1_000)],
                "prices": [{"chain_id": 1, "token_address": "coin", "dollars_per_unit": 0.5}],
                "labels": [{"chain_id": 1, "address": "bridge", "kind": "watched"}],
            },
            answers=_EMPTY,
            finds=({"severity": "high", "labels": ["family:bridge", "watched-loss"]},),
        ),
        Example(
            says="to an account with a history it is medium",
            tables={"logs": [_arrived()], "transfers": [_paid("bob", 1_000)], "prices": _PRICED},
            answers={
                ("eth_getCode", "bob"): "0x",
                ("eth_getTransactionCount", "bob"): "0x63",
                ("eth_call", "coin"): "0x0",
            },
            finds=({"severity": "medium"},),
        ),
        Example(
            says="a large payment that leaves as much",
            tables={"logs": [_arrived()], "transfers": [_paid("mallory", 1_000)], "prices": _PRICED},
            answers={**_FRESH, ("eth_call", "coin"): hex(1_000)},
        ),
        Example(
            says="a payment of little worth",
            tables={"logs": [_arrived()], "transfers": [_paid("mallory", 100)], "prices": _PRICED},
            answers=_EMPTY,
        ),
        Example(
            says="nothing arrived, or nobody answers",
            tables={
                "logs": [{**_arrived(), "block_number": 2}],
                "transfers": [_paid("mallory", 1_000), {**_paid("mallory", 1_000), "block_number": 2}],
                "prices": _PRICED,
            },
        ),
    ),
)
