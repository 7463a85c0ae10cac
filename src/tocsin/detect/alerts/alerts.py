"""
Alerts of findings: who belongs together, how bad it is, and why.

The severity is that of the worst finding, or more where several stages of one attack are seen (reference: detection,
section 8.5, with its limits): critical from a weight of 7 with three findings, high from a weight of 5 with two stages.
Detectors that only put labels on transactions make no alert: what they said is in the findings they changed.
"""

from collections.abc import Iterable, Mapping, Sequence

from tocsin.detect.alerts import score
from tocsin.detect.alerts.clusters import accounts, clusters
from tocsin.detect.detector import Detector
from tocsin.detect.labels import Labels
from tocsin.model.alert import Alert, Reason, Stage
from tocsin.model.finding import ACTOR_ROLES, VICTIM_ROLES, Finding, Severity

CRITICAL_WEIGHT, CRITICAL_FINDINGS = 7.0, 3
HIGH_WEIGHT, HIGH_STAGES = 5.0, 2


def alerts(findings: Iterable[Finding], detectors: Mapping[str, Detector], known: Labels) -> list[Alert]:
    """The alerts that these findings make, the worst first."""
    telling = [finding for finding in findings if not only_labels(finding, detectors)]
    found = [alert_of(cluster) for cluster in clusters(telling, known)]
    return sorted(found, key=lambda alert: (-alert.severity, -alert.weight, alert.id))


def only_labels(finding: Finding, detectors: Mapping[str, Detector]) -> bool:
    """Whether it only labels its transaction, which makes no alert."""
    detector = detectors.get(finding.detector)
    return detector is not None and bool(detector.label)


def alert_of(cluster: Sequence[Finding]) -> Alert:
    """The one alert that these findings make, whatever joins them."""
    told = score.reasons(cluster)
    weight, stages = score.weight(told), _stages(told)
    severity, why = _severity(told, weight, stages)
    worst = max(cluster, key=lambda finding: finding.rank)
    victims = accounts(cluster, VICTIM_ROLES)
    lost = frozenset(victims)
    transactions = dict.fromkeys(finding.place.transaction_hash for finding in cluster)
    return Alert(
        chain_id=worst.place.chain_id,
        severity=severity,
        probability=score.probability(weight),
        weight=weight,
        stages=stages,
        title=worst.title,
        summary=worst.summary,
        # Who lost is no attacker, whatever another finding makes of it.
        attackers=tuple(each for each in accounts(cluster, ACTOR_ROLES) if each not in lost),
        victims=victims,
        transactions=tuple(each for each in transactions if each),
        reasons=told,
        why=why,
    )


def _stages(told: Sequence[Reason]) -> tuple[Stage, ...]:
    seen = {reason.stage for reason in told}
    return tuple(stage for stage in Stage if stage in seen)


def _severity(told: Sequence[Reason], weight: float, stages: Sequence[Stage]) -> tuple[Severity, str]:
    worst = max(reason.finding.severity for reason in told)
    if weight >= CRITICAL_WEIGHT and len(told) >= CRITICAL_FINDINGS and worst < Severity.CRITICAL:
        return Severity.CRITICAL, f"{len(told)} findings weigh {weight:.1f} together: {CRITICAL_WEIGHT:g} is critical"
    if weight >= HIGH_WEIGHT and len(stages) >= HIGH_STAGES and worst < Severity.HIGH:
        return Severity.HIGH, f"{len(stages)} stages of an attack weigh {weight:.1f} together: {HIGH_WEIGHT:g} is high"
    return worst, "the worst of its findings"
