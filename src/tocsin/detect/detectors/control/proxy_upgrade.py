"""
The code behind an address was replaced.

A proxy keeps its address and its funds while its code is swapped. This detector reads the events a proxy, a beacon or
a diamond emits when that happens, and, where the state changes are known, writes to the EIP-1967 slots, which no event
can hide.

## What it finds
`Upgraded`, `BeaconUpgraded`, `AdminChanged` and `DiamondCut` events, and changes of the EIP-1967 implementation, admin
and beacon slots, of contracts that were there before the transaction. One finding for each contract and each new value.
It asks the node whether the new implementation has code and how old it is.

* critical: the new implementation has no code, or came into being in the same transaction.
* high: any other change, and a slot that was written without an event.
* medium: a timelock or a Safe executed something in the same transaction.
* low: a timelock did, and the implementation is older than a day; or the contract itself is younger than a day.

## Why it matters
Whoever replaces the code owns everything the contract holds and every allowance it was given. Taking over the upgrade
key is the shortest way from one stolen key to all the funds.

## Blind spots
Any contract may emit these events: nothing says that it is a proxy. The log of a timelock or a Safe can be forged by
whoever upgrades, which is why it never makes a finding less than low. Proxies that keep the implementation in another
slot and emit nothing are not seen. Without state changes a silent upgrade of an EIP-1967 proxy is not seen either. On a
chain that is younger than a day, and on a node without old state, the age is unknown.

## Triage
Was this upgrade announced? Compare the code at the new implementation with the release that was reviewed; read who sent
the transaction and through which multisig. If nobody knows of it, pause what depends on the contract and revoke the
allowances given to it.

## References
EIP-1967, EIP-2535; OpenZeppelin Contracts `ERC1967Utils`, `TimelockController`; the upgrade bots of Forta.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tocsin.detect.accounts import Account, account, questions
from tocsin.detect.detector import Detector, Example, Question, Read
from tocsin.detect.detectors.control import _events
from tocsin.detect.detectors.control._upgrades import (
    ADMIN_CHANGED,
    DIAMOND_CUT,
    EVENTS,
    PATHS,
    SLOTS,
    UPGRADED,
    Change,
    changes,
    paths,
)
from tocsin.model.finding import Entity, Severity, Sighting
from tocsin.model.lookups import Answers
from tocsin.tables import literal
from tocsin.tables.dataset import Tables

HAS_CODE = ("implementation", "beacon")
"""The changes whose new address must be a contract."""
CONFIDENCE = 0.95
"""An event or a slot is a fact; that the contract matters is not known."""
WORDS = {
    "implementation": "The code behind a proxy was replaced",
    "beacon": "A proxy follows another beacon",
    "admin": "The administrator of a proxy was changed",
    "facets": "The functions of a diamond were changed",
}


def run(tables: Tables) -> Iterator[Question]:
    """A question for each change of a contract that was there before."""
    created = _events.created(tables)
    found = paths(tables["logs"])
    for key, change in changes(tables).items():
        transaction = key[:3]
        if (*transaction, change.proxy) in created:
            continue
        candidate = replace(
            change, through=found.get(transaction, ()), is_new_created=(*transaction, change.new) in created
        )
        yield Question(lookups=questions(change.place, filter(None, (change.proxy, change.new))), candidate=candidate)


def judge(change: Change, answers: Answers) -> Sighting:
    """How bad it is, by what is known of the new code and of the way it came."""
    new, proxy = (account(change.place, address, answers) for address in (change.new, change.proxy))
    return Sighting(
        place=change.place,
        severity=_severity(change, new, proxy),
        confidence=CONFIDENCE,
        title=WORDS[change.what],
        summary=_summary(change, new),
        entities=tuple(
            Entity(role, address)
            for role, address in (("proxy", change.proxy), (change.what, change.new), ("previous", change.old))
            if address
        ),
        values={"change": change.what, "logged": change.is_logged, "slot_written": change.is_written},
        labels=tuple(f"through:{way}" for way in change.through),
        key=f"{change.proxy}:{change.what}:{change.new}",
    )


def _severity(change: Change, new: Account, proxy: Account) -> Severity:
    must_have_code = change.what in HAS_CODE
    if must_have_code and (change.is_new_created or new.is_contract is False):
        return Severity.CRITICAL
    if proxy.is_young:
        return Severity.LOW
    if not change.through or (change.is_written and not change.is_logged):
        return Severity.HIGH
    is_slow = "timelock" in change.through and must_have_code and new.is_young is False
    return Severity.LOW if is_slow else Severity.MEDIUM


def _summary(change: Change, new: Account) -> str:
    came = f"through a {' and a '.join(change.through)}" if change.through else "not through a known timelock or Safe"
    silent = " The slot was written without an event." if change.is_written and not change.is_logged else ""
    if not change.new:
        return f"The diamond {change.proxy} changed what its functions do, {came}.{silent}"
    made = ", created in this very transaction" if change.is_new_created else ""
    before = f" instead of {change.old}" if change.old else ""
    return f"{change.proxy} now has {new.described}{made}, as {change.what}{before}; {came}.{silent}"


_OLD = 20_000
"""A block height at which the chain of the examples is older than a day."""
_BEFORE = 12_800
"""A day of blocks earlier."""


def _upgraded(**other: Any) -> dict[str, Any]:
    return {"address": "vault", "topic0": UPGRADED, "topic1": literal.topic("code-2"), **other}


_CALL_EXECUTED, _, _EXECUTION_SUCCESS = PATHS
_WRITE = {
    "address": "vault",
    "kind": "storage",
    "slot": next(iter(SLOTS)),
    "before": literal.topic("code-1"),
    "after": literal.topic("code-2"),
}

detector = Detector(
    id="proxy-upgrade",
    severity=Severity.CRITICAL,
    concerns=("proxy",),
    reads={
        "logs": Read(columns=_events.LOG_COLUMNS, topic0=(*EVENTS, *PATHS)),
        "created_contracts": _events.CREATED,
        "state_changes": Read(columns=("address", "slot", "before", "after"), optional=True),
    },
    run=run,
    judge=judge,
    examples=(
        Example(
            says="an upgrade nobody announced is high",
            tables={"logs": [_upgraded()]},
            finds=(
                {"severity": "high", "confidence": 0.95, "entities": {"proxy": "vault", "implementation": "code-2"}},
            ),
        ),
        Example(
            says="the event and the slot are one change",
            tables={"logs": [_upgraded()], "state_changes": [_WRITE]},
            finds=({"entities": {"previous": "code-1"}, "values": {"logged": True, "slot_written": True}},),
        ),
        Example(
            says="a slot that changes without an event is seen",
            tables={"state_changes": [_WRITE]},
            finds=({"severity": "high", "values": {"logged": False}},),
        ),
        Example(
            says="code that came into being in the same transaction is critical",
            tables={"logs": [_upgraded()], "created_contracts": [{"contract_address": "code-2"}]},
            finds=({"severity": "critical"},),
        ),
        Example(
            says="an implementation without code is critical",
            tables={"logs": [_upgraded()]},
            answers={("eth_getCode", "code-2"): "0x"},
            finds=({"severity": "critical"},),
        ),
        Example(
            says="a timelock and code older than a day make it low",
            tables={
                "logs": [
                    _upgraded(block_number=_OLD),
                    {"address": "timelock", "topic0": _CALL_EXECUTED, "log_index": 1, "block_number": _OLD},
                ]
            },
            answers={("eth_getCode", "code-2"): "0x6001"},
            finds=({"severity": "low", "labels": ["through:timelock"]},),
        ),
        Example(
            says="an upgrade that a Safe executed is medium",
            tables={"logs": [_upgraded(), {"address": "safe", "topic0": _EXECUTION_SUCCESS, "log_index": 1}]},
            finds=({"severity": "medium", "labels": ["through:multisig"]},),
        ),
        Example(
            says="a contract younger than a day is still being set up",
            tables={"logs": [_upgraded(block_number=_OLD)]},
            answers={("eth_getCode", "vault"): "0x6001", ("eth_getCode", "vault", _BEFORE): "0x"},
            finds=({"severity": "low"},),
        ),
        Example(
            says="a change of administrator and of a diamond's facets are seen too",
            tables={
                "logs": [
                    {"address": "vault", "topic0": ADMIN_CHANGED, "data": literal.words("alice", "mallory")},
                    {"address": "diamond", "topic0": DIAMOND_CUT, "log_index": 1, "data": literal.words(96, 0, 128)},
                ]
            },
            finds=(
                {"severity": "high", "entities": {"admin": "mallory", "previous": "alice"}},
                {"severity": "high", "entities": {"proxy": "diamond"}},
            ),
        ),
        Example(
            says="construction is no upgrade",
            tables={"logs": [_upgraded()], "created_contracts": [{"contract_address": "vault"}]},
        ),
        Example(
            says="a first administrator and a log of another shape are left alone",
            tables={
                "logs": [
                    {"address": "vault", "topic0": ADMIN_CHANGED, "data": literal.words(0, "alice")},
                    {"address": "vault", "topic0": UPGRADED, "log_index": 1},
                ]
            },
        ),
    ),
)
