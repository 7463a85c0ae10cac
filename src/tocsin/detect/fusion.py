"""
Fusion: what one detector knows about a transaction changes how another's finding about it is read.

A label (MEV arbitrage, sandwich, liquidation, ...) lowers the severity of the other findings about the same
transaction by at most two levels and says so; it never hides one, and never lowers a finding that says a
watched contract lost (reference: detection, section 4.0, silencing rule).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from tocsin.detect.detector import Detector
from tocsin.detect.engine import Outcome
from tocsin.model.finding import Finding, Severity, Value

LEVELS_DOWN = 2
"""How far a label may lower a finding."""
NEVER_LOWERED = "watched-loss"
"""The label of a finding that no other label lowers."""


def fuse(outcome: Outcome, detectors: Mapping[str, Detector]) -> Outcome:
    """The outcome with labels spread over the findings of each transaction."""
    labels = _labels(outcome.findings, detectors)
    return replace(outcome, findings=tuple(_lowered(f, labels.get(_where(f), ()), detectors) for f in outcome.findings))


def _labels(findings: Iterable[Finding], detectors: Mapping[str, Detector]) -> dict[object, tuple[str, ...]]:
    found: dict[object, dict[str, None]] = {}
    for finding in findings:
        if label := detectors[finding.detector].label:
            for where in _about(finding):
                found.setdefault(where, {})[label] = None
    return {where: tuple(labels) for where, labels in found.items()}


def _about(finding: Finding) -> list[object]:
    """Every transaction a labelling finding speaks of: its own and those its `*_transaction(s)` values name."""
    place = finding.place
    named = [each for name, value in finding.values.items() if name.endswith(_NAMING) for each in _texts(value)]
    return [(place.chain_id, place.block_hash, tx) for tx in dict.fromkeys((place.transaction_hash, *named))]


_NAMING = ("_transaction", "_transactions")


def _texts(value: Value) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, Sequence) else ()


def _where(finding: Finding) -> object:
    place = finding.place
    return (place.chain_id, place.block_hash, place.transaction_hash)


def _lowered(finding: Finding, labels: tuple[str, ...], detectors: Mapping[str, Detector]) -> Finding:
    if not labels or detectors[finding.detector].label or NEVER_LOWERED in finding.labels:
        return finding
    severity = Severity(max(Severity.INFO, finding.severity - LEVELS_DOWN))
    said = () if severity == finding.severity else (f"lowered-from:{finding.severity.word}",)
    return replace(finding, severity=severity, labels=(*finding.labels, *labels, *said))
