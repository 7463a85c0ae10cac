"""
What joins alerts in one incident, across chains and sources: who did it, to whom, in which transaction, to what.

An attacker's address counts on every chain. A link leads to an incident for as long as something could still belong to
it; assets and victims, which are hit again by others, for a day.
"""

import hashlib
import json
from collections.abc import Iterable

from tocsin.model.finding import Severity
from tocsin.respond.estate.estate import Hit
from tocsin.respond.incident.classification import Classification
from tocsin.respond.incident.events import AlertLinked, AssetsIdentified, Declared, Event
from tocsin.respond.incident.incident import Incident
from tocsin.respond.incident.steps import reclassify
from tocsin.respond.triage.alert import HEALTH, TriagedAlert

DAY_SECONDS = 86_400
ASSET, VICTIM, ACCOUNT, TRANSACTION, WATCHING = "asset", "victim", "account", "transaction", "health"
LEADS_SECONDS = {ASSET: DAY_SECONDS, VICTIM: DAY_SECONDS, WATCHING: DAY_SECONDS}
LONGEST_SECONDS = 10 * DAY_SECONDS
TOLD_AT_ONCE, TELL_AGAIN_SECONDS = 8, 30.0
"""So many names of a kind are told as they come; further ones together, so that a storm does not fill an incident."""
MOST_LINKED = 500
"""An incident is told of so many alerts; the others are listed with it."""


def links_of(alert: TriagedAlert) -> tuple[str, ...]:
    """What leads from an alert to its incident."""
    story, chain = alert.story, alert.chain_id
    return (
        *(f"{TRANSACTION}:{each}" for each in story.transactions),
        *(f"{ACCOUNT}:{each}" for each in story.attackers),
        *(f"{VICTIM}:{chain}:{each}" for each in story.victims),
        *(f"{ASSET}:{each}" for each in story.directly),
        *([f"{WATCHING}:{alert.key}"] if alert.source == HEALTH else []),
    )


def leads(link: str, touched_at: float, now: float) -> bool:
    """Whether a link that something last used then still leads to its incident."""
    return now - touched_at <= LEADS_SECONDS.get(link.partition(":")[0], LONGEST_SECONDS)


def linked(alert: TriagedAlert) -> AlertLinked:
    """What an incident is told of an alert."""
    story = alert.story
    return AlertLinked(
        alert=alert.id,
        title=alert.title,
        severity=alert.severity.word,
        detected_at=alert.opened_at,
        chain_id=alert.chain_id,
        block_number=story.block_number,
        block_hash=story.block_hash,
        transactions=story.transactions,
        attackers=story.attackers,
        victims=story.victims,
    )


def digest_of(alert: TriagedAlert) -> str:
    """Differs where the incident is to be told at once: it is worse, hits more, or one of the first names is new."""
    story = alert.story
    first = (each[:TOLD_AT_ONCE] for each in (story.attackers, story.victims, story.transactions))
    told = (int(alert.severity), *first, story.assets, story.types)
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]


def declared(alert: TriagedAlert, found: Classification) -> Declared:
    """The incident that an alert opens; its number is given by the store."""
    return Declared(
        number="",
        title=alert.title,
        type=found.type,
        priority=found.priority,
        because=found.because,
        rule=found.rule,
        detected_at=alert.opened_at,
        began_at=alert.occurred_at if alert.story.block_number is not None else None,
        summary=alert.story.summary,
    )


def identified(hit: Hit, known: Iterable[str]) -> list[Event]:
    """What of the estate is new to an incident."""
    before = frozenset(known)
    assets = tuple(asset.id for asset in hit.assets)
    if before.issuperset(assets):
        return []
    return [AssetsIdentified(assets=assets, directly=tuple(asset.id for asset in hit.directly))]


def raised(incident: Incident, found: Classification) -> list[Event]:
    """A worse classification, where it is one: never a better one, nor one that a person overruled."""
    return list(reclassify(incident, found))


def is_bad_enough(alert: TriagedAlert, open_from: Severity) -> bool:
    """Whether it is to be an incident without anybody being asked."""
    return alert.severity >= open_from and not alert.is_retracted
