"""
How much the findings of an alert weigh together, so that anybody can work it out by hand (reference: detection, 8.5).

A finding of confidence q, such as a share a of ordinary transactions has, weighs minus the logarithm of a to the power
of q: nothing where it is not believed at all, all its rarity where it is certain. Of each stage of the attack only the
weightiest finding counts, because those of one stage are mostly about the same fact; the weights of the stages are
added up. What such a weight has meant is read from the calibration.

A detector that had nothing to go by in the calibration's data (a memory of days, labels), and a rule of somebody's own,
has not been silent there: of such the share is taken to be one in a thousand.
"""

from collections.abc import Iterable, Mapping, Sequence
from math import exp, log10

from tocsin.detect.alerts.calibration import COUNTS, HEARD, INTERCEPT, SLOPE, TRANSACTIONS
from tocsin.detect.fusion import ANNOUNCED, KNOWN, LOWERED, MEV, OTHERWISE, RAISED
from tocsin.model.alert import Reason, Stage
from tocsin.model.finding import Finding, Severity

UNSEEN = 0.5
"""How many findings are taken to have been seen where none was: half of one (Jeffreys' prior)."""
UNKNOWN_RATE = 0.001
"""Of a detector that was not observed (reference: detection, section 8.5)."""
STAGE = "stage:"
"""How the label of a finding begins that says which stage it is about."""
_EFFECTS = (ANNOUNCED, KNOWN, LOWERED, OTHERWISE, RAISED, MEV, "bridge:")


def rate(detector: str, severity: Severity) -> float:
    """The share of ordinary transactions with a finding of this detector, as bad or worse."""
    if detector not in HEARD:
        return UNKNOWN_RATE
    seen = COUNTS.get(detector, {}).get(severity.word, 0)
    return (seen + UNSEEN) / (TRANSACTIONS + 1)


def stage_of(finding: Finding) -> Stage:
    """The stage a finding is about, as its labels say; the exploit itself where they say nothing."""
    said = next((label.removeprefix(STAGE) for label in finding.labels if label.startswith(STAGE)), "")
    return next((stage for stage in Stage if stage.value == said), Stage.EXPLOITATION)


def reasons(findings: Iterable[Finding]) -> tuple[Reason, ...]:
    """What each finding does to the score, the weightiest first."""
    weighed = sorted(map(_reason, findings), key=lambda reason: (-reason.weight, -reason.finding.severity))
    best: dict[Stage, Reason] = {}
    for reason in weighed:
        best.setdefault(reason.stage, reason)
    return tuple(_counted(reason, best) for reason in weighed)


def _reason(finding: Finding) -> Reason:
    share = rate(finding.detector, finding.severity)
    lowered = tuple(label for label in finding.labels if label.startswith(_EFFECTS))
    weight = 0.0 if _is_planned(finding) else -finding.confidence * log10(share)
    return Reason(finding, stage_of(finding), share, weight, counts=False, lowered=lowered)


def _is_planned(finding: Finding) -> bool:
    """Whether an announcement names just this: it is no evidence, beside whatever else."""
    return finding.severity is Severity.INFO and any(label.startswith(ANNOUNCED) for label in finding.labels)


def _counted(reason: Reason, best: Mapping[Stage, Reason]) -> Reason:
    if best[reason.stage] is not reason:
        return reason
    return Reason(reason.finding, reason.stage, reason.rate, reason.weight, counts=True, lowered=reason.lowered)


def weight(told: Sequence[Reason]) -> float:
    """The weights that count, added up: powers of ten."""
    return sum(reason.weight for reason in told if reason.counts)


def probability(weight: float) -> float:
    """How often an alert of this weight was an attack in the data it was calibrated on."""
    return 1.0 / (1.0 + exp(-(INTERCEPT + SLOPE * weight)))
