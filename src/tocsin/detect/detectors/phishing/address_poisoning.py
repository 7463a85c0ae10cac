"""
A look-alike of an address somebody really pays was planted in their history, or was paid.

Wallets shorten addresses, and people copy them from their history. The poisoner makes an address with the same first
and last digits as one the victim has paid, and gets it into the victim's history by a transfer of nothing, of dust, or
of a worthless token of the same name. The next time, the victim copies the wrong one.

## What it finds
It remembers who paid whom for a day of blocks and compares each new address with those the same account paid before.

* critical: an account paid an address that looks like one it had paid before. With a planted transfer in between, two
  equal digits at both ends are enough; without one, three, and so many that chance is ruled out. At least a dollar's
  worth, where the worth is known.
* low: an attempt. One finding for each transaction, however many victims it names. How alike the addresses must be
  depends on the shape of the transfer: see `SHAPES`. It is sure with four digits at both ends, or three where the
  transaction holds three such transfers and more.

A payment counts as the account's own when it sent the transaction or was the contract the transaction called.

## Why it matters
It is the most common fraud against people who pay from a wallet, and a single payment is often all they had. Attempts
alone cost nothing and come by the million: they are there to name the poisoner.

## Blind spots
Payments more than a day apart: longer histories do not fit in memory. Payments of native coin, and those an ERC-4337
wallet makes through a bundler. Look-alikes that match only one end. A second address of the user's own that was made to
look like the first is taken for an attack.

## Triage
Compare the whole address with the one that was meant. If it is wrong, the money is gone as soon as the poisoner moves
it: tell the issuer of the token and the exchanges at once. Take the look-alike out of address books and histories.

## References
Tsuchiya et al., Blockchain Address Poisoning, USENIX Security 2025; the address poisoning bot of Forta.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from tocsin.detect import actors
from tocsin.detect.detector import MEMORY, Detector, Example, Memory, Read
from tocsin.detect.detectors.phishing._history import FOUND, MOVES, REMEMBERED, SHAPES, History, prepare, remember
from tocsin.detect.detectors.phishing._look_alikes import Likeness
from tocsin.detect.worth import PRICES_READ, Prices, about
from tocsin.model.finding import Entity, Place, Severity, Sighting, hexadecimal
from tocsin.tables.dataset import Tables

WINDOW_BLOCKS = 7_200
"""A day of Ethereum blocks. The reference asks for 90 days of history, which does not fit in memory."""
PLANTED_DIGITS = (2, 2)
"""First and last digits that must be equal when a transfer had planted the address."""
PAID_DIGITS = (3, 3)
"""The same without such a transfer (reference: detection, section 4.31)."""
MOST_CHANCE = 1e-6
"""Without a planted transfer: how likely the likeness may be by chance, given how many others the account paid."""
SHOWN = 20
"""How many pairs of victim and look-alike a finding names; it always says how many there are."""

SURE_DIGITS = (4, 4)
"""First and last digits that make an attempt sure (reference: detection, section 4.31)."""
BATCH = 3
"""With so many such transfers in the transaction, `PAID_DIGITS` do (the same)."""
CONFIDENCE_ATTEMPT = 0.8
CONFIDENCE_UNSURE = 0.6
CONFIDENCE_PLANTED = 0.9
CONFIDENCE_PAID = 0.8


@dataclass(frozen=True, slots=True)
class Hit:
    """An address beside the one it imitates."""

    row: Mapping[str, Any]
    intended: bytes
    likeness: Likeness
    is_planted: bool


def run(tables: Tables) -> Iterator[Sighting]:
    """The payments to look-alikes, and the transactions that plant them."""
    found = tables[FOUND]
    history = History.of(tables[MEMORY], found, WINDOW_BLOCKS)
    hits = [hit for row in history.suspicious(found) if (hit := _hit(row, history)) is not None]
    yield from _payoffs(Prices.of(tables), (hit for hit in hits if hit.row["shape"] == "payment"))
    yield from _attempts(found, [hit for hit in hits if hit.row["shape"] != "payment"])


def _hit(row: Mapping[str, Any], history: History) -> Hit | None:
    """The address that the row's other party imitates, if it is alike enough for what the row is."""
    twin = history.twin(row)
    if twin is None:
        return None
    intended, alike = twin
    if row["shape"] != "payment":
        return Hit(row, intended, alike, is_planted=True) if alike.reaches(*SHAPES[row["shape"]]) else None
    if alike.reaches(*PLANTED_DIGITS) and history.is_planted(row):
        return Hit(row, intended, alike, is_planted=True)
    is_sure = alike.reaches(*PAID_DIGITS) and alike.chance(history.recipients(row)) <= MOST_CHANCE
    return Hit(row, intended, alike, is_planted=False) if is_sure else None


def _payoffs(prices: Prices, hits: Iterator[Hit]) -> Iterator[Sighting]:
    """One for each victim, look-alike and token in a transaction."""
    grouped: dict[tuple[Any, ...], list[Hit]] = {}
    for hit in hits:
        row = hit.row
        grouped.setdefault((*_transaction(row), *(row[n] for n in ("owner", "other", "token_address"))), []).append(hit)
    for (*_, owner, other, token), group in grouped.items():
        yield _payoff(prices, group, *(hexadecimal(raw) or "" for raw in (owner, other, token)))


def _payoff(prices: Prices, group: list[Hit], owner: str, other: str, token: str) -> Sighting:
    hit = group[0]
    amount = sum(int.from_bytes(each.row["value_binary"], "big") for each in group)
    worth = prices.dollars(hit.row["chain_id"], hit.row["token_address"], amount) or 0.0
    intended = hexadecimal(hit.intended) or ""
    how = "planted in its history by an earlier transfer" if hit.is_planted else "which it had not paid before"
    return Sighting(
        place=Place.of(hit.row),
        severity=Severity.CRITICAL,
        confidence=CONFIDENCE_PLANTED if hit.is_planted else CONFIDENCE_PAID,
        title=f"A look-alike of a known recipient was paid{f' {about(worth)}' if worth >= 1 else ''}",
        summary=f"{owner} sent {amount} base units of {token} to {other}, {how}. It looks like {intended}, which "
        f"{owner} had paid earlier: {hit.likeness.first} first and {hit.likeness.last} last digits are the same.",
        entities=(
            Entity("victim", owner),
            Entity("attacker", other),
            Entity("intended", intended),
            Entity("token", token),
        ),
        values={
            "kind": "payoff",
            "token": token,
            "amount": amount,
            "first_digits": hit.likeness.first,
            "last_digits": hit.likeness.last,
            "planted": hit.is_planted,
        },
        key=f"payoff:{owner}:{other}:{token}",
    )


def _attempts(found: pl.DataFrame, hits: list[Hit]) -> Iterator[Sighting]:
    """One for each transaction."""
    grouped: dict[tuple[Any, ...], list[Hit]] = {}
    for hit in hits:
        grouped.setdefault(_transaction(hit.row), []).append(hit)
    sizes = Counter(found.filter(pl.col("shape") != "payment")[list(actors.SAME)].rows()) if grouped else Counter()
    for key, group in grouped.items():
        ordered = sorted(group, key=lambda hit: (hit.row["owner"], hit.row["other"], hit.row["shape"]))
        yield _attempt(ordered, is_batch=sizes[key] >= BATCH)


def _attempt(group: list[Hit], *, is_batch: bool) -> Sighting:
    pairs = list(dict.fromkeys((hit.row["owner"], hit.row["other"], hit.intended) for hit in group))
    shapes = sorted({hit.row["shape"] for hit in group})
    is_sure = any(hit.likeness.reaches(*(PAID_DIGITS if is_batch else SURE_DIGITS)) for hit in group)
    roles = ("victim", "attacker", "intended")
    named = ((role, hexadecimal(raw) or "") for pair in pairs[:SHOWN] for role, raw in zip(roles, pair, strict=True))
    return Sighting(
        place=Place.of(group[0].row),
        severity=Severity.LOW,
        confidence=CONFIDENCE_ATTEMPT if is_sure else CONFIDENCE_UNSURE,
        title="Look-alike addresses were planted",
        summary=f"Transfers of no or little worth put {len({pair[1] for pair in pairs})} addresses into the histories "
        f"of {len({pair[0] for pair in pairs})} accounts; each looks like one the account had paid before.",
        entities=tuple(Entity(role, address) for role, address in dict.fromkeys(named)),
        values={"kind": "attempt", "pairs": len(pairs), "shapes": tuple(shapes)},
        key="attempt",
    )


def _transaction(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in actors.SAME)


_DOLLARS = "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48"
_REAL = "0xa7b4111111111111111111111111111111190570"
_FAKE = "0xa7b4222222222222222222222222222222290570"
_NEAR = "0xa733333333333333333333333333333333333370"
_THREE = "0xa7b5333333333333333333333333333333333570"
_COUNTERFEIT = {"token_address": "fake-dollar", "log_index": 1}
_CENT, _DOLLAR = 10_000, 1_000_000


def _move(block: int, source: str, target: str, value: int, **other: Any) -> dict[str, Any]:
    return {
        "block_number": block, "token_address": _DOLLARS, "standard": "erc20",
        "from_address": source, "to_address": target, "value": value, **other,
    }  # fmt: skip


def _sent(block: int, sender: str, called: str = _DOLLARS) -> dict[str, Any]:
    return {"block_number": block, "from_address": sender, "to_address": called}


_PAID = (_move(1, "victim", _REAL, 500 * _DOLLAR), _sent(1, "victim"))

detector = Detector(
    id="address-poisoning",
    severity=Severity.CRITICAL,
    reads={
        "transfers": Read(columns=MOVES),
        "transactions": Read(columns=("from_address", "to_address"), optional=True),
        "prices": PRICES_READ,
    },
    memory=Memory(columns=REMEMBERED, window_blocks=WINDOW_BLOCKS, remember=remember, prepare=prepare),
    run=run,
    examples=(
        Example(
            says="a transfer of nothing plants a look-alike, and the victim pays it",
            tables={
                "transfers": [
                    _PAID[0],
                    _move(2, "victim", _FAKE, 0),
                    _move(9, "victim", _FAKE, 700 * _DOLLAR),
                ],
                "transactions": [_PAID[1], _sent(2, "poisoner", "spoofer"), _sent(9, "victim")],
            },
            finds=(
                {"block_number": 2, "severity": "low", "entities": {"victim": "victim", "attacker": _FAKE}},
                {
                    "block_number": 9,
                    "severity": "critical",
                    "confidence": 0.9,
                    "entities": {"victim": "victim", "attacker": _FAKE, "intended": _REAL},
                    "values": {"amount": 700 * _DOLLAR, "planted": True},
                },
            ),
        ),
        Example(
            says="a payment to a look-alike that was never planted is found by the digits alone, senders known or not",
            tables={"transfers": [_PAID[0], _move(9, "victim", _FAKE, 700 * _DOLLAR)]},
            finds=({"severity": "critical", "confidence": 0.8, "values": {"first_digits": 4, "last_digits": 5}},),
        ),
        Example(
            says="two digits at both ends are enough when the transfer is plainly forged",
            tables={
                "transfers": [_PAID[0], _move(2, "victim", _NEAR, 0), _move(9, "victim", _NEAR, 2 * _DOLLAR)],
                "transactions": [_PAID[1], _sent(2, "poisoner", "spoofer"), _sent(9, "victim")],
            },
            finds=({"severity": "low", "confidence": 0.6}, {"severity": "critical", "values": {"planted": True}}),
        ),
        Example(
            says="three forged transfers in one transaction: three digits at both ends are enough to be sure",
            tables={
                "transfers": [
                    _PAID[0],
                    *(_move(2, who, _THREE, 0, log_index=at) for at, who in enumerate(("victim", "bob", "carol"))),
                ],
                "transactions": [_PAID[1], _sent(2, "poisoner", "spoofer")],
            },
            finds=({"severity": "low", "confidence": 0.8, "values": {"pairs": 1}},),
        ),
        Example(
            says="dust and a worthless token from a look-alike are one attempt",
            tables={
                "transfers": [
                    _PAID[0],
                    _move(2, _FAKE, "victim", _CENT),
                    _move(2, "victim", _FAKE, 500 * _DOLLAR, **_COUNTERFEIT),
                ],
                "transactions": [_PAID[1], _sent(2, "poisoner", "spoofer")],
            },
            finds=({"severity": "low", "values": {"pairs": 1, "shapes": ["counterfeit", "dust"]}},),
        ),
        Example(
            says="paying the same address again, another address, or dust is ordinary",
            tables={
                "transfers": [
                    _PAID[0],
                    _move(2, "victim", _REAL, 5 * _DOLLAR),
                    _move(3, "victim", "0x" + "5c" * 20, 5 * _DOLLAR),
                    _move(4, "other", _FAKE, 5 * _DOLLAR),
                    _move(5, "victim", _FAKE, _CENT),
                ],
                "transactions": [_PAID[1], *(_sent(block, "victim") for block in (2, 3, 5)), _sent(4, "other")],
            },
        ),
        Example(
            says="what lies more than a day of blocks back is forgotten",
            tables={"transfers": [_PAID[0], _move(WINDOW_BLOCKS + 2, "victim", _FAKE, 700 * _DOLLAR)]},
        ),
        Example(
            says="the address that was paid first is not the look-alike of the one that came later",
            tables={
                "transfers": [
                    _PAID[0],
                    _move(2, "victim", _FAKE, 5 * _DOLLAR),
                    _move(3, "victim", _REAL, 5 * _DOLLAR),
                ]
            },
            finds=({"block_number": 2},),
        ),
    ),
)
