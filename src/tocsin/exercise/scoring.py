"""
What detection is worth, measured against the truth of played attacks.

* An attack is detected when a finding that is bad enough speaks of one of its transactions, in time.
* It could be known from a certain step on; what counts is the time on the chain from there to the first such finding.
* What is savable at a moment is what is not yet gone: beyond the reach of everybody who could stop or freeze it.
* A twin is loud when anything in it alarms as the attack should; so is an ordinary transaction that does.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tocsin.exercise.scenario import Expected, Scenario
from tocsin.exercise.truth import Truth, total
from tocsin.model.finding import Finding, Severity

ALARM = Severity.HIGH
"""From here on a finding wakes people."""
PER = 1_000
"""Ordinary transactions that false alerts are counted for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """One recorded block, and what was found in it."""

    chain_id: int
    number: int
    timestamp: int
    transactions: Sequence[str]
    findings: Sequence[Finding]


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """When an attack was first seen for what it is."""

    detector: str
    chain_id: int
    block_number: int
    transaction: str | None
    seconds: int
    """From when it could be known."""
    blocks: int
    savable: Mapping[tuple[int, str], int]
    """Base units by chain and token that could still be saved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How one scenario went."""

    id: str
    expects: Expected
    detection: Detection | None
    """None where it was missed, or seen too late."""
    detectors: tuple[str, ...]
    """Every detector with a finding, bad enough, about the attack."""
    lost: Mapping[tuple[int, str], int]
    twin_quiet: bool
    twin_alarms: tuple[Finding, ...]
    false_alarms: tuple[Finding, ...]
    """About ordinary transactions around the attack and its twin."""
    ordinary: int
    """How many of those there were."""

    @property
    def passed(self) -> bool:
        """Detected, and the twin quiet."""
        return self.detection is not None and self.twin_quiet


def score(
    scenario: Scenario, truth: Truth, attack: Sequence[Looked], twin: Sequence[Looked], mine: frozenset[str]
) -> Score:
    """
    The score of one scenario.

    `attack` and `twin` are the blocks of both plays in the order of time; `mine` the transactions of the twin itself.
    """
    alarms = [finding for finding in _findings(attack) if is_alarm(finding, scenario.expects)]
    about = [finding for finding in alarms if is_about(finding, truth)]
    twin_alarms = [finding for finding in _findings(twin) if is_alarm(finding, scenario.expects)]
    ours = [finding for finding in twin_alarms if finding.place.transaction_hash in mine]
    others = [finding for finding in (*alarms, *twin_alarms) if finding not in about and finding not in ours]
    return Score(
        id=scenario.id,
        expects=scenario.expects,
        detection=_first(attack, truth, scenario.expects),
        detectors=tuple(dict.fromkeys(finding.detector for finding in about)),
        lost=truth.lost,
        twin_quiet=not ours,
        twin_alarms=tuple(ours),
        false_alarms=tuple(finding for finding in others if finding.severity >= ALARM),
        ordinary=_count(attack) - len(truth.hashes) + _count(twin) - len(mine),
    )


def is_alarm(finding: Finding, expects: Expected) -> bool:
    """Whether a finding alarms: bad enough for anybody, or, where less is expected, by one of those expected."""
    return finding.severity >= ALARM or (finding.severity >= expects.severity and finding.detector in expects.detectors)


def is_about(finding: Finding, truth: Truth) -> bool:
    """Whether a finding speaks of the attack: of one of its transactions."""
    return finding.place.transaction_hash in truth.hashes


def savable(truth: Truth, timestamp: int, timestamps: Mapping[tuple[int, int], int]) -> dict[tuple[int, str], int]:
    """
    Base units, by chain and token, that are not gone once everything up to this moment has happened.

    `timestamps` gives the time of each block by chain and height.
    """
    happened = [step for step in truth.steps if timestamps[step.chain_id, step.block_number] <= timestamp]
    gone = total(each for step in happened for each in step.gone)
    return {key: amount - gone.get(key, 0) for key, amount in truth.lost.items()}


def _first(looked: Sequence[Looked], truth: Truth, expects: Expected) -> Detection | None:
    """The first finding about the attack that is bad enough and in time."""
    timestamps = {(block.chain_id, block.number): block.timestamp for block in looked}
    known = timestamps[truth.first.chain_id, truth.first.block_number]
    for block in looked:
        for finding in block.findings:
            seconds = block.timestamp - known
            if is_alarm(finding, expects) and is_about(finding, truth) and seconds <= expects.within_seconds:
                return Detection(
                    detector=finding.detector,
                    chain_id=block.chain_id,
                    block_number=block.number,
                    transaction=finding.place.transaction_hash,
                    seconds=seconds,
                    blocks=_blocks_between(looked, truth, block),
                    savable=savable(truth, block.timestamp, timestamps),
                )
    return None


def _blocks_between(looked: Sequence[Looked], truth: Truth, block: Looked) -> int:
    """Blocks of the chain of the finding from when the attack could be known."""
    first = truth.first
    if first.chain_id == block.chain_id:
        return block.number - first.block_number
    start = next(
        each.timestamp for each in looked if (each.chain_id, each.number) == (first.chain_id, first.block_number)
    )
    return sum(each.chain_id == block.chain_id and start < each.timestamp <= block.timestamp for each in looked)


def _findings(looked: Iterable[Looked]) -> list[Finding]:
    return [finding for block in looked for finding in block.findings]


def _count(looked: Iterable[Looked]) -> int:
    return sum(len(block.transactions) for block in looked)


@dataclass(slots=True)
class Total:
    """All scenarios together, and ordinary traffic."""

    scores: list[Score] = field(default_factory=list)
    ordinary: int = 0
    """Transactions of traffic without any attack."""
    false_alarms: list[Finding] = field(default_factory=list)
    """About those."""

    def add_ordinary(self, looked: Sequence[Looked]) -> None:
        """Count blocks of traffic without any attack."""
        self.ordinary += _count(looked)
        self.false_alarms.extend(finding for finding in _findings(looked) if finding.severity >= ALARM)

    @property
    def recall(self) -> float:
        """Of the attacks, the share that was detected."""
        return sum(score.detection is not None for score in self.scores) / max(len(self.scores), 1)

    @property
    def precision(self) -> float | None:
        """Of the transactions with an alarm, the share that is attacks'; None where nothing alarmed."""
        right = sum(score.detection is not None for score in self.scores)
        wrong = self._falsely_alarming + sum(not score.twin_quiet for score in self.scores)
        return right / (right + wrong) if right + wrong else None

    @property
    def alarming(self) -> list[Finding]:
        """False alarms about ordinary transactions."""
        return [*self.false_alarms, *(each for score in self.scores for each in score.false_alarms)]

    @property
    def ordinary_transactions(self) -> int:
        """How many there were."""
        return self.ordinary + sum(score.ordinary for score in self.scores)

    @property
    def false_alerts_per_1000(self) -> float:
        """Ordinary transactions with a false alarm, for each thousand of them."""
        return PER * self._falsely_alarming / max(self.ordinary_transactions, 1)

    @property
    def _falsely_alarming(self) -> int:
        """Ordinary transactions with a false alarm, each once."""
        return len({(each.place.chain_id, each.place.transaction_hash) for each in self.alarming})

    @property
    def twins_quiet(self) -> bool:
        """Whether every twin was quiet."""
        return all(score.twin_quiet for score in self.scores)

    @property
    def passed(self) -> bool:
        """No scenario missed, no twin loud."""
        return all(score.passed for score in self.scores)
