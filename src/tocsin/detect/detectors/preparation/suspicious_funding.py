"""
A new account is paid with money whose origin is hidden or bad.

Nearly every attacker first needs a little native coin on an account that leads back to nobody.

## What it finds
Payments to accounts that have sent at most two transactions: out of a mixer's pool, by an account on a sanctions list
or reported for theft or fraud, or through up to three accounts that were themselves paid so within ten days. With
labels for them also by exchanges and over bridges.

* medium: by a flagged account, or through other accounts.
* low: out of a mixer, up to ten ether at a time.
* info: out of a mixer's larger pools, where attackers' small needs are rare; by an exchange or a bridge, which is how
  most people begin.

Confidence halves with every account in between.

## Why it matters
It is the first stage, hours or days before the attack. Alone it says little: people want privacy for good reasons.
Together with a contract that looks made for an attack, from the same account, it says a lot.

## Blind spots
Mixers whose pools announce withdrawals with another event, unless they are labelled. Exchanges, bridges, sanctioned and
reported accounts are known by labels alone: without labels none. Passing on is followed where it is a plain payment of
native coin; between the second and the third account only where it was the first thing an account ever sent, and at
least 0.1 coins. Ten days are counted in blocks of twelve seconds: on faster chains it is less. Without the call tree
what contracts pay in native coin is not seen. Whether an account is new must be answered by a node.

## Triage
Do nothing about it alone. Look what the account does next: does it create a contract, and does that name one of yours?

## References
- https://docs.forta.network/en/latest/ (funding bots: at most two transactions, pools up to ten ether)
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from tocsin.detect.accounts import Account, account
from tocsin.detect.detector import MEMORY, Answered, Detector, Example, Memory, Question
from tocsin.detect.detectors.preparation import _funding
from tocsin.detect.detectors.preparation._funding import BRIDGE, EXCHANGE, FLAGGED, FUNDINGS, LEAST_DOLLARS, MIXER
from tocsin.detect.detectors.preparation._origins import CONFIDENCE, Origin, Origins
from tocsin.detect.labels import Labels
from tocsin.detect.worth import Prices
from tocsin.model.finding import Entity, Place, Severity, Sighting, hexadecimal
from tocsin.model.lookups import Answers, Lookup, code, transaction_count
from tocsin.tables import literal
from tocsin.tables.columns import NATIVE
from tocsin.tables.dataset import Tables

WINDOW_BLOCKS = 72_000
"""Ten days of blocks of twelve seconds (reference: detection, section 4.16)."""
LARGE_COINS = 10.0
"""Of pools that pay more at a time the payment is only recorded (reference: detection, section 4.16)."""
LARGE_DOLLARS = 20_000.0
"""The same for pools of tokens: ten ether at the reference price."""
STAGE = "stage:funding"
_WORDS = {MIXER: "a mixer", FLAGGED: "a flagged account", EXCHANGE: "an exchange", BRIDGE: "a bridge"}


@dataclass(frozen=True, slots=True)
class Funding:
    """One payment to an account that may be new."""

    place: Place
    account: str
    payer: str
    origin: Origin
    token: str
    amount: int
    is_large: bool


def run(tables: Tables) -> Iterator[Question]:
    """A question whether the account is new, for each payment whose origin is known."""
    labels = Labels.of(tables)
    direct = list(_direct(tables))
    passed_on = _passed_on(tables, {(each.place.transaction_hash, each.account) for each in direct})
    for funding in (*direct, *passed_on):
        place = funding.place
        if not labels.kinds(place.chain_id, bytes.fromhex(funding.account[2:])):
            yield Question(lookups=_asked(funding), candidate=funding)


def _direct(tables: Tables) -> Iterator[Funding]:
    if tables[FUNDINGS].is_empty():
        return
    paid = tables[FUNDINGS].sort("kind", descending=True)
    rows = paid.unique(["chain_id", "block_hash", "transaction_hash", "account"], keep="first", maintain_order=True)
    for row in rows.iter_rows(named=True):
        is_native = row["token"] == NATIVE
        large = row["value_f64"] > LARGE_COINS * _funding.COIN if is_native else row["dollars"] > LARGE_DOLLARS
        origin = Origin(0, row["kind"], row["source"])
        yield _funded(row, "account", "source", origin, row["token"], is_large=bool(large))


def _passed_on(tables: Tables, known: set[tuple[str | None, str]]) -> Iterator[Funding]:
    """Payments by accounts whose own money has an origin."""
    origins = Origins(tables[MEMORY], tables["transactions"]["from_address"], WINDOW_BLOCKS)
    if not origins:
        return
    paid, prices = _funding.payments(tables, 0.0), Prices.of(tables)
    for row in paid.iter_rows(named=True):
        position = row["block_number"], row["transaction_index"]
        origin = origins.of(row["chain_id"], row["from_address"], position)
        if origin is None or row["from_address"] == row["to_address"]:
            continue
        funding = _funded(row, "to_address", "from_address", origin.passed_on(), NATIVE)
        is_enough = (prices.dollars(row["chain_id"], NATIVE, funding.amount) or 0.0) >= LEAST_DOLLARS
        if is_enough and (funding.place.transaction_hash, funding.account) not in known:
            yield funding


def _funded(
    row: dict[str, Any], account: str, payer: str, origin: Origin, token: bytes, *, is_large: bool = False
) -> Funding:
    return Funding(
        place=Place.of(row),
        account=str(hexadecimal(row[account])),
        payer=str(hexadecimal(row[payer])),
        origin=origin,
        token=str(hexadecimal(token)),
        amount=int.from_bytes(row["value_binary"], "big"),
        is_large=is_large,
    )


def _asked(funding: Funding) -> tuple[Lookup, ...]:
    height, chain = funding.place.block_number, funding.place.chain_id
    if height is None:
        return ()
    return tuple(ask(funding.account, block_number=height, chain_id=chain) for ask in (code, transaction_count))


def judge(funding: Funding, answers: Answers) -> Sighting | None:
    """A sighting where the account is new."""
    paid = account(funding.place, funding.account, answers)
    if not paid.is_fresh:
        return None
    origin = funding.origin
    source = str(hexadecimal(origin.source))
    return Sighting(
        place=funding.place,
        severity=_severity(funding),
        confidence=origin.confidence,
        title=f"A new account was paid with money from {_WORDS[origin.kind]}",
        summary=_summary(funding, paid, source),
        entities=(
            Entity("funded", funding.account),
            Entity("payer", funding.payer),
            *(() if source == funding.payer else (Entity("source", source),)),
        ),
        values={"amount": funding.amount, "token": funding.token, "source": origin.kind, "hops": origin.hops},
        labels=(STAGE, f"funding:{origin.kind}"),
        key=funding.account,
    )


def _severity(funding: Funding) -> Severity:
    if funding.origin.kind == FLAGGED or funding.origin.hops:
        return Severity.MEDIUM
    return Severity.LOW if funding.origin.kind == MIXER and not funding.is_large else Severity.INFO


def _summary(funding: Funding, paid: Account, source: str) -> str:
    origin = funding.origin
    told = f"{paid.described} was paid {funding.amount} of {funding.token} by {funding.payer}"
    if not origin.hops:
        return f"{told}, which is {_WORDS[origin.kind]}."
    through = "one account" if origin.hops == 1 else f"{origin.hops} accounts"
    return f"{told}. The money came from {_WORDS[origin.kind]}, {source}, and was passed on by {through}."


_ETHER = 10**18
_FRESH: Answered = {
    (method, name): answer
    for name in ("mallory", "second", "third", "fourth", "fifth")
    for method, answer in (("eth_getCode", "0x"), ("eth_getTransactionCount", "0x1"))
}


def _paid(block: int, giver: str, taker: str, ether: float = 1.0, nonce: int = 0) -> dict[str, Any]:
    return {
        "block_number": block, "from_address": giver, "to_address": taker, "value": int(ether * _ETHER),
        "nonce": nonce, "success": True,
    }  # fmt: skip


def _transfer(block: int, giver: str, taker: str, ether: float = 1.0) -> dict[str, Any]:
    return {
        "block_number": block, "token_address": NATIVE, "standard": "native", "from_address": giver,
        "to_address": taker, "value": int(ether * _ETHER),
    }  # fmt: skip


def _withdrawal(block: int, taker: str) -> dict[str, Any]:
    data = literal.words(taker, 77, 10**15)
    return {"block_number": block, "address": "pool", "topic0": _funding.WITHDRAWAL, "data": data}


def _mixed(block: int, taker: str, ether: float = 1.0) -> dict[str, Any]:
    return {"logs": [_withdrawal(block, taker)], "transfers": [_transfer(block, "pool", taker, ether)]}


def _chain(*accounts: str, nonce: int = 0) -> list[dict[str, Any]]:
    """Each pays the next, a block later."""
    pairs = pairwise(accounts)
    return [_paid(block, *pair, nonce=nonce) for block, pair in enumerate(pairs, 2)]


def _labelled(kind: str) -> dict[str, Any]:
    return {"labels": [{"address": "pool", "kind": kind}]}


detector = Detector(
    id="suspicious-funding",
    severity=Severity.MEDIUM,
    reads=_funding.READS,
    memory=Memory(
        columns=_funding.REMEMBERED,
        window_blocks=WINDOW_BLOCKS,
        remember=_funding.remember,
        prepare=_funding.prepare,
    ),
    run=run,
    judge=judge,
    examples=(
        Example(
            says="one ether out of a mixer for an account that has done nothing yet",
            tables=_mixed(1, "mallory"),
            answers=_FRESH,
            finds=(
                {
                    "severity": "low",
                    "confidence": CONFIDENCE[MIXER],
                    "entities": {"funded": "mallory", "payer": "pool"},
                    "values": {"amount": _ETHER, "hops": 0},
                    "labels": [STAGE, "funding:mixer"],
                },
            ),
        ),
        Example(
            says="a hundred ether out of a mixer are only recorded",
            tables=_mixed(1, "mallory", 100.0),
            answers=_FRESH,
            finds=({"severity": "info"},),
        ),
        Example(
            says="money from a mixer is passed on, and on, and on; the fourth account is one too many",
            tables={
                **_mixed(1, "mallory"),
                "transactions": _chain("mallory", "second", "third", "fourth", "fifth"),
            },
            answers=_FRESH,
            finds=(
                {"severity": "low"},
                {"severity": "medium", "confidence": 0.25, "entities": {"funded": "second", "source": "pool"}},
                {"severity": "medium", "confidence": 0.125, "entities": {"funded": "third"}, "values": {"hops": 2}},
                {"severity": "medium", "confidence": 0.0625, "entities": {"funded": "fourth"}, "values": {"hops": 3}},
            ),
        ),
        Example(
            says="a reported account pays a new one",
            tables={**_labelled("exploit"), "transfers": [_transfer(1, "pool", "mallory")]},
            answers=_FRESH,
            finds=({"severity": "medium", "confidence": 0.6, "values": {"source": FLAGGED}},),
        ),
        Example(
            says="two ether from an exchange are recorded, less is not",
            tables={
                **_labelled("exchange"),
                "transfers": [_transfer(1, "pool", "mallory", 2.0), _transfer(2, "pool", "second", 1.0)],
            },
            answers=_FRESH,
            finds=({"severity": "info", "confidence": 0.1},),
        ),
        Example(
            says="an account that is used to sending, and one that nobody could look up",
            tables={
                "logs": [_withdrawal(1, "bob"), _withdrawal(2, "carol")],
                "transfers": [_transfer(1, "pool", "bob"), _transfer(2, "pool", "carol")],
            },
            answers={("eth_getCode", "bob"): "0x", ("eth_getTransactionCount", "bob"): "0x7"},
        ),
        Example(
            says="a pool that announces what it does not pay, and an account that pays before it is paid itself",
            tables={
                "logs": [_withdrawal(1, "mallory"), _withdrawal(3, "second")],
                "transfers": [_transfer(3, "pool", "second")],
                "transactions": [_paid(2, "second", "third")],
                "labels": [{"address": "second", "kind": "service"}],
            },
            answers=_FRESH,
        ),
    ),
)
