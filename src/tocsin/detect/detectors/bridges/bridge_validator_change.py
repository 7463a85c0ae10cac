"""
What a bridge believes was changed: its validators, how many of them must sign, the module or the root it trusts.

## What it finds
The events with which known kinds of bridges change whom they believe, at contracts that were there before. One finding
for each contract and each change.

* critical: at a contract that is labelled as a bridge or as watched, not through a timelock or a Safe that is known by
  its events; or there a root of nothing but zeros is accepted, under which any message can be proven.
* high: at such a contract, through a Safe; or a validator is removed.
* medium: at such a contract, through a timelock; a root of zeros elsewhere.
* low: at any other contract: nobody knows that it is a bridge.

An announced change (`--known`, or the settings) lowers what it is about.

## Why it matters
Who chooses the validators signs in their name. A changed set, or a threshold of one, is the step before a forged
message; nothing else on the chain tells of a key that is stolen.

## Blind spots
Bridges that change their set without an event, or with one that is not known here. Stolen keys of validators that stay
validators. Anybody can write such an event; the log of a Safe or a timelock can be forged by whoever makes the change.
The roots themselves are not computed anew: a wrong root that is not zero is not seen. Messages that do not arrive.

## Triage
Was it announced? Ask each validator's operator about the new key, over another channel. If nobody knows of it, pause
the bridge on all its chains before the first message under the new set arrives.

## References
- https://docs.hyperlane.xyz/docs/protocol/ISM/modular-security
- https://docs.layerzero.network/v2
- https://wormhole.com/docs
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from tocsin.chain.signatures import topic
from tocsin.detect.detector import Detector, Example, Read
from tocsin.detect.detectors.bridges._families import FAMILY
from tocsin.detect.detectors.bridges._sight import is_bridge
from tocsin.detect.detectors.control import _events
from tocsin.detect.detectors.control._upgrades import PATHS, paths
from tocsin.detect.labels import LABELS_READ, Labels
from tocsin.model.finding import GAINING, Entity, Place, Severity, Sighting
from tocsin.tables import literal
from tocsin.tables.dataset import Tables


@dataclass(frozen=True, slots=True)
class Change:
    """What an event says was changed."""

    says: str
    account: int | None = None
    """Which argument is the account that is believed from now on, or no more."""
    number: int | None = None
    """Which argument is how many must sign, or the number of the new set."""
    is_gain: bool = True
    """The account is believed from now on."""
    gain: int | None = None
    """Which argument says so, if one does."""


CHANGES: Mapping[bytes, Change] = {
    topic(signature): change
    for signature, change in {
        "ValidatorSet(address,bool)": Change("a validator was added or removed", 0, gain=1),
        "ValidatorAdded(address)": Change("a validator was added", 0),
        "ValidatorRemoved(address)": Change("a validator was removed", 0, is_gain=False),
        "NeededSet(uint256)": Change("the number of signatures needed was set", number=0),
        "RequiredSignaturesChanged(uint256)": Change("the number of signatures needed was set", number=0),
        "ThresholdUpdated(uint256,uint256,uint256,uint256,uint256)": Change("the threshold was set", number=1),
        "GuardianSetAdded(uint32)": Change("a new set of guardians took over", number=0),
        "DefaultIsmSet(address)": Change("the default security module was replaced", 0),
        "IsmSet(address)": Change("the security module was replaced", 0),
        "ValidatorEnrolled(uint32,address,uint256)": Change("a validator was enrolled", 1),
        "ValidatorUnenrolled(uint32,address,uint256)": Change("a validator was removed", 1, is_gain=False),
        "ThresholdSet(uint32,uint8)": Change("the number of signatures needed was set", number=1),
        "PeerSet(uint32,bytes32)": Change("the contract believed at the other end was set", 1),
        "NewUpdater(address,address)": Change("the signer of roots was replaced", 1),
        "RespectedGameTypeSet(uint32,uint64)": Change("the kind of proof that is believed was changed", number=0),
    }.items()
}
CONFIRMED = topic("SetConfirmation(bytes32,uint256,uint256)")
"""Nomad's kind: from when on a root is believed."""
BY_PATH = {"timelock": Severity.MEDIUM, "multisig": Severity.HIGH}
CONFIDENCE, CONFIDENCE_UNKNOWN = 0.8, 0.4


def run(tables: Tables) -> Iterator[Sighting]:
    """A sighting for each change at a contract that did not come into being with it."""
    logs = tables["logs"].filter(pl.col("topic0").is_in([*CHANGES, CONFIRMED]))
    if logs.is_empty():
        return
    labels, created, through = Labels.of(tables), _events.created(tables), paths(tables["logs"])
    for row in _events.in_order(logs):
        if _events.key(row, _events.text(row["address"])) in created:
            continue
        is_known = is_bridge(labels, row["chain_id"], row["address"])
        ways = through.get(_events.key(row, "")[:3], ())
        found = _root(row, is_known=is_known) if row["topic0"] == CONFIRMED else _change(row, ways, is_known=is_known)
        if found is not None:
            yield found


def _change(row: Mapping[str, Any], ways: tuple[str, ...], *, is_known: bool) -> Sighting | None:
    change, words, bridge = CHANGES[row["topic0"]], _events.arguments(row), _events.text(row["address"])
    if max(change.account or 0, change.number or 0, change.gain or 0) >= len(words):
        return None
    is_gain = change.is_gain if change.gain is None else any(words[change.gain])
    account = "" if change.account is None else _events.address_of(words[change.account])
    number = None if change.number is None else int.from_bytes(words[change.number], "big")
    told = f" to {number}" if number is not None else f": {account}"
    came = f"through a {' and a '.join(ways)}" if ways else "not through a known timelock or Safe"
    return Sighting(
        place=Place.of(row),
        severity=min(_severity(ways), Severity.CRITICAL if is_gain else Severity.HIGH) if is_known else Severity.LOW,
        confidence=CONFIDENCE if is_known else CONFIDENCE_UNKNOWN,
        title="What a bridge believes was changed",
        summary=f"At {bridge} {change.says}{told}, {came}.",
        entities=(Entity("bridge", bridge), *([Entity("believed", account)] if account else [])),
        values={
            "change": change.says,
            **({} if number is None else {"number": number}),
            **({GAINING: (account,)} if account and is_gain else {}),
        },
        labels=(FAMILY, *(f"through:{way}" for way in ways)),
        key=f"{bridge}:{row['log_index']}",
    )


def _severity(ways: tuple[str, ...]) -> Severity:
    return min((BY_PATH[way] for way in ways), default=Severity.CRITICAL)


def _root(row: Mapping[str, Any], *, is_known: bool) -> Sighting | None:
    """A root of zeros that is believed: what was never proven has that root."""
    words, bridge = _events.arguments(row), _events.text(row["address"])
    if len(words) < len(("root", "before", "after")) or any(words[0]) or not any(words[2]):
        return None
    return Sighting(
        place=Place.of(row),
        severity=Severity.CRITICAL if is_known else Severity.MEDIUM,
        confidence=CONFIDENCE if is_known else CONFIDENCE_UNKNOWN,
        title="A bridge accepts a root of nothing but zeros",
        summary=f"{bridge} believes the root 0x00…00 from the time {int.from_bytes(words[2], 'big')} on. What was "
        "never proven stands under that root: any message can be delivered, by anybody.",
        entities=(Entity("bridge", bridge),),
        values={"change": "a root was accepted", "believed_from": int.from_bytes(words[2], "big")},
        labels=(FAMILY,),
        key=f"{bridge}:{row['log_index']}",
    )


def _log(signature: str, *words: int | str, block: int = 1, index: int = 0, address: str = "bridge") -> dict[str, Any]:
    return {
        "block_number": block,
        "address": address,
        "topic0": topic(signature),
        "data": literal.words(*words),
        "log_index": index,
    }


_BRIDGE = [{"chain_id": 1, "address": "bridge", "kind": "bridge"}]
_ADDED = "ValidatorAdded(address)"

detector = Detector(
    id="bridge-validator-change",
    severity=Severity.CRITICAL,
    reads={
        "logs": Read(columns=_events.LOG_COLUMNS, topic0=(*CHANGES, CONFIRMED, *PATHS)),
        "created_contracts": _events.CREATED,
        "labels": LABELS_READ,
    },
    run=run,
    examples=(
        Example(
            says="a validator of a known bridge is added and the number of signatures lowered, by a key",
            tables={
                "logs": [_log(_ADDED, "mallory"), _log("RequiredSignaturesChanged(uint256)", 1, index=1)],
                "labels": _BRIDGE,
            },
            finds=(
                {"severity": "critical", "entities": {"bridge": "bridge", "believed": "mallory"}},
                {"severity": "critical", "values": {"number": 1}},
            ),
        ),
        Example(
            says="through a Safe it is high, through a timelock medium, at a contract nobody knows low",
            tables={
                "logs": [
                    _log(_ADDED, "new"),
                    _log("ExecutionSuccess(bytes32,uint256)", 1, 0, index=1, address="safe"),
                    _log("GuardianSetAdded(uint32)", 4, block=2),
                    _log("CallExecuted(bytes32,uint256,address,uint256,bytes)", 1, block=2, index=1, address="lock"),
                    _log("PeerSet(uint32,bytes32)", 30101, "peer", block=3, address="application"),
                ],
                "labels": _BRIDGE,
            },
            finds=(
                {"severity": "high", "labels": ["family:bridge", "through:multisig"]},
                {"severity": "medium", "labels": ["family:bridge", "through:timelock"]},
                {"severity": "low", "entities": {"bridge": "application", "believed": "peer"}},
            ),
        ),
        Example(
            says="a root of zeros is accepted, at a bridge and at a contract nobody knows; a validator is removed",
            tables={
                "logs": [
                    _log("SetConfirmation(bytes32,uint256,uint256)", 0, 0, 1),
                    _log("SetConfirmation(bytes32,uint256,uint256)", 0, 0, 1, address="other", index=1),
                    _log("ValidatorSet(address,bool)", "old", 0, index=2),
                ],
                "labels": _BRIDGE,
            },
            finds=(
                {"severity": "critical", "values": {"believed_from": 1}},
                {"severity": "medium"},
                {"severity": "high", "values": {"change": "a validator was added or removed"}},
            ),
        ),
        Example(
            says="a real root, a bridge that is being made, and an event that is cut off",
            tables={
                "logs": [
                    _log("SetConfirmation(bytes32,uint256,uint256)", 7, 0, 1),
                    _log(_ADDED, "first", block=2),
                    _log("ThresholdSet(uint32,uint8)", 5, block=3),
                ],
                "created_contracts": [{"block_number": 2, "contract_address": "bridge"}],
                "labels": _BRIDGE,
            },
        ),
    ),
)
