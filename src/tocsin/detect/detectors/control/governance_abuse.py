"""
Governance was made to act at once, or to do something else than what was proposed.

Governance protects by letting everybody read a proposal for a while before it is carried out. Whoever shortens that
while to nothing, or exchanges what is to be called in the meantime, takes the protection away.

## What it finds
One finding for each timelock or governor and proposal.

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
remembered for 30 days of Ethereum blocks, and 32 targets of each. What a proposal does is not simulated.

## Triage
Was it announced? If not: pause whatever governance owns and can be paused, cancel what else is queued, and read the
code that was called, now and at the time of the proposal.

## References
- https://docs.openzeppelin.com/contracts/5.x/api/governance#TimelockController
- https://github.com/forta-network/forta-bot-sdk
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from tocsin.chain.signatures import topic
from tocsin.detect.detector import MEMORY, Answered, Detector, Example, Memory, Question, Read
from tocsin.detect.detectors.control import _events, _proposals
from tocsin.detect.detectors.control._proposals import CALLED, CREATED, DOING, EXECUTED, PLANNING, SCHEDULED, Step
from tocsin.model.finding import Entity, Place, Severity, Sighting
from tocsin.model.lookups import CODE_HASH, Answers, Lookup, code_hash
from tocsin.tables import literal
from tocsin.tables.dataset import Tables

MIN_DELAY_CHANGE = topic("MinDelayChange(uint256,uint256)")
WINDOW_BLOCKS = 216_000
"""30 days of Ethereum blocks: longer than a vote and its delay."""
SHORT_SECONDS = 3_600
"""Less time than this is none to read a proposal in."""
CONFIDENCE = {Severity.CRITICAL: 0.9, Severity.HIGH: 0.8, Severity.MEDIUM: 0.5, Severity.LOW: 0.5}
"""The first as the reference has it (detection, section 4.25)."""
TITLES = {
    "delay": "The delay of a timelock was lowered",
    "haste": "A proposal was carried out as soon as it was made",
    "payload": "Governance called something else than what was proposed",
}
"""By the first word of a finding's key."""
NO_CODE = "0x" + topic("").hex()
"""The hash of no code at all."""


@dataclass(frozen=True, slots=True)
class Payload:
    """Something a proposal called, and when it was proposed."""

    place: Place
    governance: str
    identity: bytes
    target: str
    proposed_in: int
    """The block."""


def run(tables: Tables) -> Iterator[Sighting | Question]:
    """Lowered delays, haste, and a question for each target that was proposed in an earlier block."""
    logs = tables["logs"]
    if logs.is_empty():
        return
    lowered = {(_where(row), row["address"]): row for row, _, _ in _lowerings(logs)}
    yield from (_lowered(*change) for change in _lowerings(logs))
    yield from _hasty(logs, lowered)
    yield from (Question(lookups=tuple(_lookups(each)), candidate=each) for each in _payloads(logs, tables[MEMORY]))


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


def _hasty(logs: pl.DataFrame, lowered: Mapping[tuple[Any, ...], Any]) -> Iterator[Sighting]:
    """What was planned and carried out in one transaction, once for each proposal."""
    planned = {(step.transaction, step.key): step for step in _proposals.steps(logs, PLANNING)}
    seen = set()
    for step in _proposals.steps(logs, DOING):
        plan, key = planned.get((step.transaction, step.key)), (step.transaction, step.key)
        if plan is not None and key not in seen:
            seen.add(key)
            yield _haste(step, plan, is_lowered=(step.transaction, step.governance) in lowered)


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


def _payloads(logs: pl.DataFrame, memory: pl.DataFrame) -> Iterator[Payload]:
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
    for step in done:
        now = step.row["block_number"] or 0
        for target, then in sorted(planned.get(step.key, {}).items()):
            if then < now <= then + WINDOW_BLOCKS:
                place, governance = Place.of(step.row), _events.text(step.governance)
                yield Payload(place, governance, step.identity, _events.text(target), then)


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
    return _sighting(
        payload.place,
        Severity.CRITICAL if had_code else Severity.MEDIUM,
        f"payload:{payload.governance}:{payload.identity.hex()}:{payload.target}",
        f"{payload.governance} called {payload.target}, which has {what}, in block {payload.proposed_in}.",
        {"identity": _events.text(payload.identity), "proposed_in_block": payload.proposed_in, "had_code": had_code},
        (Entity("governance", payload.governance), Entity("attacker" if had_code else "target", payload.target)),
    )


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
        key=key,
    )


def _log(block: int, event: bytes, *words: str | int, index: int = 0, by: str = "timelock") -> dict[str, Any]:
    return {
        "block_number": block, "address": by, "topic0": event, "log_index": index,
        "topic1": literal.topic("operation") if event in (SCHEDULED, CALLED) else None,
        "topic2": literal.topic(0) if event in (SCHEDULED, CALLED) else None,
        "data": literal.words(*words),
    }  # fmt: skip


def _scheduled(block: int, delay: int, index: int = 0) -> dict[str, Any]:
    return _log(block, SCHEDULED, "payload", 0, 160, 0, delay, 0, index=index)


def _called(block: int, index: int = 5) -> dict[str, Any]:
    return _log(block, CALLED, "payload", 0, 96, 0, index=index)


def _change(block: int, before: int, after: int) -> dict[str, Any]:
    return _log(block, MIN_DELAY_CHANGE, before, after, index=2)


def _proposed(block: int) -> dict[str, Any]:
    words = (7, "mallory", 9 * 32, 0, 0, 0, block, block + 50, 0, 1, "payload")
    return _log(block, CREATED, *words, by="governor")


def _executed(block: int) -> dict[str, Any]:
    return _log(block, EXECUTED, 7, index=9, by="governor")


def _codes(*codes: tuple[int, str]) -> Answered:
    return {(CODE_HASH, "payload", block): code for block, code in codes}


_SAME, _OTHER = "0x" + "11" * 32, "0x" + "22" * 32

detector = Detector(
    id="governance-abuse",
    severity=Severity.CRITICAL,
    reads={"logs": Read(columns=_events.LOG_COLUMNS, topic0=(*PLANNING, *DOING, MIN_DELAY_CHANGE))},
    memory=Memory(columns=_proposals.REMEMBERED, window_blocks=WINDOW_BLOCKS, remember=_proposals.remember),
    run=run,
    judge=judge,
    examples=(
        Example(
            says="the code of what was queued is another one when it is called",
            tables={"logs": [_scheduled(10, 3_600), _called(400)]},
            answers=_codes((10, _SAME), (399, _OTHER), (400, NO_CODE)),
            finds=({"severity": "critical", "confidence": 0.9, "entities": {"attacker": "payload"}},),
        ),
        Example(
            says="the same for a governor's proposal; code where none was is medium",
            tables={"logs": [_proposed(10), _executed(400), _scheduled(11, 60), _called(400)]},
            answers={**_codes((10, _SAME), (399, _SAME), (400, _OTHER)), **_codes((11, NO_CODE))},
            finds=(
                {"severity": "critical", "entities": {"governance": "governor"}},
                {"severity": "medium", "entities": {"governance": "timelock"}},
            ),
        ),
        Example(
            says="the delay is lowered to nothing, and something is queued and carried out at once",
            tables={"logs": [_scheduled(10, 0), _change(10, 3_600, 0), _called(10)]},
            finds=(
                {"severity": "critical", "values": {"seconds_before": 3_600, "seconds_after": 0}},
                {"severity": "critical", "values": {"delay_lowered": True}},
            ),
        ),
        Example(
            says="a delay is halved, or lowered a little; a proposal is made and carried out in one transaction",
            tables={"logs": [_change(1, 172_800, 86_400), _change(2, 172_800, 90_000), _proposed(3), _executed(3)]},
            finds=({"severity": "high"}, {"severity": "medium"}, {"severity": "critical"}),
        ),
        Example(
            says="a timelock without a delay does what it is told",
            tables={"logs": [_scheduled(10, 0), _called(10)]},
            finds=({"severity": "low"},),
        ),
        Example(
            says="what was queued is carried out as it was; a delay is set, or raised; a payload ends itself",
            tables={
                "logs": [_change(9, 0, 60), _change(10, 3_600, 7_200), _scheduled(10, 3_600), _called(400)],
            },
            answers=_codes((10, _SAME), (399, _SAME), (400, NO_CODE)),
        ),
        Example(says="nobody answers", tables={"logs": [_scheduled(10, 3_600), _called(400)]}),
    ),
)
