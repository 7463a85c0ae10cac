"""
Clock definitions as data: which event starts a clock, which stops it, how long there is, who is told and when.

An anchor names an event of an incident: its kind, what must stand in its fields, and whether the first of its kind
counts or each anew. Clocks and the numbers of reports read the same anchors (reference: incident response, 3.6).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tocsin.respond.clocks.targets import ByPriority, EarlierOf, Target
from tocsin.respond.journal import Entry

WARN_PERCENT = 75
"""How much of the time has passed when somebody is warned, where the definition says nothing else."""
EVERY_STATUS = frozenset({"active", "stable", "resolved", "closed", "reopened"})
OPEN_STATUS = frozenset({"active", "stable", "reopened"})


class Which(StrEnum):
    """Which of several events of one kind counts."""

    FIRST = "first"
    LAST = "last"
    """Each one counts anew: it replaces what came of the one before."""


class By(StrEnum):
    """Who must have done it."""

    ANYBODY = "anybody"
    PERSON = "person"
    """A named person: what tocsin does by itself is no answer to a clock."""
    MACHINE = "machine"


class Waiting(StrEnum):
    """What may be waited for while a clock stands still: nobody of ours can do anything meanwhile."""

    EXTERNAL_PARTY = "external_party"
    """An exchange, a bridge, a provider or an auditor owes an answer."""
    LAW_ENFORCEMENT = "law_enforcement"
    """An authority asked for nothing to be done."""
    CUSTOMER = "customer"
    """Whoever was harmed owes an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """An event that starts, stops or ends a clock."""

    kind: str
    """As the journal has it, such as `acknowledged`."""
    where: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """By field, what may stand there."""
    by: By = By.ANYBODY
    at: str = ""
    """The field that says when it happened; empty: when the entry says."""
    which: Which = Which.FIRST

    def matches(self, entry: Entry) -> bool:
        """Whether an entry is such an event."""
        return (
            entry.kind == self.kind
            and (self.by is By.ANYBODY or entry.actor.is_person is (self.by is By.PERSON))
            and all(str(entry.data.get(name, "")) in values for name, values in self.where.items())
        )

    def moment(self, entry: Entry) -> float:
        """When it happened, seconds since 1970."""
        said = entry.data.get(self.at) if self.at else None
        return float(said) if said is not None else entry.occurred_at


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockDefinition:
    """One clock that an incident may have."""

    id: str
    says: str
    """What must have happened when it is due, in plain words."""
    starts: tuple[Anchor, ...]
    stops: tuple[Anchor, ...]
    """Any of these is what it waits for: the first after the start."""
    ends: tuple[Anchor, ...] = ()
    """After any of these nobody waits for it any more."""
    postponed_by: tuple[Anchor, ...] = ()
    """Any of these moves it: to the moment that it names."""
    target: Target
    warn_percent: int = WARN_PERCENT
    pauses_in: frozenset[Waiting] = frozenset()
    """While what is waited for it may stand still; never for a duty to a regulator."""
    while_status: frozenset[str] = EVERY_STATUS
    """It only starts while the incident has one of these."""
    unless_verdict: frozenset[str] = frozenset()
    """It does not start where the verdict is one of these."""
    obligation: str = ""
    """The regime whose duty it is; empty for a clock of the organisation's own."""
    recipient: str = ""
    """Who is to be told, for a duty to report."""
    follows: str = ""
    """The rule that is done before anybody need think of this one; empty for none."""
    from_at: float | None = None
    """Triggers before this moment do not start it: the duty was not in force."""
    note: str = ""
    """What else there is to know, such as what is not confirmed."""

    @property
    def is_by_priority(self) -> bool:
        """Whether another priority gives another clock."""
        return isinstance(self.target, ByPriority)

    @property
    def second_trigger(self) -> str:
        """The trigger other than the start that its limit reckons with; empty for none."""
        return self.target.trigger if isinstance(self.target, EarlierOf) else ""


def first(anchors: tuple[Anchor, ...], entry: Entry) -> Anchor | None:
    """The first of these anchors that an entry matches."""
    return next((anchor for anchor in anchors if anchor.matches(entry)), None)


def trigger(name: str, obligation: str = "") -> Anchor:
    """A trigger declared by a person; for `submitted` and `not_reportable`, of this rule."""
    where = {"trigger": frozenset({name}), **({"obligation": frozenset({obligation})} if obligation else {})}
    return Anchor(kind="trigger_met", where=where, at="at", which=Which.LAST)
