"""
New code looks whether it is being simulated.

Wallets, exchanges and watchers simulate what they do not trust. Code that can tell a simulation from a block shows
them a harmless face.

## What it finds
New contracts whose code branches on whether the account that makes the block (COINBASE) is zero, as it is in many
simulations and never in a block: medium, one finding for each transaction. Paying whoever makes the block, as searchers
do, is not taken for it.

## Why it matters
No honest contract has a reason to ask. What simulations said about such a contract, and about transactions that use it,
is worth nothing.

## Blind spots
Other ways to tell a simulation: gas prices, balances, block times, the age of the caller. Comparisons that are spread
over several jumps. Code that is a pointer to other code. It is read from the call tree alone; contracts from before it
was watched are not looked at.

## Triage
Who deployed it, and who is led to use it? Do not rely on a simulation of it unless the block's maker was set (`tocsin
simulate` does both). Warn whoever approved tokens to it.

## References
- https://docs.forta.network/en/latest/ (red-pill contracts)
"""

from collections.abc import Iterator
from typing import Any

from tocsin.chain.bytecode.evasion import tests_block_maker
from tocsin.detect.actors import SAME
from tocsin.detect.detector import Detector, Example, Read
from tocsin.model.finding import Entity, Place, Severity, Sighting, hexadecimal
from tocsin.tables.dataset import Tables

CONFIDENCE = 0.5
"""(reference: detection, section 4.20)"""
LISTED = 20
"""Contracts that a finding names."""


def run(tables: Tables) -> Iterator[Sighting]:
    """A sighting for each transaction that creates such contracts: a factory may make hundreds."""
    created = tables["created_contracts"]
    if created.is_empty():
        return
    found: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in created.sort("contract_address").iter_rows(named=True):
        if row["code"] and tests_block_maker(row["code"]):
            found.setdefault(tuple(row[name] for name in SAME), []).append(row)
    yield from map(_sighting, found.values())


def _sighting(rows: list[dict[str, Any]]) -> Sighting:
    row, *others = rows
    contracts = [str(hexadecimal(each["contract_address"])) for each in rows[:LISTED]]
    deployer = str(hexadecimal(row["sender_address"] or row["creator_address"]))
    more = f" and {len(others)} more" if others else ""
    return Sighting(
        place=Place.of(row),
        severity=Severity.MEDIUM,
        confidence=CONFIDENCE,
        title="A new contract looks whether it is being simulated",
        summary=f"{deployer} deployed {contracts[0]}{more}, whose code does one thing where somebody makes the block "
        "and another where nobody does, as in a simulation.",
        entities=(Entity("deployer", deployer), *(Entity("contract", contract) for contract in contracts)),
        values={"code_bytes": len(row["code"]), "contracts": len(rows)},
        labels=("stage:preparation",),
    )


def _deployed(code: str, block: int = 1) -> dict[str, Any]:
    return {
        "block_number": block, "contract_address": "trap", "creator_address": "mallory", "sender_address": "mallory",
        "kind": "create", "code": bytes.fromhex(code),
    }  # fmt: skip


detector = Detector(
    id="evasive-code",
    severity=Severity.MEDIUM,
    reads={"created_contracts": Read(columns=("contract_address", "creator_address", "sender_address", "code"))},
    run=run,
    examples=(
        Example(
            says="COINBASE ISZERO PUSH JUMPI",
            tables={
                "created_contracts": [
                    _deployed("4115600a57005b00"),
                    {**_deployed("4115600a57005b00"), "contract_address": "another"},
                ]
            },
            finds=(
                {
                    "severity": "medium",
                    "entities": {"deployer": "mallory", "contract": "trap"},
                    "values": {"contracts": 2},
                },
            ),
        ),
        Example(
            says="masked as compilers do, and compared with zero",
            tables={"created_contracts": [_deployed("73" + "ff" * 20 + "41165f14600a57005b00")]},
            finds=({"confidence": 0.5},),
        ),
        Example(
            says="whoever makes the block is paid, and something else is zero",
            tables={"created_contracts": [_deployed("5f5f5f5f3441620f4240f115600a57005b00"), _deployed("34600557", 2)]},
        ),
        Example(
            says="the maker is compared with somebody",
            tables={"created_contracts": [_deployed("41331460105700")]},
        ),
    ),
)
