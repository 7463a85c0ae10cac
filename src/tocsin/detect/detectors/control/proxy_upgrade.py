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

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from tocsin.chain.signatures import topic
from tocsin.detect.accounts import Account, account, questions
from tocsin.detect.detector import Detector, Example, Question, Read
from tocsin.detect.detectors.control import _events
from tocsin.model.finding import Entity, Place, Severity, Sighting
from tocsin.model.lookups import Answers
from tocsin.tables import literal
from tocsin.tables.dataset import Tables

UPGRADED = topic("Upgraded(address)")
BEACON_UPGRADED = topic("BeaconUpgraded(address)")
ADMIN_CHANGED = topic("AdminChanged(address,address)")
DIAMOND_CUT = topic("DiamondCut((address,uint8,bytes4[])[],address,bytes)")
PATHS: Mapping[bytes, str] = {
    topic("CallExecuted(bytes32,uint256,address,uint256,bytes)"): "timelock",
    topic("ExecuteTransaction(bytes32,address,uint256,string,bytes,uint256)"): "timelock",
    topic("ExecutionSuccess(bytes32,uint256)"): "multisig",
}
"""What OpenZeppelin's and Compound's timelocks and Safe's multisigs log when they execute."""

EVENTS: Mapping[bytes, tuple[str, int | None]] = {
    UPGRADED: ("implementation", 0),
    BEACON_UPGRADED: ("beacon", 0),
    ADMIN_CHANGED: ("admin", 1),
    DIAMOND_CUT: ("facets", None),
}
"""By event: what changes, and which argument holds the new address, if one does."""

SLOTS: Mapping[bytes, str] = {
    bytes.fromhex("360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc"): "implementation",
    bytes.fromhex("b53127684a568b3173ae13b9f8a6016e243e63b6e8ee1178d6a717850b5d6103"): "admin",
    bytes.fromhex("a3f0ad74e5423aebfd80d3ef4346578335a9a72aeaee59ff6cb3582b35133d50"): "beacon",
}
"""EIP-1967: keccak-256 of eip1967.proxy.implementation, .admin and .beacon, less one."""

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


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one proxy in one transaction."""

    place: Place
    proxy: str
    what: str
    new: str
    """The new address; empty for a diamond's facets."""
    old: str = ""
    is_logged: bool = False
    is_written: bool = False
    through: tuple[str, ...] = ()
    """Ways of deciding that left a log in the transaction: timelock, multisig."""
    is_new_created: bool = False
    """The new address came into being in the same transaction."""


def run(tables: Tables) -> Iterator[Question]:
    """A question for each change of a contract that was there before."""
    created = _events.created(tables)
    paths = _paths(tables["logs"])
    for key, change in _changes(tables).items():
        transaction = key[:3]
        if (*transaction, change.proxy) in created:
            continue
        candidate = replace(
            change, through=paths.get(transaction, ()), is_new_created=(*transaction, change.new) in created
        )
        yield Question(lookups=questions(change.place, filter(None, (change.proxy, change.new))), candidate=candidate)


def _paths(logs: pl.DataFrame) -> dict[_events.Key, tuple[str, ...]]:
    """By transaction, sorted."""
    found: dict[_events.Key, set[str]] = {}
    for row in logs.filter(pl.col("topic0").is_in(list(PATHS))).iter_rows(named=True):
        found.setdefault(_events.key(row, "")[:3], set()).add(PATHS[row["topic0"]])
    return {transaction: tuple(sorted(through)) for transaction, through in found.items()}


def _changes(tables: Tables) -> dict[_events.Key, Change]:
    """Events and slot writes of the same change are one."""
    found: dict[_events.Key, Change] = {}
    for row, change in [*_logged(tables["logs"]), *_written(tables.get("state_changes"))]:
        key = (*_events.key(row, change.proxy), change.what, change.new)
        known = found.get(key, change)
        found[key] = replace(
            known,
            old=known.old or change.old,
            is_logged=known.is_logged or change.is_logged,
            is_written=known.is_written or change.is_written,
        )
    return found


def _logged(logs: pl.DataFrame) -> Iterator[tuple[dict[str, Any], Change]]:
    for row in _events.in_order(logs.filter(pl.col("topic0").is_in(list(EVENTS)))):
        what, argument = EVENTS[row["topic0"]]
        words = _events.arguments(row)
        if argument is not None and argument >= len(words):
            continue
        new = "" if argument is None else _events.address_of(words[argument])
        old = _events.address_of(words[0]) if argument else ""
        if not (argument and old == ZERO):
            yield row, Change(Place.of(row), _events.text(row["address"]), what, new, old, is_logged=True)


def _written(changes: pl.DataFrame | None) -> Iterator[tuple[dict[str, Any], Change]]:
    """Slots that held one address and hold another; a first value is construction."""
    if changes is None:
        return
    for row in changes.filter(pl.col("slot").is_in(list(SLOTS))).iter_rows(named=True):
        old, new = (_events.address_of((row[name] or b"").rjust(20, b"\0")) for name in ("before", "after"))
        if old not in (ZERO, new):
            proxy = _events.text(row["address"])
            yield row, Change(Place.of(row), proxy, SLOTS[row["slot"]], new, old, is_written=True)


ZERO = "0x" + "00" * 20


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
    return f"{change.proxy} now has {change.new} as {change.what}{before}: {new.words}{made}; {came}.{silent}"


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
