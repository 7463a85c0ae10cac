"""
A bridge paid out, or delivered a message, for which nothing was sent on the other chain.

A bridge's contract believes its validators, or a proof. Whoever watches both chains can see for himself whether what
arrived was ever sent.

## What it finds
Each arrival at a known bridge is held against what was sent at the other end: the same id, from the right chain, and
where the events say so the same amount and beneficiary.

* critical: the chain at the other end was seen up to the time of the arrival and beyond, and nothing was sent under
  that id, or another amount, or for somebody else; a message that had arrived arrived once more.
* high: the message's number is far beyond the last one that the other end had sent a moment before.
* medium: its number is far beyond all that arrived at the same contract before, where the other end is not watched.
* medium, label `bridge:unknown`: any of these at a contract that is not labelled as a bridge or as watched, and at
  which nothing had arrived before that was found at the other end, the first of a kind in a block. Anybody can write
  such an event: of one such contract no more than 64 a block are looked at.
* low, label `coverage:source-unseen`: nothing was found, but the chain at the other end has not been seen up to that
  time, or only since shortly before. It is judged again when that chain gets there.

A finding that becomes certain only with a later block of the other chain stands in the block of the arrival.

## Why it matters
Stolen validator keys and faulty proofs have emptied more bridges than anything else, and nothing on the chain that pays
looks wrong. The first forged arrival is often followed by many more: the bridge can be paused between them.

## Blind spots
Bridges whose events are not among those known: add theirs to `_families.py`. Where only one chain is watched, all that
is left is the repeated message and the number out of line. Messages sent before the other chain was watched, or in a
part of it that was left out. A chain that is behind delays the verdict. Of withdrawals from rollups, which are proven
whenever somebody likes, nothing is certain that two weeks have not shown, longer than most such chains are remembered;
nor, of messages without a number, from a chain of many blocks a second, of which less than a day is. What the receiver
of a message did with it is not compared, only the message. What was sent counts if the contract that says so is
labelled, or had sent what arrived before; the first time anybody's word is taken. Deposits that a reorg takes back
after they were paid out. Two deployments of one bridge between the same two chains with the same numbers can hide each
other's forgery. What is still pending is looked at without the other chain.

## Triage
Look the id up at the other end, with another node. If it is not there: pause the bridge on every chain, since the next
one is on its way; then find out which validators signed, or which root was proven. Follow the beneficiary.

## References
- https://arxiv.org/abs/2410.02029
- https://docs.hyperlane.xyz
- https://specs.optimism.io/protocol/withdrawals.html
- https://docs.layerzero.network/v2
"""

from collections.abc import Iterator, Mapping

import polars as pl

from tocsin.detect.detector import MEMORY, Detector, Memory
from tocsin.detect.detectors.bridges._families import REPEATABLE, Role
from tocsin.detect.detectors.bridges._forged_examples import EXAMPLES
from tocsin.detect.detectors.bridges._messages import MESSAGES, READS, REMEMBERED, prepare, remember
from tocsin.detect.detectors.bridges._sight import (
    SKEW_SECONDS,
    Row,
    Sight,
    differences,
    is_bridge,
    is_role,
    matches,
    waiting,
    with_sources,
)
from tocsin.detect.detectors.bridges._tellings import (
    ABSENT,
    FORGED,
    OUT_OF_LINE,
    REPEATED,
    UNSEEN,
    Telling,
    of_unknown,
    sighting,
)
from tocsin.detect.labels import LABELS_READ, Labels
from tocsin.model.finding import Sighting
from tocsin.tables.dataset import Tables

WINDOW_BLOCKS = 100_000
"""Of each chain: two weeks of Ethereum, two days where a block takes two seconds, seven hours at four a second."""
LOOKBACK_SECONDS = 86_400
"""How long before an arrival what was sent is looked for, where messages have no numbers that tell."""
SLOW_LOOKBACK_SECONDS: Mapping[str, int] = {"op-stack": 14 * 86_400, "op-stack-proof": 14 * 86_400}
"""Where whoever withdraws decides himself when he proves it, after a week at the earliest."""
BEHIND_SECONDS = 600
"""The other chain is no more behind than this, or it is said that it is."""
FAR_BEYOND_SENT, FAR_BEYOND_ARRIVED = 100, 1_000
"""Messages by which a number is out of line: of the last one sent, and, where that is not seen, of all that arrived."""
ARRIVALS_FOR_A_LINE = 3
MOST_UNKNOWN = 64
"""Arrivals in one block at one contract that is not labelled: anybody can write many."""


def run(tables: Tables) -> Iterator[Sighting]:
    """What is wrong with the arrivals of these blocks, and with earlier ones that these blocks decide."""
    new = tables[MESSAGES]
    if new.is_empty():
        return
    memory = with_sources(tables[MEMORY])
    place = ["chain_id", "block_number"]
    fresh = memory.filter(is_role(Role.RELEASE)).join(new.select(place).unique(), on=place, how="semi")
    decided = pl.concat([fresh, *waiting(memory, new)]).unique(maintain_order=True)
    if decided.is_empty():
        return
    labels = Labels.of(tables)
    sight = Sight(memory, decided, labels)
    told = [(row, each) for row in _looked_at(fresh, labels) for each in _at_once(row, sight)]
    verdicts = ((row, _verdict(row, sight)) for row in _looked_at(decided, labels))
    seen = set()
    for row, each in (*told, *verdicts):
        if each is None:
            continue
        if _is_known(row, sight, labels):
            yield sighting(row, each)
        elif (where := (each.kind, each.why, row["chain_id"], row["block_number"], row["contract"])) not in seen:
            seen.add(where)
            yield sighting(row, of_unknown(each))


def _looked_at(releases: pl.DataFrame, labels: Labels) -> Iterator[Row]:
    """The arrivals, in the order of the chain; of a contract that is not labelled the first few of a block."""
    ordered = releases.sort("chain_id", "block_number", "transaction_index", "log_index")
    numbers = ordered.select(pl.int_range(pl.len()).over("chain_id", "block_number", "contract")).to_series()
    for number, row in zip(numbers, ordered.iter_rows(named=True), strict=True):
        if number < MOST_UNKNOWN or is_bridge(labels, row["chain_id"], row["contract"]):
            yield row


def _is_known(release: Row, sight: Sight, labels: Labels) -> bool:
    """Whether a contract is known to be a bridge: it is labelled, or what arrived there before had been sent."""
    return is_bridge(labels, release["chain_id"], release["contract"]) or sight.has_matched(release)


def _at_once(release: Row, sight: Sight) -> Iterator[Telling]:
    """What can be said of an arrival with what was there before it."""
    if release["channel"] not in REPEATABLE and (times := sight.earlier(release)):
        yield REPEATED.told(f"It had arrived {times} times before.", earlier=times)
    if release["source"] is None or matches(release, sight.deposits(release, 0)):
        return
    head, last = sight.head(release["source"], release["timestamp"]), sight.last_number(release)
    if head is None or (last is None and release["number"] is not None):
        yield from _out_of_line(release, sight)
    if head is None:
        return
    if (behind := release["timestamp"] - head) > BEHIND_SECONDS:
        yield UNSEEN.told(f"That chain has been seen only up to {behind} seconds before.", "behind")
    elif last and _number(release) >= last[0] + FAR_BEYOND_SENT:
        yield OUT_OF_LINE.told(f"The last number sent there, {behind} seconds before, was {last[0]}.")


def _out_of_line(release: Row, sight: Sight) -> Iterator[Telling]:
    """A number far beyond all before, where nobody watches the chain it comes from."""
    numbers = sight.arrived_numbers(release)
    if len(numbers) >= ARRIVALS_FOR_A_LINE and _number(release) >= int(numbers.max()) + FAR_BEYOND_ARRIVED:
        yield OUT_OF_LINE.alone(f"The greatest of the {len(numbers)} numbers that arrived before is {numbers.max()}.")


def _verdict(release: Row, sight: Sight) -> Telling | None:
    """Whether an arrival is forged, as far as the other chain has been seen; None where it is not, or not yet."""
    source, time = release["source"], release["timestamp"] + SKEW_SECONDS
    head, sent = None if source is None else sight.head(source), sight.deposits(release)
    if head is None or head < time or matches(release, sent):
        return None
    if sent:
        return FORGED.told("Under its id something else was sent there: " + differences(release, sent[0]), "differs")
    since = sight.since(source, time)
    return None if since is None else _missing(release, sight, since)


def _missing(release: Row, sight: Sight, since: int) -> Telling:
    """What it means that nothing was sent under its id while the other chain was watched."""
    watched = release["timestamp"] - since
    last = sight.last_number(release) if release["number"] is not None else None
    if last is not None and _number(release) > last[0] and last[1] >= since:
        return FORGED.told(f"That number had not been reached there: the last one sent was {last[0]}.")
    if last is None and watched >= SLOW_LOOKBACK_SECONDS.get(release["channel"], LOOKBACK_SECONDS):
        return ABSENT.told(f"Nothing was sent there under its id in the {watched} seconds before.")
    return UNSEEN.told(f"It may have been sent before: that chain has been watched for {watched} seconds.", "before")


def _number(release: Row) -> int:
    return -1 if release["number"] is None else int(release["number"])


detector = Detector(
    id="forged-bridge-transfer",
    severity=FORGED.severity,
    reads={**READS, "labels": LABELS_READ},
    run=run,
    memory=Memory(
        columns=REMEMBERED, window_blocks=WINDOW_BLOCKS, remember=remember, prepare=prepare, across_chains=True
    ),
    examples=EXAMPLES,
)
