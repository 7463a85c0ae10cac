"""An alert: findings that are about the same thing, scored together, with every reason for the score."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tocsin.model.finding import Finding, Severity


class Stage(StrEnum):
    """A stage of an attack (reference: detection, section 8.2)."""

    FUNDING = "funding"
    PREPARATION = "preparation"
    EXPLOITATION = "exploitation"
    LAUNDERING = "laundering"


@dataclass(frozen=True, slots=True)
class Reason:
    """What one finding does to the score of an alert."""

    finding: Finding
    stage: Stage
    rate: float
    """Share of ordinary transactions that have such a finding, of its detector, as bad or worse."""
    weight: float
    """By how many powers of ten it speaks for an attack: minus the logarithm of `rate` to the power of confidence."""
    counts: bool
    """Whether it is the weightiest of its stage, and so goes into the score."""
    lowered: tuple[str, ...] = ()
    """What lowered or raised the finding, and from which severity."""

    def to_json(self) -> dict[str, Any]:
        """The reason as plain values."""
        return {
            "finding": self.finding.id,
            "detector": self.finding.detector,
            "severity": self.finding.severity.word,
            "confidence": round(self.finding.confidence, 4),
            "stage": self.stage.value,
            "rate": float(f"{self.rate:.3g}"),
            "weight": round(self.weight, 2),
            "counts": self.counts,
            "lowered": list(self.lowered),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """Findings about one transaction, actor or contract."""

    chain_id: int
    severity: Severity
    probability: float
    """0 to 1: how often alerts of this score were attacks, in the data the scores were calibrated on."""
    weight: float
    """The weights that count, added up: 7 comes by chance once in ten million, were the stages unrelated."""
    stages: tuple[Stage, ...]
    """The stages seen, in their order."""
    title: str
    summary: str
    attackers: tuple[str, ...]
    victims: tuple[str, ...]
    transactions: tuple[str, ...]
    reasons: tuple[Reason, ...]
    """The weightiest first; every finding is in one."""
    why: str
    """How the severity came about."""

    @property
    def id(self) -> str:
        """64 hexadecimal digits that are the same for the same findings."""
        findings = sorted(reason.finding.id for reason in self.reasons)
        return hashlib.sha256(json.dumps(findings).encode()).hexdigest()

    def to_json(self) -> Mapping[str, Any]:
        """The alert as plain values."""
        return {
            "alert": self.id,
            "severity": self.severity.word,
            "probability": round(self.probability, 4),
            "weight": round(self.weight, 2),
            "stages": [stage.value for stage in self.stages],
            "chain_id": self.chain_id,
            "title": self.title,
            "summary": self.summary,
            "why": self.why,
            "attackers": list(self.attackers),
            "victims": list(self.victims),
            "transactions": list(self.transactions),
            "reasons": [reason.to_json() for reason in self.reasons],
        }
