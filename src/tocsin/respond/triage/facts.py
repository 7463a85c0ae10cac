"""
What is known of an alert, as facts for the table that classifies incidents (`respond/incident/classification.py`).

What kind of incident it may be comes from the families that findings name in their labels, and from what kind of
thing a detector looks for; never from an address, a protocol or an attack that is known.
"""

from collections.abc import Iterable, Mapping

from tocsin.model.finding import LOSS
from tocsin.respond.estate.estate import Hit
from tocsin.respond.incident.classification import Facts
from tocsin.respond.triage.alert import HEALTH, TriagedAlert

FAMILY = "family:"
TYPE_OF_FAMILY: Mapping[str, str] = {
    "bridge": "bridge-exploit",
    "price-manipulation": "oracle-manipulation",
    "oracle": "oracle-manipulation",
    "governance": "governance-takeover",
    "rug-pull": "malicious-token",
    "access-control": "exploit",
    "arithmetic": "exploit",
    "input-validation": "exploit",
    "logic": "exploit",
    "reentrancy": "exploit",
}
"""The type of incident that a family of attacks is."""
TYPE_OF_GROUP: Mapping[str, str] = {
    "abuse": "exploit",
    "baselines": "suspicious-activity",
    "bridges": "bridge-exploit",
    "consensus": "consensus-fault",
    "control": "governance-takeover",
    "htlc": "exploit",
    "mev": "informational",
    "node": "infrastructure-outage",
    "oracles": "oracle-manipulation",
    "phishing": "phishing",
    "preparation": "suspicious-activity",
    "prices": "oracle-manipulation",
    "profits": "exploit",
    "reentrancy": "exploit",
    "theft": "hot-wallet-theft",
    "tokens": "malicious-token",
    "vaults": "exploit",
}
"""The type of incident that what a group of detectors finds points to, where its labels name no family."""
EXPLOITATION = "exploitation"


def types_of(labels: Iterable[str], group: str) -> frozenset[str]:
    """What a finding with these labels, of a detector in this group, may be; nothing where nobody can say."""
    families = (label.removeprefix(FAMILY) for label in labels if label.startswith(FAMILY))
    named = {TYPE_OF_FAMILY[family] for family in families if family in TYPE_OF_FAMILY}
    return frozenset(named or {TYPE_OF_GROUP[group]} if group in TYPE_OF_GROUP else named)


def facts(alert: TriagedAlert, hit: Hit, *, has_estate: bool) -> Facts:
    """What is known of an alert that hits this of the estate."""
    if alert.source == HEALTH:
        return Facts(types=frozenset({"infrastructure-outage"}), concerns_us=True, loss=False, in_progress=True)
    story = alert.story
    is_ours = bool(hit.assets) or LOSS in story.labels
    is_elsewhere = has_estate and bool(alert.findings)
    return Facts(
        types=frozenset(story.types),
        concerns_us=True if is_ours else False if is_elsewhere else None,
        loss=_loss(alert),
        criticality=max(hit.directly, key=lambda asset: asset.criticality.rank).criticality if hit.directly else "",
    )


def _loss(alert: TriagedAlert) -> bool | None:
    """Known where somebody watched lost; ruled out where no finding is about the attack itself."""
    if LOSS in alert.story.labels:
        return True
    return False if alert.story.stages and EXPLOITATION not in alert.story.stages else None
