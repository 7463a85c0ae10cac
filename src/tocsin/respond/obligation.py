"""
The obligation contract: one regime under which incidents are reported, with its clocks as data.

An obligation says what others ask; it decides nothing. Its clocks start when a person declares their trigger, never
stand still, and stop when a submission is recorded or it is recorded, with the reason, that there is nothing to report.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from tocsin.model.extension import Extension
from tocsin.respond.clocks.definition import Anchor, ClockDefinition, trigger
from tocsin.respond.clocks.targets import Target
from tocsin.respond.clocks.triggers import NOT_REPORTABLE, SUBMITTED

NOT_LEGAL_ADVICE = "This is not legal advice: have counsel check each rule before you rely on it."
"""Stands wherever duties to regulators are shown."""
PACK = dt.date(2026, 11, 30)
"""The version of the rules: when they were last held against their sources."""
REVIEW_AFTER_DAYS = 180
"""Laws change: after so many days a rule is shown as to be reviewed."""


class Verification(StrEnum):
    """How well a rule is known (reference: incident response, 11.6). None of it replaces a check by counsel."""

    HIGH = "high"
    """From the legal text, quotations of it, or summaries by law firms that are named."""
    MEDIUM = "medium"
    """From summaries by third parties only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """Triggers in order, and when which clock is due. Times are ISO 8601 in UTC."""

    says: str
    triggers: tuple[tuple[str, str], ...]
    """Name and moment; `submitted:RULE` for a submission."""
    due: Mapping[str, str | None]
    """By clock; None for one that names no time. Clocks that are not named must not run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Obligation(Extension):
    """A regime, its page, its clocks and its examples."""

    HEADINGS: ClassVar = ("What it asks", "Who must", "Source", "Verified")

    name: str
    """What people call it."""
    citation: str
    verification: Verification
    is_in_force: bool = True
    """What is not in force runs for nobody, whatever the settings say."""
    reviewed_on: dt.date = PACK
    clocks: tuple[ClockDefinition, ...]
    examples: tuple[Example, ...]

    def is_review_due(self, today: dt.date) -> bool:
        """Whether it is time to hold the rule against its source again."""
        return (today - self.reviewed_on).days > REVIEW_AFTER_DAYS


def duty(  # noqa: PLR0913 - one row of the table of rules: every column has its name
    rule: str,
    says: str,
    triggers: tuple[str, ...],
    target: Target,
    *,
    regime: str,
    recipient: str,
    note: str = "",
    follows: str = "",
    from_at: float | None = None,
    also_done_by: tuple[Anchor, ...] = (),
) -> ClockDefinition:
    """A duty to report: from any of these triggers until a submission of this rule is recorded."""
    return ClockDefinition(
        id=rule,
        says=says,
        starts=tuple(_start(name) for name in triggers),
        stops=(trigger(SUBMITTED, rule), *also_done_by),
        ends=(trigger(NOT_REPORTABLE, rule),),
        target=target,
        obligation=regime,
        recipient=recipient,
        note=note,
        follows=follows,
        from_at=from_at,
    )


def _start(name: str) -> Anchor:
    """`submitted:RULE` is the submission of another rule."""
    kind, _, rule = name.partition(":")
    return trigger(kind, rule)
