"""An incident as its events left it. `respond/incident/incident.py` works it out."""

from collections.abc import Mapping

import msgspec

from tocsin.model.priority import Priority
from tocsin.respond.incident.events import (
    AlertLinked,
    EvidenceAdded,
    FindingRetracted,
    ImpactAssessed,
    PostMortemWritten,
    TriggerMet,
)
from tocsin.respond.incident.parts import (
    ActionItem,
    Assignment,
    Clock,
    Decision,
    Line,
    Link,
    Note,
    Origin,
    Page,
    Posting,
    Rating,
    Review,
    Step,
    Task,
    Times,
    Update,
    Verdict,
)

COMMANDER = "commander"
NOTHING_THERE = frozenset({"benign", "false_positive", "duplicate", "test"})
"""Verdicts that say there was nothing to contain or to recover."""


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """The state of an incident after the event with number `sequence`."""

    id: str
    number: str
    title: str
    summary: str
    type: str
    priority: Priority
    because: tuple[str, ...]
    rule: str
    tlp: str
    codename: str
    is_restricted: bool
    exercise: str
    declared_by: str
    sequence: int
    changed_at: float
    """When the last event was recorded."""
    times: Times
    corrected: Mapping[str, float] = {}
    """Times that a person put right; they stand in `times` already."""
    status: str = "active"
    phase: str = "detect"
    ratings: tuple[Rating, ...] = ()
    """Every type and priority it had, the newest last."""
    steps: tuple[Step, ...] = ()
    """Every change of status, oldest first."""
    phases: tuple[Step, ...] = ()
    """Every change of phase, oldest first."""
    verdict: Verdict | None = None
    acknowledged_by: str = ""
    roles: Mapping[str, str] = {}
    """Who has which role now."""
    assignments: tuple[Assignment, ...] = ()
    """Who ever had which role, oldest first."""
    alerts: Mapping[str, AlertLinked] = {}
    retracted: tuple[FindingRetracted, ...] = ()
    assets: tuple[str, ...] = ()
    hit: tuple[str, ...] = ()
    """The assets that were hit themselves."""
    tasks: Mapping[str, Task] = {}
    decisions: Mapping[str, Decision] = {}
    triggers: tuple[TriggerMet, ...] = ()
    notes: Mapping[str, Note] = {}
    lines: Mapping[str, Line] = {}
    postings: Mapping[str, Posting] = {}
    impact: ImpactAssessed | None = None
    evidence: tuple[EvidenceAdded, ...] = ()
    clocks: Mapping[str, Clock] = {}
    pages: Mapping[str, Page] = {}
    updates: tuple[Update, ...] = ()
    links: Mapping[str, Link] = {}
    merged_into: str = ""
    """The id of the incident in which this one goes on; empty while it stands by itself."""
    merged_from: Mapping[str, Origin] = {}
    access: tuple[str, ...] = ()
    """Who may see it, besides those with a role, while it is restricted."""
    views: Mapping[str, float] = {}
    """Who read it last when, while it was restricted."""
    review: Review = Review()
    post_mortem: PostMortemWritten | None = None
    items: Mapping[str, ActionItem] = {}

    @property
    def commander(self) -> str:
        """Who leads; empty where nobody does."""
        return self.roles.get(COMMANDER, "")

    @property
    def is_open(self) -> bool:
        """Whether people still work on it here: not closed, and not gone on in another incident."""
        return self.status != "closed" and not self.merged_into

    @property
    def is_for_nothing(self) -> bool:
        """Whether the verdict says there was nothing to contain or to recover."""
        return self.verdict is not None and self.verdict.verdict in NOTHING_THERE

    @property
    def name(self) -> str:
        """What it may be called in front of people who may not know what it is about."""
        return (self.codename or self.number) if self.is_restricted else self.title

    @property
    def viewers(self) -> frozenset[str]:
        """Who may see it while it is restricted: granted, in a role, or the one who declared it."""
        return frozenset({*self.access, *self.roles.values(), self.declared_by.removeprefix("user:")})
