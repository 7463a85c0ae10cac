"""
Governance was made to act at once, or to do something else than what was proposed.

Governance protects by letting everybody read a proposal for a while before it is carried out. Whoever shortens that
while to nothing, or exchanges what is to be called in the meantime, takes the protection away.

## What it finds
One finding for each timelock or governor and proposal. The severities are those of what is labelled as watched or as
the organisation's own; elsewhere it is high at most where the code is another one, and medium at most for the rest:
anybody can make a timelock, and write such events.

* critical: the code of what a proposal calls is not the code that was there when it was proposed; a proposal that was
  carried out in the transaction that made it; an operation queued and carried out in one transaction although it has a
  delay, or where the delay was lowered in that transaction.
* critical: the delay of a timelock was lowered to less than an hour.
* high: something queued in a timelock of Compound's kind and carried out in the same transaction; a delay lowered to
  half or less.
* medium: a delay lowered otherwise; code where there was none when it was proposed.
* low: an operation queued and carried out in one transaction, in a timelock without a delay.

## Why it matters
The next thing is usually a payment of the treasury, or an upgrade of everything governance owns.

## Blind spots
Governors and timelocks with other events; votes off the chain. Code that is exchanged behind a proxy: see the upgrade
detector. Which code was there when a proposal was made must be answered by a node that keeps old state. Proposals are
remembered for 30 days of Ethereum blocks, and 32 targets of each; 64 targets of what one transaction carries out are
asked about. What a proposal does is not simulated.

## Triage
Was it announced? If not: pause whatever governance owns and can be paused, cancel what else is queued, and read the
code that was called, now and at the time of the proposal.

## References
- https://docs.openzeppelin.com/contracts/5.x/api/governance#TimelockController
- https://github.com/forta-network/forta-bot-sdk
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from tocsin.detect.detector import MEMORY, Detector, Memory, Question, Read
from tocsin.detect.detectors.control import _events, _proposals
from tocsin.detect.detectors.control._governance_examples import EXAMPLES
from tocsin.detect.detectors.control._proposals import (
    CALLED,
    DOING,
    EXECUTED,
    FAMILY,
    MIN_DELAY_CHANGE,
    NO_CODE,
    PLANNING,
    Step,
)
from tocsin.detect.labels import LABELS_READ, Labels
from tocsin.intel.kinds import OURS
from tocsin.model.finding import Entity, Place, Severity, Sighting
from tocsin.model.lookups import Answers, Lookup, code_hash
from tocsin.tables.dataset import Tables

WINDOW_BLOCKS = 216_000
"""30 days of Ethereum blocks: longer than a vote and its delay."""
SHORT_SECONDS = 3_600
"""Less time than this is none to read a proposal in."""
MOST_ASKED = 64
"""Targets of what one transaction carries out whose code is asked for: anybody can write such events."""
CONFIDENCE = {Severity.CRITICAL: 0.9, Severity.HIGH: 0.8, Severity.MEDIUM: 0.5, Severity.LOW: 0.5}
"""The first as the reference has it (detection, section 4.25)."""
MOST_OF_OTHERS = {"delay": Severity.MEDIUM, "haste": Severity.MEDIUM, "payload": Severity.HIGH}
"""How bad it can be where nobody labelled the timelock or governor, by the first word of a finding's key."""
TITLES = {
    "delay": "The delay of a timelock was lowered",
    "haste": "A proposal was carried out as soon as it was made",
    "payload": "Governance called something else than what was proposed",
}
"""By the first word of a finding's key."""


@dataclass(frozen=True, slots=True)
class Payload:
    """Something a proposal called, and when it was proposed."""

    place: Place
    governance: str
    identity: bytes
    target: str
    proposed_in: int
    """The block."""
    is_ours: bool


def run(tables: Tables) -> Iterator[Sighting | Question]:
    """Lowered delays, haste, and a question for each target that was proposed in an earlier block."""
    logs = tables["logs"]
    if logs.is_empty():
        return
    labels = Labels.of(tables)
    lowered = {(_where(row), row["address"]): row for row, _, _ in _lowerings(logs)}
    yield from (_of(_lowered(*change), is_ours=_is_ours(change[0], labels)) for change in _lowerings(logs))
    yield from _hasty(logs, lowered, labels)
    for each in _payloads(logs, tables[MEMORY], labels):
        yield Question(lookups=tuple(_lookups(each)), candidate=each)


def _of(sighting: Sighting, *, is_ours: bool) -> Sighting:
    """The same, no worse than it can be where the timelock or governor is nobody's that is known."""
    severity = min(sighting.severity, MOST_OF_OTHERS[sighting.key.partition(":")[0]])
    return sighting if is_ours else replace(sighting, severity=severity, confidence=CONFIDENCE[severity])


def _is_ours(row: Mapping[str, Any], labels: Labels) -> bool:
    return not labels.kinds(row["chain_id"], row["address"]).isdisjoint(OURS)


def _where(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return row["block_hash"], row["transaction_hash"]


def _lowerings(logs: pl.DataFrame) -> Iterator[tuple[Mapping[str, Any], int, int]]:
    """The last change of each timelock's delay in a transaction, if it was lowered: the log, before, after."""
    changes: dict[tuple[Any, ...], tuple[Mapping[str, Any], int, int]] = {}
    for row in _events.in_order(logs.filter(pl.col("topic0") == MIN_DELAY_CHANGE)):
        numbers = [int.from_bytes(word, "big") for word in _events.arguments(row)[:2]]
        if len(numbers) == 2:
            key = (_where(row), row["address"])
            changes[key] = (row, changes[key][1] if key in changes else numbers[0], numbers[1])
    return (change for change in changes.values() if change[2] < change[1])


def _lowered(row: Mapping[str, Any], before: int, after: int) -> Sighting:
    timelock = _events.text(row["address"])
    return _sighting(
        Place.of(row),
        Severity.CRITICAL if after < SHORT_SECONDS else Severity.HIGH if 2 * after <= before else Severity.MEDIUM,
        f"delay:{timelock}",
        f"The timelock {timelock} now lets {after} seconds pass between queueing and carrying out; it was {before}.",
        {"seconds_before": before, "seconds_after": after},
        (Entity("timelock", timelock),),
    )


def _hasty(logs: pl.DataFrame, lowered: Mapping[tuple[Any, ...], Any], labels: Labels) -> Iterator[Sighting]:
    """What was planned and carried out in one transaction, once for each proposal."""
    planned = {(step.transaction, step.key): step for step in _proposals.steps(logs, PLANNING)}
    seen = set()
    for step in _proposals.steps(logs, DOING):
        plan, key = planned.get((step.transaction, step.key)), (step.transaction, step.key)
        if plan is not None and key not in seen:
            seen.add(key)
            is_lowered = (step.transaction, step.governance) in lowered
            yield _of(_haste(step, plan, is_lowered=is_lowered), is_ours=_is_ours(step.row, labels))


def _haste(step: Step, plan: Step, *, is_lowered: bool) -> Sighting:
    governance = _events.text(step.governance)
    grades = {
        EXECUTED: Severity.CRITICAL,
        CALLED: Severity.CRITICAL if is_lowered or plan.delay_seconds else Severity.LOW,
    }
    return _sighting(
        Place.of(step.row),
        grades.get(step.row["topic0"], Severity.HIGH),
        f"haste:{governance}:{step.identity.hex()}",
        f"{governance} was given {_events.text(step.identity)} to do and did it in the same transaction.",
        {"identity": _events.text(step.identity), "delay_lowered": is_lowered},
        (Entity("governance", governance), *(Entity("target", _events.text(target)) for target in plan.targets)),
    )


def _payloads(logs: pl.DataFrame, memory: pl.DataFrame, labels: Labels) -> Iterator[Payload]:
    """The targets of what was carried out that an earlier block proposed."""
    done = list({step.key: step for step in _proposals.steps(logs, DOING)}.values())
    if not done or memory.is_empty():
        return
    near = memory.filter(pl.col("identity").is_in([step.identity for step in done]))
    planned: dict[tuple[Any, ...], dict[bytes, int]] = {}
    for row in near.sort("block_number", descending=True, nulls_last=True).iter_rows(named=True):
        if row["block_number"] is not None:
            targets = planned.setdefault((row["chain_id"], row["governance"], row["identity"]), {})
            targets[row["target"]] = row["block_number"]
    asked = Counter[tuple[Any, ...]]()
    for step in done:
        now = step.row["block_number"] or 0
        for target, then in sorted(planned.get(step.key, {}).items()):
            if then < now <= then + WINDOW_BLOCKS and asked[step.transaction] < MOST_ASKED:
                asked[step.transaction] += 1
                place, governance = Place.of(step.row), _events.text(step.governance)
                yield Payload(place, governance, step.identity, _events.text(target), then, _is_ours(step.row, labels))


def _lookups(payload: Payload) -> Iterator[Lookup]:
    """The code when it was proposed, before the block in which it was called, and after it."""
    number = payload.place.block_number or 1
    for block in (payload.proposed_in, number - 1, number):
        yield code_hash(payload.target, block_number=block, chain_id=payload.place.chain_id)


def judge(payload: Payload, answers: Answers) -> Sighting | None:
    """A sighting where the code is another one. Code that is gone afterwards may have ended itself, as planned."""
    proposed, *called = (answers.get(lookup) for lookup in _lookups(payload))
    others = [each for each in called if each not in (None, NO_CODE, proposed)]
    if proposed is None or not others:
        return None
    had_code = proposed != NO_CODE
    what = "other code than when it was proposed" if had_code else "code, and had none when it was proposed"
    told = _sighting(
        payload.place,
        Severity.CRITICAL if had_code else Severity.MEDIUM,
        f"payload:{payload.governance}:{payload.identity.hex()}:{payload.target}",
        f"{payload.governance} called {payload.target}, which has {what}, in block {payload.proposed_in}.",
        {"identity": _events.text(payload.identity), "proposed_in_block": payload.proposed_in, "had_code": had_code},
        (Entity("governance", payload.governance), Entity("attacker" if had_code else "target", payload.target)),
    )
    return _of(told, is_ours=payload.is_ours)


def _sighting(
    place: Place,
    severity: Severity,
    key: str,
    summary: str,
    values: Mapping[str, Any],
    entities: tuple[Entity, ...],
) -> Sighting:
    return Sighting(
        place=place,
        severity=severity,
        confidence=CONFIDENCE[severity],
        title=TITLES[key.partition(":")[0]],
        summary=summary,
        entities=entities,
        values=values,
        labels=(FAMILY,),
        key=key,
    )


detector = Detector(
    id="governance-abuse",
    severity=Severity.CRITICAL,
    reads={
        "logs": Read(columns=_events.LOG_COLUMNS, topic0=(*PLANNING, *DOING, MIN_DELAY_CHANGE)),
        "labels": LABELS_READ,
    },
    memory=Memory(columns=_proposals.REMEMBERED, window_blocks=WINDOW_BLOCKS, remember=_proposals.remember),
    run=run,
    judge=judge,
    examples=EXAMPLES,
)
