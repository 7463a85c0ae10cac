"""
Work out what the scores of alerts rest on, from the development data alone, and write it into the code.

How often each detector speaks on ordinary mainnet transactions, and the logistic curve from the weight of an alert to
how often such an alert was an attack: on the recorded exploits and reentrancy rows against the ordinary blocks. `make
calibrate` writes; with --check it says whether what is written is what would be.
"""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent / "score"))

from exploits import attacks
from measuring import DATA, Measured, alarms, measured
from ordinary import looked

from tocsin.detect.alerts import calibration, score
from tocsin.detect.alerts.alerts import alerts
from tocsin.detect.catalogue import detectors
from tocsin.detect.known import KNOWN
from tocsin.detect.labels import Labels
from tocsin.intel.reference import CODE, LABELS
from tocsin.model.finding import Finding, Severity

TARGET = Path(calibration.__file__)
LEVELS = (Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW, Severity.INFO)
SHRINK = 1.0
"""Ridge on the slope, so that data that can be told apart wholly does not make it endless."""
ROUNDS = 100

TEMPLATE = '''"""Written by `make calibrate`: what scores rest on, from the development data alone."""

from collections.abc import Mapping

TRANSACTIONS = {transactions}
"""Ordinary transactions looked at."""

COUNTS: Mapping[str, Mapping[str, int]] = {{
{counts}}}
"""By detector and severity: how many of them have such a finding, as bad or worse."""

HEARD = frozenset(
    (
{heard}    )
)
"""The detectors that would have spoken there, had there been something: all others are taken to be unknown."""

INTERCEPT, SLOPE = {intercept:.3f}, {slope:.3f}
"""Of the logistic curve from weight to probability: {attacks} attacks against {calm} alerts on ordinary blocks."""
'''


def main() -> int:
    """Write, or compare."""
    if not DATA.is_dir():
        print("the development data is not here: nothing was calibrated")
        return 0
    text = calibrated()
    if "--check" in sys.argv:
        is_current = TARGET.read_text() == text
        print("" if is_current else f"{TARGET}: out of date; run `make calibrate`", end="" if is_current else "\n")
        return not is_current
    TARGET.write_text(text)
    return 0


def calibrated() -> str:
    """The module that the data makes."""
    calm = looked()
    transactions = sum(part.transactions for part in calm)
    counts = _counts([finding for part in calm for finding in part.findings()])
    heard = sorted(counts.keys() | _heard(calm))
    # The weights the curve is fitted to are of these counts, not of those that were written before.
    score.COUNTS, score.TRANSACTIONS, score.HEARD = counts, transactions, frozenset(heard)
    bad = [max(_weights(each), default=0.0) for each in map(measured, attacks())]
    good = [weight for part in calm for weight in _weights(part)]
    intercept, slope = _fitted(bad, good)
    return TEMPLATE.format(
        transactions=transactions,
        counts="".join(f'    "{name}": {_row(levels)},\n' for name, levels in sorted(counts.items())),
        heard="".join(f'        "{name}",\n' for name in heard),
        intercept=intercept,
        slope=slope,
        attacks=len(bad),
        calm=len(good),
    )


def _heard(calm: Iterable[Measured]) -> set[str]:
    """Those that need no days to remember, no labels, no known code, and had their datasets in one recording."""
    able: set[str] = set()
    for part in calm:
        blind = {each.detector for each in part.settled.blind if each.wholly}
        able |= {name for name, each in detectors().items() if not each.memory and name not in blind}
    return {
        name
        for name in able
        if detectors()[name].reads.keys().isdisjoint((LABELS, CODE)) and not detectors()[name].label
    }


def _row(levels: dict[str, int]) -> str:
    return "{" + ", ".join(f'"{level}": {count}' for level, count in levels.items()) + "}"


def _counts(found: Iterable[Finding]) -> dict[str, dict[str, int]]:
    by_detector: dict[str, list[Finding]] = {}
    for finding in found:
        by_detector.setdefault(finding.detector, []).append(finding)
    return {name: _by_level(each) for name, each in by_detector.items() if not detectors()[name].label}


def _by_level(found: Sequence[Finding]) -> dict[str, int]:
    hit = {level: len({f.place.transaction_hash for f in alarms(found, level)}) for level in LEVELS}
    return {level.word: count for level, count in hit.items() if count}


def _weights(part: Measured) -> list[float]:
    return [alert.weight for alert in alerts(part.findings(), detectors(), Labels.of(KNOWN))]


def _fitted(bad: Sequence[float], good: Sequence[float]) -> tuple[float, float]:
    """Newton's method for a logistic curve of one variable."""
    weight = np.array([*bad, *good])
    is_bad = np.array([1.0] * len(bad) + [0.0] * len(good))
    design = np.column_stack([np.ones_like(weight), weight])
    found = np.zeros(2)
    for _ in range(ROUNDS):
        likely = 1.0 / (1.0 + np.exp(-design @ found))
        slope = design.T @ (is_bad - likely) - np.array([0.0, SHRINK]) * found
        curve = (design * (likely * (1 - likely))[:, None]).T @ design + np.diag([0.0, SHRINK])
        found = found + np.linalg.solve(curve, slope)
    return float(found[0]), float(found[1])


if __name__ == "__main__":
    raise SystemExit(main())
