"""
A message from another chain replaced the keys that messages are checked against.

## What it finds
A bridge of Poly's design executes a message, and what the message calls is the contract in which the bridge keeps the
public keys of those who sign messages. Keepers change by a call of their own; a message has no business there.

* critical: the keys are replaced.
* high: the height from which they hold is.

## Why it matters
Whoever holds the new keys signs whatever he likes: everything that is locked in the bridge is his with the next
transactions, on every chain on which he repeats it.

## Blind spots
Bridges of another design: which function replaces keys, and by which way it may, is known of this one only. It was
written after one such attack. What the new keys then sign looks like any other message.

## Triage
Pause the bridge on every chain now: minutes matter. Have issuers freeze what they can, and compare the keys that are
stored with those of the keepers.

## References
- https://github.com/polynetwork/eth-contracts (EthCrossChainManager, EthCrossChainData)
"""

from collections.abc import Iterator, Mapping
from typing import Any

from tocsin.chain.signatures import selector
from tocsin.detect.actors import SAME
from tocsin.detect.detector import Detector, Example, Read
from tocsin.detect.detectors._example_rows import call
from tocsin.model.finding import Entity, Place, Severity, Sighting, hexadecimal
from tocsin.tables.dataset import Tables

EXECUTES = selector("verifyHeaderAndExecuteTx(bytes,bytes,bytes,bytes,bytes)")
KEYS = {
    selector("putCurEpochConPubKeyBytes(bytes)"): Severity.CRITICAL,
    selector("putCurEpochStartHeight(uint32)"): Severity.HIGH,
}
CONFIDENCE = 0.95
FAMILY = "family:bridge"


def run(tables: Tables) -> Iterator[Sighting]:
    """A sighting for each write of keys inside the execution of a message."""
    calls = tables["calls"]
    rows = [row for row in calls.iter_rows(named=True) if not row["reverted"] and row["call_type"] == "call"]
    executions: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for row in rows:
        if row["selector"] == EXECUTES:
            executions.setdefault(_transaction(row), []).append(row)
    for row in rows:
        around = [each for each in executions.get(_transaction(row), ()) if _is_inside(row, each)]
        if around and row["selector"] in KEYS:
            yield _sighting(row, around[0])


def _transaction(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in SAME)


def _is_inside(row: Mapping[str, Any], around: Mapping[str, Any]) -> bool:
    return bool(around["call_index"] < row["call_index"] < around["subtree_end"])


def _sighting(row: Mapping[str, Any], execution: Mapping[str, Any]) -> Sighting:
    bridge, store = hexadecimal(execution["to_address"]) or "", hexadecimal(row["to_address"]) or ""
    sender = hexadecimal(execution["from_address"]) or ""
    return Sighting(
        place=Place.of(row),
        severity=KEYS[row["selector"]],
        confidence=CONFIDENCE,
        title="A message replaced the keys that a bridge checks messages against",
        summary=f"{sender} had the bridge {bridge} execute a message, and the message wrote into {store}, where the "
        "bridge keeps whose signatures it believes.",
        entities=(Entity("victim", bridge), Entity("key_store", store), Entity("attacker", sender)),
        values={"selector": hexadecimal(row["selector"]) or ""},
        labels=(FAMILY,),
        key=str(row["call_index"]),
    )


_PUT = next(iter(KEYS))

detector = Detector(
    id="keys-by-message",
    severity=Severity.CRITICAL,
    reads={
        "calls": Read(
            columns=("call_index", "subtree_end", "call_type", "from_address", "to_address", "selector", "reverted"),
            selector=(EXECUTES, *KEYS),
        ),
    },
    run=run,
    examples=(
        Example(
            says="a message writes keys",
            tables={"calls": [call(0, 0, 2, "mallory", "bridge", EXECUTES), call(1, 1, 2, "bridge", "store", _PUT)]},
            finds=(
                {
                    "severity": "critical",
                    "entities": {"victim": "bridge", "key_store": "store", "attacker": "mallory"},
                    "labels": [FAMILY],
                },
            ),
        ),
        Example(
            says="keepers change by their own call",
            tables={
                "calls": [
                    call(0, 0, 2, "keeper", "bridge", selector("changeBookKeeper(bytes,bytes,bytes)")),
                    call(1, 1, 2, "bridge", "store", _PUT),
                ]
            },
        ),
        Example(
            says="a message that is executed, and keys that are written behind it",
            tables={"calls": [call(1, 1, 2, "relayer", "bridge", EXECUTES), call(1, 2, 3, "keeper", "store", _PUT)]},
        ),
    ),
)
