"""
A vote was turned at the last moment, or carried by one or two accounts.

## What it finds
One finding for each vote, or decision, of an on-chain governor; of votes that turn one result in one block, the first.

* medium: a vote in the last twentieth of the voting time that turned the result, so that nobody could answer it.
* medium: a proposal that was queued or carried out and that one or two accounts alone voted for, where an earlier
  proposal of the same governor had more. low: the same where no earlier proposal is remembered, or all were like it.

## Why it matters
Proposals that take the treasury are carried by votes that come late, or from accounts that gathered them quietly. Until
a proposal is carried out it can be cancelled.

## Blind spots
Votes that are counted off the chain; governors with other events than OpenZeppelin's and Compound's. Whether a quorum
was needed is not read. Proposals made more than 30 days of Ethereum blocks ago are forgotten, and a decision about one
whose beginning was not seen is left alone. Large delegates who always vote last, or alone, look the same.

## Triage
Read the proposal. If it pays somebody or hands over control and nobody knows the voters, have the guardian cancel it
while it waits in the timelock.

## References
- https://docs.openzeppelin.com/contracts/5.x/api/governance
- https://github.com/lidofinance/alerting-forta
"""

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from tocsin.detect.detector import MEMORY, Detector, Example, Memory, Read
from tocsin.detect.detectors.control import _events, _votes
from tocsin.detect.detectors.control._proposals import CREATED, EXECUTED
from tocsin.detect.detectors.control._votes import AGAINST, CAST, EVENTS, FOR, QUEUED, Key, Proposal
from tocsin.model.finding import Entity, Place, Severity, Sighting
from tocsin.tables import literal
from tocsin.tables.dataset import Tables

WINDOW_BLOCKS = 216_000
"""30 days of Ethereum blocks."""
LATE_SHARE = 0.05
"""The last part of the voting time (reference: detection, section 4.25)."""
FEW = 2
"""So many accounts are few (the same)."""
SECONDS_FROM = 1_000_000_000
"""A voting time above this is in seconds since 1970, below it in blocks: no chain has so many."""
CONFIDENCE = 0.5


def run(tables: Tables) -> Iterator[Sighting]:
    """The votes and decisions of this batch, against what is remembered of their proposals."""
    first = tables["logs"]["block_number"].min()
    if first is None:
        return
    memory = tables[MEMORY]
    now = memory.filter((pl.col("block_number") >= first) & (pl.col("kind") != "created"))
    if now.is_empty():
        return
    known, times = _votes.proposals(memory, set(now["governance"].to_list())), _times(tables)
    turned = set()
    for row in sorted(now.iter_rows(named=True), key=_votes.order):
        where = (_votes.key(row), row["block_number"])
        if row["kind"] == "vote" and where in turned:
            continue
        sighting = _decision(row, known) if row["kind"] == "decided" else _vote(row, known[_votes.key(row)], times)
        if sighting is not None:
            turned.update([where] if row["kind"] == "vote" else [])
            yield sighting


def _times(tables: Tables) -> Mapping[int, int]:
    return dict(tables["blocks"].select("block_number", "timestamp").rows()) if "blocks" in tables else {}


def _is_seen(row: Mapping[str, Any], proposal: Proposal) -> bool:
    """Whether the proposal's beginning is remembered, before this row and within the window."""
    made = proposal.created
    return (
        made is not None
        and _votes.order(made) < _votes.order(row)
        and row["block_number"] <= made["block_number"] + WINDOW_BLOCKS
    )


def _vote(row: Mapping[str, Any], proposal: Proposal, times: Mapping[int, int]) -> Sighting | None:
    """A vote that turned the result when there was no time left to answer it."""
    made = proposal.created
    if made is None or not _is_seen(row, proposal) or not _is_late(row, made["start"], made["end"], times):
        return None
    before = proposal.tally(row)
    weight = int.from_bytes(row["weight_binary"], "big")
    after = (before[0] + weight * (row["support"] == AGAINST), before[1] + weight * (row["support"] == FOR))
    if (before[1] > before[0]) == (after[1] > after[0]):
        return None
    voter, governance = _events.text(row["voter"]), _events.text(row["governance"])
    result = "passes" if after[1] > after[0] else "fails"
    return Sighting(
        place=Place.of(row),
        severity=Severity.MEDIUM,
        confidence=CONFIDENCE,
        title="A vote was turned at the last moment",
        summary=f"With the vote of {voter} in the last {LATE_SHARE:.0%} of the voting time a proposal at {governance} "
        f"{result}: {after[1] / (sum(after) or 1):.1%} of the votes for and against are for it.",
        entities=(Entity("voter", voter), Entity("governance", governance)),
        values={
            "proposal": int.from_bytes(row["identity"], "big"),
            "for_before": before[1],
            "against_before": before[0],
            "for": after[1],
            "against": after[0],
        },
        key=f"late:{governance}:{row['position']}",
    )


def _is_late(row: Mapping[str, Any], start: int, end: int, times: Mapping[int, int]) -> bool:
    now = times.get(row["block_number"]) if end >= SECONDS_FROM else row["block_number"]
    return now is not None and start < end and end - LATE_SHARE * (end - start) <= now <= end


def _decision(row: Mapping[str, Any], known: Mapping[Key, Proposal]) -> Sighting | None:
    """A proposal carried by few, told when it is first queued or carried out."""
    proposal = known[_votes.key(row)]
    is_first = _votes.order(proposal.decided[0]) == _votes.order(row)
    if not is_first or not _is_seen(row, proposal):
        return None
    votes = proposal.before(row)
    carried_by = sorted(_votes.supporters(votes))
    if not 0 < len(carried_by) <= FEW:
        return None
    governance = _events.text(row["governance"])
    return Sighting(
        place=Place.of(row),
        severity=Severity.MEDIUM if _is_unusual(row, known) else Severity.LOW,
        confidence=CONFIDENCE,
        title="A proposal was carried by one or two accounts",
        summary=f"A proposal at {governance} was carried by {' and '.join(map(_events.text, carried_by))}; nobody else "
        "voted for it.",
        entities=(Entity("governance", governance), *(Entity("voter", _events.text(voter)) for voter in carried_by)),
        values={"proposal": int.from_bytes(row["identity"], "big"), "for": proposal.tally(row)[1]},
        key=f"few:{governance}:{row['identity'].hex()}",
    )


def _is_unusual(row: Mapping[str, Any], known: Mapping[Key, Proposal]) -> bool:
    """Whether more accounts voted for an earlier decision of the same governor."""
    return any(
        len(_votes.supporters(proposal.before(decision))) > FEW
        for (chain, governance, _), proposal in known.items()
        if (chain, governance) == (row["chain_id"], row["governance"])
        for decision in proposal.decided[:1]
        if _votes.order(decision) < _votes.order(row)
        and row["block_number"] <= decision["block_number"] + WINDOW_BLOCKS
    )


def _log(block: int, event: bytes, *words: str | int, index: int = 0, **topics: bytes) -> dict[str, Any]:
    data = literal.words(*words)
    return {"block_number": block, "address": "governor", "topic0": event, "log_index": index, "data": data, **topics}


def _made(block: int, proposal: int, start: int, end: int) -> dict[str, Any]:
    return _log(block, CREATED, proposal, "alice", 288, 0, 0, 0, start, end, 0)


def _cast(block: int, proposal: int, voter: str, support: int, weight: int, index: int = 0) -> dict[str, Any]:
    return _log(block, CAST, proposal, support, weight, 128, 0, index=index, topic1=literal.topic(voter))


_PAST = [
    _made(1, 1, 10, 110),
    *(_cast(20, 1, voter, 1, 50, index) for index, voter in enumerate(("alice", "bob", "carol"))),
    _log(111, QUEUED, 1, 0),
    _log(150, EXECUTED, 1),
]

detector = Detector(
    id="doubtful-vote",
    severity=Severity.MEDIUM,
    reads={
        "logs": Read(columns=_events.LOG_COLUMNS, topic0=EVENTS),
        "blocks": Read(columns=("timestamp",), optional=True),
    },
    memory=Memory(columns=_votes.REMEMBERED, window_blocks=WINDOW_BLOCKS, remember=_votes.remember),
    run=run,
    examples=(
        Example(
            says="a vote in the last blocks turns the result",
            tables={
                "logs": [
                    _made(9_590_000, 1, 1, 10_000_000),
                    _cast(9_590_001, 1, "alice", 0, 60),
                    _cast(9_600_000, 1, "mallory", 1, 90),
                ]
            },
            finds=(
                {
                    "severity": "medium",
                    "entities": {"voter": "mallory", "governance": "governor"},
                    "values": {"for": 90, "against": 60, "for_before": 0},
                },
            ),
        ),
        Example(
            says="the same where the governor counts in seconds",
            tables={
                "logs": [
                    _made(1, 1, SECONDS_FROM, SECONDS_FROM + 1_000),
                    _cast(20, 1, "alice", 0, 60),
                    _cast(30, 1, "bob", 1, 70),
                    _cast(40, 1, "carol", 0, 20),
                ],
                "blocks": [
                    {"block_number": block, "timestamp": SECONDS_FROM + seconds}
                    for block, seconds in ((1, 0), (20, 500), (30, 900), (40, 960))
                ],
            },
            finds=({"severity": "medium", "entities": {"voter": "carol"}, "values": {"against": 80}},),
        ),
        Example(
            says="one account carries a proposal, where three carried the one before; alone it is low",
            tables={
                "logs": [
                    *_PAST,
                    _made(200, 2, 210, 310),
                    _cast(220, 2, "mallory", 1, 900),
                    _log(320, EXECUTED, 2),
                    {**_made(200, 3, 210, 310), "address": "other"},
                    {**_cast(221, 3, "mallory", 1, 900), "address": "other"},
                    {**_log(330, EXECUTED, 3), "address": "other"},
                ]
            },
            finds=(
                {"severity": "medium", "entities": {"voter": "mallory"}, "values": {"for": 900}},
                {"severity": "low", "entities": {"governance": "other"}},
            ),
        ),
        Example(
            says="early votes, late ones that change nothing, proposals that three carry or whose beginning is unknown",
            tables={
                "logs": [
                    *_PAST,
                    _made(200, 2, 210, 310),
                    *(_cast(220, 2, voter, 1, 50, index) for index, voter in enumerate(("alice", "bob", "carol"))),
                    _cast(308, 2, "dave", 0, 60),
                    _log(320, EXECUTED, 2),
                    _cast(321, 9, "mallory", 1, 9),
                    _log(330, EXECUTED, 9),
                ]
            },
        ),
    ),
)
