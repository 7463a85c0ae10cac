"""
What can happen to an alert: the entries of its stream in the journal, `alert:ID`, and of suppressions in `audit`.

That a repeat was counted is no entry: a storm would write nothing else.
"""

import msgspec

from tocsin.model.actor import Actor
from tocsin.respond.journal import AUDIT, Draft

PREFIX = "alert:"


class AlertEvent(msgspec.Struct, frozen=True, kw_only=True):
    """The part all share."""


class AlertOpened(AlertEvent, frozen=True, kw_only=True):
    """It was received."""

    key: str
    source: str
    severity: str
    title: str
    chain_id: int | None = None
    source_ref: str = ""
    raw_sha256: str = ""


class AlertRaised(AlertEvent, frozen=True, kw_only=True):
    """More was found, and it is worse than it was."""

    before: str
    after: str
    why: str


class AlertMoved(AlertEvent, frozen=True, kw_only=True):
    """Its state changed: see `machine.py`."""

    act: str
    before: str
    after: str
    reason: str = ""
    other: str = ""
    """The incident, the alert or the suppression that it is about."""


class AlertJudged(AlertEvent, frozen=True, kw_only=True):
    """Somebody said what it turned out to be."""

    verdict: str
    reason: str
    before: str


class AlertFindingRetracted(AlertEvent, frozen=True, kw_only=True):
    """A reorg took back the block in which something was found; `standing` findings are left."""

    finding: str
    standing: int
    replaced_by: str = ""


class SuppressionMade(AlertEvent, frozen=True, kw_only=True):
    """Somebody hides something."""

    suppression: str
    expression: str
    action: str
    mode: str
    reason: str
    expires_at: float


class SuppressionApproved(AlertEvent, frozen=True, kw_only=True):
    """Somebody else lets it hide what is high or worse."""

    suppression: str


class SuppressionEnded(AlertEvent, frozen=True, kw_only=True):
    """Somebody ends it before its time."""

    suppression: str
    reason: str


def kind_of(event: AlertEvent) -> str:
    """The kind of its entry: the class in snake_case."""
    name = type(event).__name__
    return "".join("_" + letter.lower() if letter.isupper() else letter for letter in name).lstrip("_")


def draft(alert: str, event: AlertEvent, *, actor: Actor, occurred_at: float) -> Draft:
    """The event as an entry of the alert's stream; of `audit`, where it is about no alert."""
    return Draft(
        stream=f"{PREFIX}{alert}" if alert else AUDIT,
        kind=kind_of(event),
        actor=actor,
        occurred_at=occurred_at,
        data=msgspec.to_builtins(event),
    )
