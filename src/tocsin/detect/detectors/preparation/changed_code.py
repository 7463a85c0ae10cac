"""
The code at an address was ended or replaced, after somebody came to rely on it.

Code is believed not to change. But a contract that can destroy itself may be created again at the same address, by the
same factory, with other code: what was read, voted for or approved before is then something else.

## What it finds
* Creations at an address where other code was created within thirty days, where the earlier one could destroy itself.
* Creations and self-destructs at an address that is the target of a proposal or of an operation queued in a timelock.
* Self-destructs of watched contracts, and creations at their addresses after earlier ones.
* Code made with CREATE2 from elsewhere: creation code that copies what another contract holds at that moment, so that
  the same address can get other code.

critical: at a watched address, or where the governance or timelock that queued it is watched. medium: elsewhere. low:
the capability alone.

## Why it matters
A vote on a contract that was harmless when it was read has handed over a whole governance.

## Blind spots
Since the Cancun upgrade code ends only in the transaction that created it, so that on chains that have it little of
this is left; tocsin does not know which have. What was created or queued more than 216 000 blocks ago (thirty days of
twelve seconds). Approvals of contracts whose code changes. Proxies, whose code changes by design: see `proxy-upgrade`.
It needs the call tree.

## Triage
Is it queued or voted on? Cancel it, and read what is there now. Has anybody approved tokens to the address? Tell them.

## References
- https://eips.ethereum.org/EIPS/eip-1014 and https://eips.ethereum.org/EIPS/eip-6780
- https://docs.forta.network/en/latest/ (metamorphic contracts)
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import polars as pl

from tocsin.chain.bytecode.opcodes import CREATE, CREATE2, EXTCODECOPY
from tocsin.chain.bytecode.program import program
from tocsin.detect.detector import MEMORY, Detector, Memory, Read
from tocsin.detect.detectors.preparation import _codes
from tocsin.detect.detectors.preparation._changed_cases import EXAMPLES
from tocsin.detect.detectors.preparation._codes import CREATED, QUEUED
from tocsin.detect.labels import LABELS_READ
from tocsin.model.finding import Entity, Place, Severity, Sighting, hexadecimal
from tocsin.tables.dataset import Tables

WINDOW_BLOCKS = 216_000
"""Thirty days of blocks of twelve seconds."""
COPIER_BYTES = 512
"""Creation code that only fetches its code from elsewhere is short."""
LISTED = 20
CONFIDENCE, CAPABLE_CONFIDENCE = 0.95, 0.4
"""(reference: detection, section 4.20)"""

_Position: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Past:
    """What is remembered of one account before a moment."""

    codes: tuple[bytes, ...]
    """Digests of code that was created there."""
    queued_at: tuple[bytes, ...]
    """Where it was queued."""


def run(tables: Tables) -> Iterator[Sighting]:
    """Sightings of changed and ended code, and of what can change it."""
    memory = tables[MEMORY]
    created = tables["created_contracts"]
    yield from _ended(tables, memory)
    yield from _capable(tables)
    if created.is_empty():
        return
    history = _by_account(memory, created["contract_address"])
    for row in created.iter_rows(named=True):
        past = _past(history, row, row["contract_address"])
        if past is not None and row["code"] and _is_change(past, row["code"]):
            yield _sighting(tables, row, row["contract_address"], past, what="came into being")


_History: TypeAlias = Mapping[tuple[int, bytes], list[dict[str, Any]]]


def _by_account(memory: pl.DataFrame, accounts: pl.Series) -> _History:
    found: dict[tuple[int, bytes], list[dict[str, Any]]] = {}
    if memory.is_empty() or accounts.is_empty():
        return found
    near = memory.filter(pl.col("account").is_in(accounts.unique().implode()))
    for row in near.sort("block_number", "transaction_index", "role", "by", nulls_last=False).iter_rows(named=True):
        found.setdefault((row["chain_id"], row["account"]), []).append(row)
    return found


def _past(history: _History, row: Mapping[str, Any], account: bytes) -> Past | None:
    """What was there before the transaction of this row; None where nothing is known."""
    now = _position(row)
    if now is None:
        return None
    before = [each for each in history.get((row["chain_id"], account), ()) if _is_before(each, now)]
    if not before:
        return None
    return Past(
        codes=tuple(each["digest"] for each in before if each["role"] == CREATED),
        queued_at=tuple(dict.fromkeys(each["by"] for each in before if each["role"] == QUEUED)),
    )


def _position(row: Mapping[str, Any]) -> _Position | None:
    place = row["block_number"], row["transaction_index"]
    return None if None in place else place


def _is_before(row: Mapping[str, Any], now: _Position) -> bool:
    then = _position(row)
    return then is not None and then < now and then[0] + WINDOW_BLOCKS >= now[0]


def _is_change(past: Past, code: bytes) -> bool:
    return bool(past.queued_at) or (bool(past.codes) and past.codes[-1] != _codes.digest(code))


def _ended(tables: Tables, memory: pl.DataFrame) -> Iterator[Sighting]:
    """Self-destructs of what is watched, or queued somewhere, each contract once a transaction."""
    queued = memory.filter(pl.col("role") == QUEUED) if not memory.is_empty() else memory
    if queued.is_empty() and not _codes.anything_watched(tables):
        return
    ends = _codes.ended(tables)
    history = _by_account(queued, ends["from_address"])
    for row in ends.iter_rows(named=True):
        past = _past(history, row, row["from_address"])
        if past is not None or row["from_address"] in _codes.watched(tables, row["chain_id"]):
            yield _sighting(tables, row, row["from_address"], past or Past((), ()), what="destroyed itself")


def _sighting(tables: Tables, row: Mapping[str, Any], account: bytes, past: Past, what: str) -> Sighting:
    watched = _codes.watched(tables, row["chain_id"])
    matters = account in watched or not watched.isdisjoint(past.queued_at)
    contract = str(hexadecimal(account))
    queued = [str(hexadecimal(each)) for each in past.queued_at[:LISTED]]
    return Sighting(
        place=Place.of(row),
        severity=Severity.CRITICAL if matters else Severity.MEDIUM,
        confidence=CONFIDENCE,
        title="The code at an address was replaced" if what.startswith("came") else "Code that is relied on was ended",
        summary=_summary(contract, queued, past, what),
        entities=(
            Entity("contract", contract),
            *((Entity("sender", str(hexadecimal(row["sender_address"]))),) if row.get("sender_address") else ()),
            *(Entity("queued_at", each) for each in queued),
        ),
        values={"queued": bool(queued), "codes_before": len(set(past.codes)), "watched": matters},
        labels=("stage:preparation",),
        key=f"{contract}-{what.split(maxsplit=1)[0]}",
    )


def _summary(contract: str, queued: list[str], past: Past, what: str) -> str:
    told = f"{contract} {what}"
    if what.startswith("came"):
        told += " although other code had been there before" if past.codes else " after it was queued to be run"
    if queued:
        return (
            f"{told}. It is queued, or voted on, at {', '.join(queued[:3])}: what is carried out is not what was read."
        )
    return f"{told}. Whoever relied on its code relies on something else now."


def _capable(tables: Tables) -> Iterator[Sighting]:
    """Creations whose code is fetched from elsewhere, at an address that does not depend on it."""
    for row in _codes.made_at_known_addresses(tables).iter_rows(named=True):
        if _fetches(row["input"] or b""):
            contract = str(hexadecimal(row["to_address"]))
            factory = str(hexadecimal(row["from_address"]))
            yield Sighting(
                place=Place.of(row),
                severity=Severity.LOW,
                confidence=CAPABLE_CONFIDENCE,
                title="A contract was made whose code can be replaced",
                summary=f"{factory} created {contract} with code that it fetched from elsewhere: another time the same "
                "address can get other code, if this one ends.",
                entities=(Entity("contract", contract), Entity("factory", factory)),
                values={"creation_code_bytes": len(row["input"])},
                labels=("stage:preparation",),
                key=f"{contract}-capable",
            )


def _fetches(creation_code: bytes) -> bool:
    if not 0 < len(creation_code) <= COPIER_BYTES:
        return False
    ops = program(creation_code).ops
    return EXTCODECOPY in ops and CREATE not in ops and CREATE2 not in ops


detector = Detector(
    id="changed-code",
    severity=Severity.CRITICAL,
    reads={
        "created_contracts": Read(columns=("contract_address", "creator_address", "sender_address", "code")),
        "calls": Read(columns=("call_index", "call_type", "from_address", "to_address", "input", "reverted")),
        "logs": Read(columns=("address", "topic0", "topic1", "topic2", "data"), topic0=_codes.QUEUEING, optional=True),
        "labels": LABELS_READ,
    },
    memory=Memory(columns=_codes.REMEMBERED, window_blocks=WINDOW_BLOCKS, remember=_codes.remember),
    run=run,
    examples=EXAMPLES,
)
