"""
A Safe was reconfigured, or ran code it did not know.

Owners, threshold, modules, guard and fallback handler decide who may spend from a Safe. A transaction with operation 1
is a delegatecall: the target's code runs as the Safe itself and may rewrite any of that without a trace in the logs,
down to slot 0, where the address of the Safe's own code stands.

## What it finds
One finding for each Safe and transaction.

* critical: a delegatecall to a target that is not a library Safe publishes, by an owners' transaction or by a module;
  or slot 0 of a Safe changed.
* high: an owner, the threshold, a module, the guard or the fallback handler changed.
* medium: slot 0 changed through one of Safe's own migration libraries.

A target is known by its address or by its code, so a MultiSend deployed from the published package is quiet wherever it
stands; delegatecalls inside its batch are looked at like any other. What happens while a Safe is being set up is left
alone.

## Why it matters
The largest thefts of recent years were signed by the owners themselves: what looked like a transfer was a delegatecall
that replaced the Safe's code.

## Blind spots
Any contract may emit these events; nothing says that it is a Safe. Without the call tree delegatecalls are not seen,
without state changes a write to slot 0 is not. Libraries of others, however benign, count as unknown.

## Triage
Ask the signers what they believe they signed, over another channel. Read slot 0 of the Safe: if it is not a published
singleton, the Safe is lost; move what can still be moved. For a changed owner or threshold, compare with the rotation
plan.

## References
Safe contracts 1.3.0 to 1.5.0 and Safe's list of deployments; the Safe bots of Forta, Monitorism.
"""

from collections.abc import Iterator
from typing import Any

from tocsin.detect.detector import Detector, Example, Question, Read
from tocsin.detect.detectors.control import _events, _safe_calls, _safe_libraries
from tocsin.detect.detectors.control._safe_doings import CHANGES, EXECUTED, MASTER_COPY_SLOT, SET_UP, Doing, doings
from tocsin.model.finding import GAINING, Entity, Severity, Sighting
from tocsin.model.lookups import Answers, Lookup, code_hash
from tocsin.tables import literal
from tocsin.tables.dataset import Tables

CONFIDENCE = 0.95
CONFIDENCE_UNREAD = 0.7
"""Where the code of an unknown target could not be looked up."""


def run(tables: Tables) -> Iterator[Question]:
    """A question for each Safe that was changed or that ran another's code as its own."""
    for doing in doings(tables):
        yield Question(lookups=_lookups(doing), candidate=doing)


def _lookups(doing: Doing) -> tuple[Lookup, ...]:
    """The code hash of each target that is not known by its address."""
    return tuple(lookup for target in dict.fromkeys(doing.targets) if (lookup := _code(doing, target)) is not None)


def _code(doing: Doing, target: str) -> Lookup | None:
    place = doing.place
    if place.block_number is None or target in _safe_libraries.ADDRESSES:
        return None
    return code_hash(target, block_number=place.block_number, chain_id=place.chain_id)


def judge(doing: Doing, answers: Answers) -> Sighting | None:
    """A sighting, unless all that was done is a delegatecall to a library Safe publishes."""
    unknown = [target for target in doing.targets if not _is_library(doing, target, answers)]
    if not (unknown or doing.changes or doing.new_copy):
        return None
    return Sighting(
        place=doing.place,
        severity=_severity(doing, unknown),
        confidence=_confidence(doing, unknown, answers),
        title=_title(doing, unknown),
        summary=_summary(doing, unknown),
        entities=(
            Entity("multisig", doing.safe),
            *(Entity("delegatecall_target", target) for target in dict.fromkeys(unknown)),
            *(Entity("master_copy", copy) for copy in [doing.new_copy] if copy),
        ),
        values={
            "changes": tuple(doing.changes),
            GAINING: tuple(dict.fromkeys((*doing.gaining, *unknown))),
            "delegatecalls": len(unknown),
            "slot_0_written": bool(doing.new_copy),
        },
        key=doing.safe,
    )


def _is_library(doing: Doing, target: str, answers: Answers) -> bool:
    lookup = _code(doing, target)
    answer = None if lookup is None else answers.get(lookup)
    return target in _safe_libraries.ADDRESSES or answer in _safe_libraries.CODE_HASHES


def _confidence(doing: Doing, unknown: list[str], answers: Answers) -> float:
    """Less where all there is are targets whose code nobody could read: one of them may be a library."""
    lookups = [_code(doing, target) for target in unknown]
    is_read = any(lookup is not None and answers.get(lookup) is not None for lookup in lookups)
    return CONFIDENCE if doing.new_copy or doing.changes or is_read else CONFIDENCE_UNREAD


def _severity(doing: Doing, unknown: list[str]) -> Severity:
    if unknown:
        return Severity.CRITICAL
    if doing.new_copy:
        migrated = any(target in _safe_libraries.MIGRATIONS for target in doing.targets)
        return Severity.MEDIUM if migrated and not doing.changes else Severity.CRITICAL
    return Severity.HIGH


def _title(doing: Doing, unknown: list[str]) -> str:
    if doing.new_copy:
        return "The code of a Safe was replaced"
    return "A Safe ran unknown code as its own" if unknown else "A Safe was reconfigured"


def _summary(doing: Doing, unknown: list[str]) -> str:
    parts = [
        *(f"it ran the code of {target}, no library that Safe publishes, by delegatecall" for target in unknown),
        *([f"slot 0, its master copy, went from {doing.old_copy} to {doing.new_copy}"] if doing.new_copy else []),
        *doing.changes,
    ]
    return f"The Safe {doing.safe}: {'; '.join(parts)}."


_MULTI_SEND = "0x38869bf66a61cf6bdb996a6ae40d5853fd43b526"
_MIGRATION = "0x526643f69b81b008f46d95cd5ced5ec0edffdac6"
_ADDED, _REMOVED = tuple(CHANGES)[:2]


def _execution(target: str, operation: int, data: bytes = b"", **other: Any) -> dict[str, Any]:
    heads = literal.words(target, 0, 320, operation, 0, 0, 0, 0, 0, 320, len(data))
    return {
        "to_address": "safe", "call_type": "call", "output": literal.words(1),
        "selector": _safe_calls.EXECUTE, "input": _safe_calls.EXECUTE + heads + data, **other,
    }  # fmt: skip


def _batch(operation: int, target: str) -> bytes:
    step = bytes([operation]) + literal.octets(target, 20) + literal.words(0, 0)
    return _safe_calls.MULTI_SEND + literal.words(32, len(step)) + step


def _copy(after: str) -> dict[str, Any]:
    return {
        "address": "safe", "kind": "storage", "slot": MASTER_COPY_SLOT,
        "before": literal.topic("singleton"), "after": literal.topic(after),
    }  # fmt: skip


detector = Detector(
    id="multisig-change",
    severity=Severity.CRITICAL,
    concerns=("multisig",),
    reads={
        "logs": Read(columns=_events.LOG_COLUMNS, topic0=(*CHANGES, SET_UP, *EXECUTED)),
        "calls": Read(
            columns=("call_index", "call_type", "to_address", "input", "selector", "output", "reverted"),
            selector=_safe_calls.SELECTORS,
            optional=True,
        ),
        "state_changes": Read(columns=("address", "slot", "before", "after"), optional=True),
    },
    run=run,
    judge=judge,
    examples=(
        Example(
            says="a delegatecall to an unknown target that replaces the Safe's code is critical",
            tables={"calls": [_execution("trojan", 1)], "state_changes": [_copy("backdoor")]},
            finds=(
                {
                    "severity": "critical",
                    "confidence": 0.95,
                    "entities": {"multisig": "safe", "delegatecall_target": "trojan", "master_copy": "backdoor"},
                },
            ),
        ),
        Example(
            says="a delegatecall to an unknown target is critical, by the owners, by a module or inside a batch",
            tables={
                "calls": [
                    _execution("trojan", 1),
                    _execution(_MULTI_SEND, 1, _batch(1, "trojan"), to_address="third-safe", call_index=2),
                    {
                        **_execution("trojan", 1, to_address="other-safe", call_index=1),
                        "selector": _safe_calls.BY_MODULE,
                        "input": _safe_calls.BY_MODULE + literal.words("trojan", 0, 128, 1, 0),
                    },
                ]
            },
            finds=(
                {"severity": "critical"},
                {"severity": "critical", "entities": {"multisig": "other-safe"}},
                {"severity": "critical", "entities": {"multisig": "third-safe", "delegatecall_target": "trojan"}},
            ),
        ),
        Example(
            says="an owner who is replaced is one finding, high",
            tables={
                "logs": [
                    {"address": "safe", "topic0": _REMOVED, "topic1": literal.topic("alice")},
                    {"address": "safe", "topic0": _ADDED, "data": literal.words("mallory"), "log_index": 1},
                ]
            },
            finds=(
                {
                    "severity": "high",
                    "values": {
                        "changes": [
                            f"an owner was removed: {literal.address('alice')}",
                            f"an owner was added: {literal.address('mallory')}",
                        ]
                    },
                },
            ),
        ),
        Example(
            says="Safe's own migration is medium",
            tables={"calls": [_execution(_MIGRATION, 1)], "state_changes": [_copy("new-singleton")]},
            finds=({"severity": "medium", "values": {"slot_0_written": True}},),
        ),
        Example(
            says="a batch, a plain call and a delegatecall that failed are left alone",
            tables={
                "calls": [
                    _execution(_MULTI_SEND, 1, _batch(0, "bob")),
                    _execution("bob", 0, call_index=1),
                    _execution("trojan", 1, call_index=2, output=literal.words(0)),
                    _execution("trojan", 1, call_index=3, reverted=True),
                ]
            },
        ),
        Example(
            says="a published library that somebody deployed elsewhere is known by its code",
            tables={"calls": [_execution("multi-send-elsewhere", 1, _batch(0, "bob"))]},
            answers={
                ("eth_getCode:hash", "multi-send-elsewhere"): "0x"
                "cdbdcec38d2f1c7d961b0029ff8416b7e86e9974d6f0e9c9580c7d17fcfb6663"
            },
        ),
        Example(
            says="a Safe that is being set up is left alone",
            tables={
                "logs": [
                    {"address": "safe", "topic0": SET_UP},
                    {"address": "safe", "topic0": _ADDED, "topic1": literal.topic("alice"), "log_index": 1},
                ]
            },
        ),
    ),
)
