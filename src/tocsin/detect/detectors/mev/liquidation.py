"""
A loan was closed by somebody else because its collateral fell short.

## What it finds
Every liquidation that took effect, as the dataset `liquidations` has it, of a borrower who does nothing in that
transaction. A borrower who acts in it (borrows, and is liquidated at once) is the liquidator's own and gets no label:
that is how attacks on empty or mispriced markets end.

## Why it matters
A liquidator borrows, repays, seizes and swaps in one transaction, which looks like an attack on a lending market. The
label says it is the market's own rule at work. Many at once are still worth a look: a wrong price makes good loans bad.

## Blind spots
Those of `liquidations`: auctions and protocols of other shapes. Without call trees a liquidation of oneself is labelled
like others, and the confidence is at most one half.

## Triage
Nothing to do for one. If it lowered a finding about your market, compare the price the market used with others: an
attacker who moves a price liquidates for profit.

## References
- https://github.com/flashbots/mev-inspect-py
- https://docs.aave.com/developers/guides/liquidations
"""

from collections.abc import Iterator
from typing import Any

from tocsin.detect.detector import Detector, Example, Read
from tocsin.detect.detectors.mev._trades import shown
from tocsin.model.finding import Entity, Place, Severity, Sighting
from tocsin.tables.choice import rows_among
from tocsin.tables.dataset import Tables

CONFIDENCE = 0.9
UNKNOWN = "unknown"
"""Stands for a token that neither the event nor a transfer names."""

_CALLER = ("chain_id", "transaction_hash", "from_address")


def run(tables: Tables) -> Iterator[Sighting]:
    """One sighting per liquidation that is not by a call of the borrower's own."""
    liquidations = tables["liquidations"]
    callers: set[tuple[Any, ...]] = set()
    if not liquidations.is_empty() and "calls" in tables:
        calls = rows_among(tables["calls"][[*_CALLER]], "from_address", liquidations["borrower_address"])
        callers.update(row for row in calls.rows() if None not in row)
    for row in liquidations.iter_rows(named=True):
        if (row["chain_id"], row["transaction_hash"], row["borrower_address"]) not in callers:
            yield _sighting(row)


def _sighting(row: dict[str, Any]) -> Sighting:
    liquidator, borrower = shown(row["liquidator_address"]), shown(row["borrower_address"])
    debt_token, collateral_token = _token(row["debt_token_address"]), _token(row["collateral_token_address"])
    debt = int.from_bytes(row["debt_amount_binary"], "big")
    collateral = int.from_bytes(row["collateral_amount_binary"], "big")
    return Sighting(
        place=Place.of(row),
        severity=Severity.INFO,
        confidence=CONFIDENCE,
        title="A loan was liquidated",
        summary=(
            f"{liquidator} repays {debt} base units of {debt_token} for {borrower} and receives {collateral} base "
            f"units of {collateral_token} ({row['protocol']})."
        ),
        entities=(
            Entity("liquidator", liquidator),
            Entity("borrower", borrower),
            Entity("market", shown(row["market_address"])),
            *(Entity("token", token) for token in (debt_token, collateral_token) if token != UNKNOWN),
        ),
        values={
            "protocol": row["protocol"],
            "borrower": borrower,
            "liquidator": liquidator,
            "debt_token": debt_token,
            "debt_amount": debt,
            "collateral_token": collateral_token,
            "collateral_amount": collateral,
        },
        key=f"{borrower}-{row['log_index']}-{row['call_index']}",
    )


def _token(address: bytes | None) -> str:
    return UNKNOWN if address is None else shown(address)


_LIQUIDATION = {
    "protocol": "aave",
    "market_address": "market",
    "borrower_address": "borrower",
    "liquidator_address": "keeper",
    "debt_token_address": "dollar",
    "debt_amount": 1_000,
    "collateral_token_address": "coin",
    "collateral_amount": 3,
    "call_index": 1,
}

detector = Detector(
    id="liquidation",
    severity=Severity.INFO,
    reads={
        "liquidations": Read(
            columns=(
                "protocol",
                "market_address",
                "borrower_address",
                "liquidator_address",
                "debt_token_address",
                "debt_amount_binary",
                "collateral_token_address",
                "collateral_amount_binary",
                "log_index",
                "call_index",
            )
        ),
        "calls": Read(columns=("from_address",), optional=True),
    },
    run=run,
    label="mev:liquidation",
    examples=(
        Example(
            says="a keeper repays somebody's debt and takes collateral",
            tables={"liquidations": (_LIQUIDATION,)},
            finds=(
                {
                    "severity": "info",
                    "entities": {"liquidator": "keeper", "borrower": "borrower", "market": "market"},
                    "values": {"debt_amount": 1_000, "collateral_amount": 3},
                },
            ),
        ),
        Example(
            says="two loans of one borrower in one transaction are two liquidations",
            tables={"liquidations": (_LIQUIDATION, {**_LIQUIDATION, "call_index": 9, "debt_amount": 5})},
            finds=({"values": {"debt_amount": 1_000}}, {"values": {"debt_amount": 5}}),
        ),
        Example(
            says="a borrower who acts in the same transaction is the liquidator's own",
            tables={"liquidations": (_LIQUIDATION,), "calls": ({"from_address": "borrower", "call_index": 3},)},
        ),
        Example(
            says="a borrower who acts in another transaction is one",
            tables={
                "liquidations": (_LIQUIDATION,),
                "calls": ({"from_address": "borrower", "transaction_index": 4}, {"from_address": "keeper"}),
            },
            finds=({"values": {"debt_amount": 1_000}},),
        ),
        Example(says="no liquidation, no label", tables={"liquidations": ()}),
    ),
)
