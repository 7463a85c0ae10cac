"""
A call used far more gas than is usual.

A feature rather than an alarm: it says where to look when something else has been found.

## What it finds
* low, of little confidence: a transaction that used more than 4 or 6 million gas, on a chain whose blocks hold 30
  million; in proportion where they hold more.
* info: the same with at least 20 token movements from one account: a payout to many.
* low: a call of a watched contract that used more than ever before (and a tenth), of at least 200 calls remembered of
  the same function. One finding for each transaction, contract and function.

## Why it matters
Attacks repeat a step until everything is gone, in one transaction. That takes gas that honest use does not.

## Blind spots
Attacks that are cheap: most signatures, keys and approvals. Where it is not known what a call used, only whole
transactions are seen. Batches, proofs and large claims use as much. History is a week of blocks, of watched contracts
only: one row for each block, contract and function, at most 16 functions of a contract a block. Tips and payments to
the block's author are not looked at, and neither is the minting of gas tokens.

## Triage
Nothing by itself. See what else is said of the transaction.

## References
- https://github.com/forta-network/starter-kits
- Demystifying Invariant Effectiveness for Securing Smart Contracts (FSE 2024): gas used by a call.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import polars as pl

from tocsin.chain import abi
from tocsin.detect.actors import by_transaction, of_transactions
from tocsin.detect.detector import MEMORY, Detector, Example, Memory, Read
from tocsin.detect.detectors.baselines import _calls
from tocsin.detect.detectors.baselines._history import MARGIN, OBSERVATIONS, tracks
from tocsin.detect.labels import LABELS_READ
from tocsin.model.finding import Entity, Place, Severity, Sighting, hexadecimal
from tocsin.tables.choice import rows_where
from tocsin.tables.columns import PLACE, Column, address, count, octets, schema
from tocsin.tables.dataset import Tables

PRIOR_GAS, PRIOR_HIGH_GAS = 4_000_000, 6_000_000
"""What a transaction hardly ever uses (reference: detection, section 4.13)."""
USUAL_LIMIT = 30_000_000
"""Of a block, on the chain the priors are from."""
MANY_TRANSFERS = 20
"""From one account: a payout (the same)."""
WINDOW_BLOCKS = 50_400
"""A week of Ethereum blocks."""
MOST_FUNCTIONS = 16
PRIOR_CONFIDENCE, CONFIDENCE = (0.1, 0.2), 0.3

REMEMBERED: Mapping[str, Column] = {
    "contract": address("The watched contract."),
    "function": octets("The selector; empty where there is none."),
    "calls": count("calls", "How many calls of it from outside there were in the block."),
    "most_gas": count("gas", "The most that one of them used."),
}
NOTHING = pl.DataFrame(schema=schema({**PLACE, **REMEMBERED}))
_KEY = ("contract", "function")
Call: TypeAlias = Mapping[str, Any]


def remember(tables: Tables) -> pl.DataFrame:
    """The gas used by calls of watched contracts: one row for each block, contract and function."""
    groups: dict[tuple[Any, ...], list[Call]] = {}
    calls = _calls_with_gas(tables)
    if not calls:
        return NOTHING
    for call in calls:
        where = (call["chain_id"], call["block_number"], call["block_hash"], call["to_address"], call["function"])
        groups.setdefault(where, []).append(call)
    kept = Counter[tuple[Any, ...]]()
    rows = []
    for where, group in groups.items():
        kept[where[:4]] += 1
        if kept[where[:4]] <= MOST_FUNCTIONS:
            rows.append(_remembered(group))
    return pl.DataFrame(rows, schema=schema({**PLACE, **REMEMBERED}), orient="row")


def _calls_with_gas(tables: Tables) -> list[Call]:
    """The calls from outside to watched contracts, in the order of the chain."""
    return [call for call in _calls.entries(tables) if call["gas_used"] is not None]


def _remembered(group: list[Call]) -> dict[str, Any]:
    first = group[0]
    return {
        **{name: first[name] for name in PLACE}, "transaction_index": None, "transaction_hash": None,
        "contract": first["to_address"], "function": first["function"], "calls": len(group),
        "most_gas": max(call["gas_used"] for call in group),
    }  # fmt: skip


def run(tables: Tables) -> Iterator[Sighting]:
    """Transactions above the priors, and calls of watched contracts above their cap."""
    yield from _above_priors(tables)
    calls = _calls_with_gas(tables)
    known = tracks(tables[MEMORY], _KEY, {(call["chain_id"], call["to_address"], call["function"]) for call in calls})
    seen = set()
    for call in sorted(calls, key=lambda each: -each["gas_used"]):
        key = (call["chain_id"], call["to_address"], call["function"])
        where = (call["block_hash"], call["transaction_hash"], *key)
        if key in known and where not in seen:
            seen.add(where)
            past = known[key].before(call["block_number"], WINDOW_BLOCKS)
            most, observed = int(past["most_gas"].max() or 0), int(past["calls"].sum())  # type: ignore[arg-type]
            if observed >= OBSERVATIONS and call["gas_used"] > most * (1 + MARGIN):
                yield _above_cap(call, most, observed)


def _above_cap(call: Call, most: int, observed: int) -> Sighting:
    contract, function = str(hexadecimal(call["to_address"])), str(hexadecimal(call["function"]))
    return Sighting(
        place=Place.of(call),
        severity=Severity.LOW,
        confidence=CONFIDENCE,
        title="A call of a watched contract used more gas than ever before",
        summary=f"A call of {function} at {contract} used {call['gas_used']} gas; the most of {observed} earlier ones "
        f"was {most}.",
        entities=(Entity("contract", contract), Entity("caller", str(hexadecimal(call["from_address"])))),
        values={"gas_used": call["gas_used"], "most_before": most, "calls_remembered": observed, "function": function},
        key=f"{contract}:{function}",
    )


def _above_priors(tables: Tables) -> Iterator[Sighting]:
    sent = tables["transactions"]
    used = abi.filled(sent["gas_used"], 0)
    rows = rows_where(sent, (used > PRIOR_GAS) & (used <= sent["gas_limit"].to_numpy()))
    if rows.is_empty():
        return
    paid, limits = _payouts(tables, rows), _limits(tables)
    for row in rows.iter_rows(named=True):
        scale = max(1.0, limits.get((row["chain_id"], row["block_number"]), 0) / USUAL_LIMIT)
        if row["gas_used"] > PRIOR_GAS * scale:
            payout = paid.get(tuple(row[name] for name in ("chain_id", "block_hash", "transaction_hash")), 0)
            yield _above_prior(row, is_higher=row["gas_used"] > PRIOR_HIGH_GAS * scale, payout=payout)


def _limits(tables: Tables) -> Mapping[tuple[int, int], int]:
    """The gas limits of blocks, where they are known."""
    if "blocks" not in tables:
        return {}
    rows = tables["blocks"].select("chain_id", "block_number", "gas_limit").rows()
    return {(chain, number): limit for chain, number, limit in rows if limit}


def _payouts(tables: Tables, rows: pl.DataFrame) -> Mapping[tuple[Any, ...], int]:
    """By transaction: the most token movements from one account."""
    moved = by_transaction(of_transactions(tables["transfers"], rows), ("from_address",))
    return {key: max(Counter(movers).values()) for key, movers in moved.items()}


def _above_prior(row: Mapping[str, Any], *, is_higher: bool, payout: int) -> Sighting:
    is_payout = payout >= MANY_TRANSFERS
    to = f" to {hexadecimal(row['to_address'])}" if row["to_address"] else ""
    what = f"; one account paid {payout} times in it" if is_payout else ""
    return Sighting(
        place=Place.of(row),
        severity=Severity.INFO if is_payout else Severity.LOW,
        confidence=PRIOR_CONFIDENCE[is_higher],
        title="A transaction used very much gas",
        summary=f"A transaction of {hexadecimal(row['from_address'])}{to} used {row['gas_used']} gas{what}.",
        entities=(
            Entity("sender", str(hexadecimal(row["from_address"]))),
            *(Entity("called", str(hexadecimal(called))) for called in [row["to_address"]] if called),
        ),
        values={"gas_used": row["gas_used"], "payments": payout},
    )


def _used(block: int, gas: int, **other: Any) -> dict[str, Any]:
    return {"block_number": block, "from_address": "mallory", "to_address": "attack", "gas_used": gas,
            "gas_limit": 8_000_000, **other}  # fmt: skip


def _called(block: int, gas: int, **other: Any) -> dict[str, Any]:
    return {
        "block_number": block, "from_address": "alice", "to_address": "vault", "selector": b"\1\2\3\4",
        "call_type": "call", "gas_used": gas, **other,
    }  # fmt: skip


_WATCHED = {"labels": [{"address": "vault", "kind": "watched"}]}

detector = Detector(
    id="gas-anomaly",
    severity=Severity.LOW,
    reads={
        "transactions": Read(columns=("from_address", "to_address", "gas_limit", "gas_used")),
        "transfers": Read(columns=("from_address",)),
        "labels": LABELS_READ,
        "blocks": Read(columns=("gas_limit",), optional=True),
        "calls": Read(columns=(*_calls.COLUMNS, "gas_used"), optional=True),
    },
    memory=Memory(columns=REMEMBERED, window_blocks=WINDOW_BLOCKS, remember=remember),
    run=run,
    examples=(
        Example(
            says="seven million gas, and five",
            tables={"transactions": [_used(1, 7_000_000), _used(2, 5_000_000)]},
            finds=(
                {"severity": "low", "confidence": 0.2, "values": {"gas_used": 7_000_000}},
                {"severity": "low", "confidence": 0.1},
            ),
        ),
        Example(
            says="a payout to many is worth recording",
            tables={
                "transactions": [_used(1, 7_000_000)],
                "transfers": [{"from_address": "payer", "to_address": f"user-{n}", "value": 1} for n in range(20)],
            },
            finds=({"severity": "info", "values": {"payments": 20}},),
        ),
        Example(
            says="a call of a watched contract uses more than two hundred before it",
            tables={
                **_WATCHED,
                "calls": [*(_called(block, 90_000 + block) for block in range(1, 201)), _called(201, 120_000)],
            },
            finds=(
                {
                    "severity": "low",
                    "confidence": 0.3,
                    "entities": {"contract": "vault"},
                    "values": {"gas_used": 120_000, "most_before": 90_200},
                },
            ),
        ),
        Example(
            says="little more than before, few calls before, others, large blocks, more gas than was allowed",
            tables={
                **_WATCHED,
                "blocks": [{"block_number": 1, "gas_limit": 140_000_000}],
                "transactions": [_used(1, 7_000_000), _used(2, 3_900_000), _used(3, 9_000_000)],
                "calls": [
                    *(_called(block, 90_000) for block in range(1, 201)),
                    _called(201, 98_000),
                    _called(201, 1_200_000, selector=b"\4\3\2\1"),
                    _called(201, 1_200_000, to_address="other"),
                ],
            },
        ),
    ),
)
