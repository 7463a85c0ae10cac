"""
A price feed is stale, invalid, or far from what pools say, and a contract acted on it.

## What it finds
Answers to `latestRoundData()` that a contract got inside a call that ended with something given to the caller:

* high: an invalid answer: a price of zero or less, or one that was never set.
* high: since the feed was set, at least two pools that then agreed with it have seen the price of what the caller had
  pledged to that contract fall by 30 %, in terms of what the contract gave.
* high: the answer is more than twice as old as the feed ever let it become, of five updates or more that are
  remembered; medium: more than a tenth older.

Each is critical where the contract is one that you watch. And, of the feeds' own events: an update to zero or less is
high, a round that goes backwards medium.

## Why it matters
Whoever borrows at a price that no longer holds leaves behind a pledge that is worth less than the loan.

## Blind spots
Feeds that are asked in another way, and prices that a contract stores. The longest pause of a feed is learned from
what is remembered, which is not much for a feed that is set once a day. Pools that are not of the shape of Uniswap V2
or V3, that had fallen before the feed was set, or that fall by less than one in a hundred with each trade. Pledges that
are older than the window, or that were not paid straight to the contract that gave. A price that rose. What a feed
that stands still costs those who are liquidated is not looked at.

## Triage
Compare the feed with two exchanges. If it is wrong, pause borrowing and liquidation in every market that asks it, and
call its operator. If the market fell a moment ago, the feed may follow at once: look again before you pause.

## References
- https://docs.chain.link/data-feeds (check the timestamp of the latest answer)
- Trace2Inv: deviation of a price that is read (a bare band of 20 % alarms on a fifth of all uses: hence two sources)
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import polars as pl

from tocsin.detect.actors import SAME
from tocsin.detect.detector import MEMORY, Detector, Example, Memory, Read
from tocsin.detect.detectors import _acts
from tocsin.detect.detectors._acts import Act, shown
from tocsin.detect.detectors.oracles import _feed_examples as told
from tocsin.detect.detectors.oracles import _feeds, _pool_moves
from tocsin.detect.detectors.oracles._dealings import TRANSFERS_READ
from tocsin.detect.detectors.oracles._feeds import ANSWER_UPDATED, LATEST, REMEMBERED, Answer
from tocsin.detect.detectors.oracles._pool_moves import EVENTS
from tocsin.detect.detectors.prices import _price_reads
from tocsin.detect.detectors.prices._price_reads import DISTORTION
from tocsin.detect.fusion import NEVER_LOWERED
from tocsin.detect.labels import LABELS_READ, Labels
from tocsin.model.finding import Entity, Place, Severity, Sighting, Value
from tocsin.tables.dataset import Tables

WINDOW_BLOCKS = 2_400
"""Eight hours of Ethereum blocks."""
LEAST_UPDATES = 5
LATE, VERY_LATE = 1.1, 2.0
"""How many times the longest pause so far (reference: detection, section 4.5)."""
SOURCES = 2
"""Pools that must say so (reference: detection, section 4.5: the two-source requirement)."""
AGREEING = 0.05
"""How far a pool may have been from the feed when that was set (reference: detection, section 4.5)."""
CONFIDENCE = {"invalid": 0.95, "deviation": 0.7, "stale": 0.6}
CONFIDENCE_EVENT = {Severity.HIGH: 0.95, Severity.MEDIUM: 0.5}
FAMILY = "family:oracle"
WATCHED = "watched"

_Times: TypeAlias = Mapping[tuple[int, int], int | None]
"""By chain and height: when the block was made."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with an answer."""

    kind: str
    severity: Severity
    words: str
    values: Mapping[str, Value]


def run(tables: Tables) -> Iterator[Sighting]:
    """Sightings of invalid events, and of contracts that acted on wrong answers."""
    memory = tables[MEMORY]
    yield from _events(tables["logs"], memory)
    blocks = (tables["blocks"][name].to_list() for name in ("chain_id", "block_number", "timestamp"))
    times = {(chain_id, height): timestamp for chain_id, height, timestamp in zip(*blocks, strict=True)}
    asked = list(_doubtful(_feeds.answers(tables["calls"]), memory, times))
    if not asked:
        return
    chosen = pl.DataFrame([{name: answer.row[name] for name in SAME} for answer in asked], schema=_SAME_SCHEMA)
    by_transaction: dict[tuple[Any, ...], list[Answer]] = {}
    for answer in asked:
        by_transaction.setdefault(tuple(answer.row[name] for name in SAME), []).append(answer)
    for act in _acts.acts(tables, chosen):
        own = by_transaction[tuple(act.place[name] for name in SAME)]
        now = times.get((act.place["chain_id"], act.place["block_number"]))
        yield from _faults_used(act, own, _pool_moves.earlier(memory, act.place), now, Labels.of(tables))


def _doubtful(asked: Iterator[Answer], memory: pl.DataFrame, times: _Times) -> Iterator[Answer]:
    """Those that may be wrong: nearly always none."""
    may_deviate: bool | None = None
    longest: dict[bytes, int | None] = {}
    for answer in asked:
        if may_deviate is None:
            may_deviate = _feeds.any_moved(memory, DISTORTION, SOURCES)
        if answer.feed not in longest:
            longest[answer.feed] = _feeds.heartbeat(memory, answer.feed, LEAST_UPDATES)
        now = times.get((answer.row["chain_id"], answer.row["block_number"]))
        pause = longest[answer.feed]
        is_late = bool(pause) and now is not None and now - answer.updated_at > LATE * (pause or 0)
        if answer.is_invalid or may_deviate or is_late:
            yield answer


_SAME_SCHEMA = {"chain_id": pl.UInt64(), "block_hash": pl.Binary(), "transaction_hash": pl.Binary()}


def _faults_used(
    act: Act, asked: list[Answer], memory: pl.DataFrame, now: int | None, labels: Labels
) -> Iterator[Sighting]:
    """The faults of answers that a contract acted on, the first of each contract."""
    by_feed = {answer.feed: answer for answer in asked}
    always = dict.fromkeys(by_feed, DISTORTION)
    seen: set[bytes] = set()
    for read in _price_reads.distorted_reads(act.tree, act.members, frozenset(), always):
        victim, answer = read.entry.callee, by_feed.get(read.pool)
        if answer is None or victim in seen or read.view != LATEST:
            continue
        if fault := _fault(act, victim, answer, memory, now):
            seen.add(victim)
            is_watched = WATCHED in labels.kinds(act.place["chain_id"], victim)
            yield _sighting(act, victim, answer, fault, is_watched=is_watched)


def _fault(act: Act, victim: bytes, answer: Answer, memory: pl.DataFrame, now: int | None) -> Fault | None:
    if answer.is_invalid:
        return Fault("invalid", Severity.HIGH, f"answered {answer.price}, set at {answer.updated_at}", {})
    return _deviation(act, victim, answer, memory) or _staleness(answer, memory, now)


def _deviation(act: Act, victim: bytes, answer: Answer, memory: pl.DataFrame) -> Fault | None:
    lent = {move.token for move in act.moves if move.giver == victim and move.taker in act.members}
    here = {move.token for move in act.moves if move.taker == victim and move.giver in act.members}
    rows = memory.filter((pl.col("kind") == _feeds.PLEDGE) & (pl.col("subject") == victim))
    before = {token for token, actor in rows.select("token0", "actor").iter_rows() if actor in act.members}
    for pledged in sorted(here | before):
        for token in sorted(lent - {pledged}):
            pools = _feeds.fallen(memory, pledged, token, answer, AGREEING)
            if len(pools) >= SOURCES and all(kept <= 1 / DISTORTION for _, kept in pools):
                return _fallen(pledged, pools)
    return None


def _fallen(pledged: bytes, pools: list[tuple[bytes, float]]) -> Fault:
    least = max(kept for _, kept in pools)
    words = f"stands where it was while {shown(pledged)} lost {100 * (1 - least):.0f} % in {len(pools)} pools"
    values: dict[str, Value] = {"fallen_percent": round(100 * (1 - least)), "pools": [shown(pool) for pool, _ in pools]}
    return Fault("deviation", Severity.HIGH, words, {"pledged_token": shown(pledged), **values})


def _staleness(answer: Answer, memory: pl.DataFrame, now: int | None) -> Fault | None:
    longest = _feeds.heartbeat(memory, answer.feed, LEAST_UPDATES)
    age = None if now is None else now - answer.updated_at
    if not longest or age is None or age <= LATE * longest:
        return None
    severity = Severity.HIGH if age > VERY_LATE * longest else Severity.MEDIUM
    words = f"was set {age} seconds ago and was never older than {longest} before"
    return Fault("stale", severity, words, {"age_seconds": age, "longest_pause_seconds": longest})


def _sighting(act: Act, victim: bytes, answer: Answer, fault: Fault, *, is_watched: bool) -> Sighting:
    feed = shown(answer.feed)
    return Sighting(
        place=Place.of(act.place),
        severity=Severity.CRITICAL if is_watched else fault.severity,
        confidence=CONFIDENCE[fault.kind],
        title="A contract acted on a price feed that is wrong",
        summary=f"Inside a call of {shown(victim)} the price feed {feed} was asked, which {fault.words}. Something was "
        f"given to whoever acts for {shown(act.cluster.sender)}.",
        entities=(Entity("victim", shown(victim)), *act.actors, Entity("feed", feed)),
        values={"fault": fault.kind, "answer": answer.price, "updated_at": answer.updated_at, **fault.values},
        labels=(FAMILY, *((NEVER_LOWERED,) if is_watched else ())),
        key=shown(victim),
    )


def _events(logs: pl.DataFrame, memory: pl.DataFrame) -> Iterator[Sighting]:
    told = list(_feeds.updates(logs))
    rounds = _feeds.rounds(memory, {row["address"] for row in told}) if told else {}
    for row in told:
        price, number, feed = _feeds.set_to(row), _feeds.round_of(row), shown(row["address"])
        if price <= 0:
            yield _event(row, feed, Severity.HIGH, f"was set to {price}")
        elif float(number) < _feeds.last_before(row, rounds.get((row["chain_id"], row["address"]), ())):
            yield _event(row, feed, Severity.MEDIUM, f"went back to round {number}")


def _event(row: Mapping[str, Any], feed: str, severity: Severity, what: str) -> Sighting:
    return Sighting(
        place=Place.of(row),
        severity=severity,
        confidence=CONFIDENCE_EVENT[severity],
        title="A price feed tells something impossible",
        summary=f"The price feed {feed} {what}. Whoever believes it prices wrongly.",
        entities=(Entity("feed", feed),),
        values={"price": _feeds.set_to(row), "round": _feeds.round_of(row)},
        labels=(FAMILY,),
        key=f"{feed}-{row['log_index']}",
    )


detector = Detector(
    id="oracle-fault",
    severity=Severity.CRITICAL,
    reads={
        **_acts.READS,
        "transfers": Read(columns=tuple(dict.fromkeys((*TRANSFERS_READ, *_acts.READS["transfers"].columns)))),
        "logs": Read(columns=(*_pool_moves.LOGS_READ, "topic1", "topic2"), topic0=(*EVENTS, ANSWER_UPDATED)),
        "swaps": Read(columns=_pool_moves.SWAPS_READ),
        "transactions": Read(columns=("from_address", "to_address")),
        "blocks": Read(columns=("timestamp",)),
        "labels": LABELS_READ,
    },
    memory=Memory(columns=REMEMBERED, window_blocks=WINDOW_BLOCKS, remember=_feeds.remember),
    run=run,
    examples=(
        Example(
            says="gold falls on two exchanges, the feed stands still, and a market lends on it",
            tables=told.story(told.fall(2), told.pledged(3), told.asked(4, 4 * 10**8, 1_000)),
            finds=(
                {
                    "severity": "high",
                    "block_number": 4,
                    "entities": {"victim": "market", "attacker": "mallory", "feed": "feed"},
                    "values": {"fault": "deviation", "fallen_percent": 75},
                    "labels": [FAMILY],
                },
            ),
        ),
        Example(
            says="the same in a market that you watch",
            tables={
                **told.story(told.fall(2), told.pledged(3), told.asked(4, 4 * 10**8, 1_000)),
                "labels": [{"address": "market", "kind": WATCHED, "name": "ours"}],
            },
            finds=({"severity": "critical"},),
        ),
        Example(
            says="a market lends at a price below zero",
            tables=told.asked(4, -1, 1_000),
            finds=({"severity": "high", "values": {"fault": "invalid", "answer": -1}},),
        ),
        Example(
            says="a feed that was set every minute was not for an hour",
            tables=told.story(
                {"logs": [told.update(block, 10**8, block) for block in range(5, 35, 5)]}, told.asked(400, 10**8, 1_360)
            ),
            finds=({"severity": "high", "values": {"fault": "stale", "longest_pause_seconds": 60}},),
        ),
        Example(
            says="a feed is set to nothing, and one goes back",
            tables={"logs": [told.update(1, 5, 9), told.update(2, 0, 10), told.update(3, 5, 8)]},
            finds=({"severity": "high"}, {"severity": "medium"}),
        ),
        Example(
            says="the feed followed the fall",
            tables=told.story(told.fall(2), told.pledged(3), told.asked(4, 1 * 10**8, 1_024)),
        ),
        Example(
            says="only one exchange fell",
            tables=told.story(told.fall(2, told.PAIRS[:1]), told.pledged(3), told.asked(4, 4 * 10**8, 1_000)),
        ),
        Example(
            says="nothing that fell was pledged",
            tables=told.story(told.fall(2), told.asked(4, 4 * 10**8, 1_000)),
        ),
    ),
)
