"""
Value went to or came from an account on a sanctions list.

## What it finds
One finding for each transaction and sanctioned account that paid or was paid at least twenty dollars' worth.

* medium: the other side is the organisation's: an account it protects or owns.
* low: it paid or was paid ten thousand dollars or more.
* info: any other.

## Why it matters
Whoever deals with a sanctioned account may break the law, knowingly or not, and exchanges and issuers may freeze what
came from one. Those who handle others' money must notice and report it.

## Blind spots
It knows the accounts in the label table, and no others. Tokens without a price. Money that passed through another
account first: see laundering. That somebody sends dust to spoil others' names is why the sum is told.

## Triage
If the other side is yours: do not move the money on; ask whoever answers for compliance. Who sent it unasked is no
partner, but note it.

## References
- https://ofac.treasury.gov/specially-designated-nationals-and-blocked-persons-list-sdn-human-readable-lists
- https://github.com/forta-network/starter-kits
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import polars as pl

from tocsin.detect import actors
from tocsin.detect.detector import Detector, Example, Read
from tocsin.detect.detectors.theft._known import is_labelled
from tocsin.detect.labels import LABELS_READ, Labels
from tocsin.detect.worth import PRICES_READ, Prices, about
from tocsin.intel.kinds import OURS
from tocsin.model.finding import Entity, Place, Severity, Sighting, hexadecimal
from tocsin.tables.dataset import Tables

LEAST_DOLLARS = 20.0
"""Together, in a transaction: less is dust (reference: detection, section 4.37)."""
LOW_DOLLARS = 10_000.0
"""The first tier (the same)."""
SANCTIONED = frozenset(("sanctioned",))
CONFIDENCE = 0.9
SHOWN = 20
"""How many other accounts a finding names."""


def run(tables: Tables) -> Iterator[Sighting]:
    """One for each transaction and sanctioned account in it."""
    transfers, labels = tables["transfers"], Labels.of(tables)
    if transfers.is_empty():
        return
    is_from, is_to = (
        is_labelled(transfers["chain_id"], transfers[side], labels, SANCTIONED)
        for side in ("from_address", "to_address")
    )
    rows = np.flatnonzero(is_from | is_to)
    if not rows.size:
        return
    worth = Prices.of(tables).with_dollars(transfers[rows], "value_f64")
    found = worth.hstack([pl.Series("gives", is_from[rows]), pl.Series("takes", is_to[rows])])
    for moves in _groups(found).values():
        dollars = sum(row["dollars"] or 0.0 for row, _, _ in moves)
        if dollars >= LEAST_DOLLARS:
            yield _sighting(moves, dollars, labels)


_Moves = list[tuple[Mapping[str, Any], bytes, bytes]]
"""The movement, the sanctioned account and the other."""


def _groups(found: pl.DataFrame) -> dict[tuple[Any, ...], _Moves]:
    groups: dict[tuple[Any, ...], _Moves] = {}
    order = ["block_number", "transaction_index", "token_address", "from_address", "to_address", "value_f64"]
    for row in found.sort(order).iter_rows(named=True):
        giver, taker = row["from_address"], row["to_address"]
        for is_it, who, other in ((row["gives"], giver, taker), (row["takes"], taker, giver)):
            if is_it:
                groups.setdefault((*(row[name] for name in actors.SAME), who), []).append((row, who, other))
    return groups


def _sighting(moves: _Moves, dollars: float, labels: Labels) -> Sighting:
    row, account, _ = moves[0]
    chain, others = row["chain_id"], list(dict.fromkeys(other for _, _, other in moves))
    ours = [other for other in others if labels.kinds(chain, other) & OURS]
    name, first = labels.name(chain, account), hexadecimal((ours or others)[0])
    gave = any(each["from_address"] == account for each, _, _ in moves)
    what = f"paid {first}" if gave else f"was paid by {first}"
    return Sighting(
        place=Place.of(row),
        severity=Severity.MEDIUM if ours else Severity.LOW if dollars >= LOW_DOLLARS else Severity.INFO,
        confidence=CONFIDENCE,
        title=f"One of our accounts dealt with a sanctioned one, {about(dollars)}"
        if ours
        else f"A sanctioned account {'paid' if gave else 'was paid'} {about(dollars)}",
        summary=f"{hexadecimal(account)}, which is on a sanctions list, {what}"
        f"{' and others' if len(others) > 1 else ''}, {about(dollars)} together.",
        entities=(
            Entity("sanctioned", str(hexadecimal(account)), name),
            *(Entity("ours" if other in ours else "other", str(hexadecimal(other))) for other in others[:SHOWN]),
        ),
        values={"about_dollars": int(dollars), "others": len(others)},
        key=str(hexadecimal(account)),
    )


_DOLLARS = "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48"
_ELSEWHERE = "0x0b2c639c533813f4aa9d7837caf62653d097ff85"
"""The same dollar on another chain."""
_DOLLAR = 10**6


def _move(source: str, target: str, dollars: int, **other: Any) -> dict[str, Any]:
    ends = {"from_address": source, "to_address": target}
    return {"token_address": _DOLLARS, "standard": "erc20", **ends, "value": dollars * _DOLLAR, **other}


_LABELS = [
    {"chain_id": 1, "address": "listed", "kind": "sanctioned", "name": "Somebody"},
    {"chain_id": 1, "address": "treasury", "kind": "own"},
]

detector = Detector(
    id="sanctioned-contact",
    severity=Severity.MEDIUM,
    reads={
        "transfers": Read(columns=("token_address", "from_address", "to_address", "value_f64")),
        "prices": PRICES_READ,
        "labels": LABELS_READ,
    },
    run=run,
    examples=(
        Example(
            says="a sanctioned account pays one of ours",
            tables={"transfers": [_move("listed", "treasury", 30)], "labels": _LABELS},
            finds=({"severity": "medium", "entities": {"sanctioned": "listed", "ours": "treasury"}},),
        ),
        Example(
            says="strangers pay a sanctioned account, twice in one transaction",
            tables={
                "transfers": [_move("bob", "listed", 6_000), _move("carol", "listed", 6_000, log_index=1)],
                "labels": _LABELS,
            },
            finds=({"severity": "low", "values": {"about_dollars": 12_000, "others": 2}},),
        ),
        Example(
            says="a small payment to one",
            tables={"transfers": [_move("bob", "listed", 25)], "labels": _LABELS},
            finds=({"severity": "info"},),
        ),
        Example(
            says="dust, a token of unknown worth, another chain, and others' payments",
            tables={
                "transfers": [
                    _move("listed", "treasury", 19),
                    _move("listed", "treasury", 10**9, block_number=2) | {"token_address": "airdrop"},
                    _move("listed", "treasury", 900, chain_id=10, block_number=3) | {"token_address": _ELSEWHERE},
                    _move("bob", "treasury", 900, block_number=4),
                ],
                "labels": _LABELS,
            },
        ),
    ),
)
