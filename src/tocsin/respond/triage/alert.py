"""
An alert as triage keeps it: a row that stays the same size however often it is reported, and what it tells.

What an alert's score rests on is kept with it: of each stage the weightiest findings, and the worst of all. All others
change nothing but counts, so that the hundred-thousandth finding of a storm costs what the first did.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from tocsin.model.finding import Severity
from tocsin.respond.triage.machine import State

MOST_OF_A_STAGE, MOST_OF_THE_WORST = 8, 8
MOST_NAMED = 100
"""How many accounts and transactions an alert names; its findings have them all."""
DETECTORS, HEALTH = "detectors", "health"
"""Sources of our own; any other is a person or a program."""


class Kept(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """A finding that the score may rest on."""

    finding: str
    stage: str
    weight: float
    rank: tuple[int, bool, float]
    """As `Finding.rank`."""


class Story(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an alert tells. All text is untrusted."""

    summary: str = ""
    why: str = ""
    """How the severity came about."""
    probability: float | None = None
    weight: float = 0.0
    stages: tuple[str, ...] = ()
    detectors: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    """What kind of incident it may be."""
    actors: tuple[str, ...] = ()
    victims: tuple[str, ...] = ()
    transactions: tuple[str, ...] = ()
    block_number: int | None = None
    block_hash: str | None = None
    assets: tuple[str, ...] = ()
    """Of the estate: what was hit, and what hangs on it."""
    directly: tuple[str, ...] = ()
    raw_sha256: str = ""
    told: str = ""
    """Digest of what its incident was last told of it."""
    told_names: int = 0
    """How many accounts and transactions its incident was told of."""
    kept: tuple[Kept, ...] = ()

    @property
    def names(self) -> int:
        """How many accounts and transactions it names."""
        return len(self.actors) + len(self.victims) + len(self.transactions)

    @property
    def attackers(self) -> tuple[str, ...]:
        """Who lost is no attacker, whatever another finding makes of it."""
        return tuple(each for each in self.actors if each not in self.victims)


@dataclass(slots=True, kw_only=True)
class TriagedAlert:
    """An alert with its state."""

    id: str
    key: str
    state: State
    source: str
    severity: Severity
    title: str
    opened_at: float
    occurred_at: float
    last_seen: float
    source_ref: str | None = None
    chain_id: int | None = None
    times: int = 1
    findings: int = 0
    retracted: int = 0
    acknowledged_at: float | None = None
    closed_at: float | None = None
    owner: str | None = None
    verdict: str | None = None
    reason: str = ""
    incident: str | None = None
    merged_into: str | None = None
    suppressed_by: str | None = None
    tell_at: float | None = None
    """When its incident is to be told what is new; None where all was told."""
    version: int = 1
    story: Story = field(default_factory=Story)

    @property
    def is_retracted(self) -> bool:
        """Whether reorgs took back everything it rests on."""
        return 0 < self.findings <= self.retracted

    def to_json(self) -> Mapping[str, Any]:
        """The alert as plain values."""
        story = self.story
        return {
            "alert": self.id,
            "key": self.key,
            "state": self.state.value,
            "severity": self.severity.word,
            "source": self.source,
            "source_ref": self.source_ref,
            "title": self.title,
            "summary": story.summary,
            "why": story.why,
            "probability": None if story.probability is None else round(story.probability, 4),
            "weight": round(story.weight, 2),
            "stages": list(story.stages),
            "detectors": list(story.detectors),
            "chain_id": self.chain_id,
            "block_number": story.block_number,
            "block_hash": story.block_hash,
            "attackers": list(story.attackers),
            "victims": list(story.victims),
            "transactions": list(story.transactions),
            "assets": list(story.assets),
            "directly": list(story.directly),
            "times": self.times,
            "findings": self.findings,
            "retracted": self.retracted,
            "is_retracted": self.is_retracted,
            "occurred_at": self.occurred_at,
            "opened_at": self.opened_at,
            "last_seen": self.last_seen,
            "acknowledged_at": self.acknowledged_at,
            "closed_at": self.closed_at,
            "owner": self.owner,
            "verdict": self.verdict,
            "reason": self.reason,
            "incident": self.incident,
            "merged_into": self.merged_into,
            "suppressed_by": self.suppressed_by,
            "raw_sha256": story.raw_sha256,
            "version": self.version,
        }


def keep(findings: Iterable[Kept]) -> tuple[Kept, ...]:
    """Those that the score of all of them rests on, in the order given."""
    every = list(findings)
    stages: dict[str, list[Kept]] = {}
    for one in every:
        stages.setdefault(one.stage, []).append(one)
    of_stages = (_first(some, MOST_OF_A_STAGE, lambda one: (one.weight, one.rank[0])) for some in stages.values())
    worst = _first(every, MOST_OF_THE_WORST, lambda one: one.rank)
    chosen = {one.finding for some in (*of_stages, worst) for one in some}
    return tuple(one for one in every if one.finding in chosen)


def _first(some: list[Kept], most: int, key: Any) -> list[Kept]:
    """The greatest; of equals those that came first."""
    return sorted(some, key=key, reverse=True)[:most]


def named(before: tuple[str, ...], more: Iterable[str]) -> tuple[str, ...]:
    """These, each once, up to as many as an alert names."""
    return tuple(dict.fromkeys((*before, *more)))[:MOST_NAMED] if len(before) < MOST_NAMED else before
