"""
What can happen to an incident: the entries of its stream, one class each. The state is worked out from them alone.

The kind of an entry is the name of its class in snake_case, its data are the fields. Every event is in the past tense
and stays true for ever; what turns out to be wrong is put right by a later one. Amounts are decimal strings of the
smallest unit of a token; times are seconds since 1970; money is in whole US cents.
"""

from collections.abc import Mapping
from typing import Literal

import msgspec

from tocsin.model.actor import Actor
from tocsin.model.errors import MalformedInput
from tocsin.model.priority import Priority
from tocsin.respond.journal import Draft, Entry

PREFIX = "incident:"
"""How the stream of an incident begins; its id follows."""


def _kind(name: str) -> str:
    return "".join("_" + letter.lower() if letter.isupper() else letter for letter in name).lstrip("_")


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag=_kind, forbid_unknown_fields=True):
    """The part all share."""


class Declared(Event, frozen=True, kw_only=True):
    """It is an incident from here on."""

    number: str
    """Such as INC-2026-0042."""
    title: str
    type: str
    """Of `respond/incident/types.py`."""
    priority: Priority
    because: tuple[str, ...]
    """What the classification rests on, in plain words."""
    rule: str
    """The id of the row of the decision table; empty where a person decided."""
    detected_at: float
    """When the first alert of it was received."""
    began_at: float | None = None
    """When it began, as far as is known: for what a chain says, the time of the block."""
    summary: str = ""
    tlp: str = "amber"
    """Traffic Light Protocol 2.0: red, amber+strict, amber, green, clear."""
    codename: str = ""
    """What it is called where not everybody may know what it is about."""
    is_restricted: bool = False
    exercise: str = ""
    """The id of the exercise it is part of; empty for the real thing."""


class Classified(Event, frozen=True, kw_only=True):
    """Type or priority changed."""

    type: str
    priority: Priority
    because: tuple[str, ...]
    rule: str
    """Empty where a person overrode the table: `because` is the reason."""


class Described(Event, frozen=True, kw_only=True):
    """Title, summary or confidentiality were written anew; what is None stays as it was."""

    title: str | None = None
    summary: str | None = None
    tlp: str | None = None


class TimeCorrected(Event, frozen=True, kw_only=True):
    """One of the derived times was wrong: this is the right one. Nothing is edited, this stands beside it."""

    what: Literal["occurred", "detected", "contained", "eradicated", "recovered"]
    at: float
    reason: str


class VerdictGiven(Event, frozen=True, kw_only=True):
    """What it turned out to be: tp_impact, tp_no_impact, benign, false_positive, duplicate, test, insufficient."""

    verdict: str
    reason: str


class StatusChanged(Event, frozen=True, kw_only=True):
    """See `respond/incident/machine.py`."""

    before: str
    after: str
    reason: str = ""


class PhaseChanged(Event, frozen=True, kw_only=True):
    """See `respond/incident/machine.py`."""

    before: str
    after: str
    reason: str = ""


class Acknowledged(Event, frozen=True, kw_only=True):
    """A named person says that he has it."""

    via: str
    """The channel, or `console`, `cli`, `api`."""
    page: str = ""


class AlertLinked(Event, frozen=True, kw_only=True):
    """An alert is about it."""

    alert: str
    title: str
    severity: str
    detected_at: float
    chain_id: int | None = None
    block_number: int | None = None
    block_hash: str | None = None
    transactions: tuple[str, ...] = ()
    attackers: tuple[str, ...] = ()
    victims: tuple[str, ...] = ()


class AlertUnlinked(Event, frozen=True, kw_only=True):
    """An alert is not about it after all."""

    alert: str
    reason: str


class FindingRetracted(Event, frozen=True, kw_only=True):
    """A reorg took back the block in which something was found."""

    alert: str
    finding: str
    replaced_by: str = ""


class AssetsIdentified(Event, frozen=True, kw_only=True):
    """What of the estate it is about: asset ids."""

    assets: tuple[str, ...]
    directly: tuple[str, ...]
    """Those of them that were hit themselves; the others depend on them."""


class RoleAssigned(Event, frozen=True, kw_only=True):
    """A person takes a role; whoever had it is released."""

    role: str
    person: str


class RoleReleased(Event, frozen=True, kw_only=True):
    """Nobody has the role now."""

    role: str
    person: str
    reason: str = ""


class TaskAdded(Event, frozen=True, kw_only=True):
    """Something to be done."""

    task: str
    title: str
    group: str = ""
    is_mandatory: bool = False
    assignees: tuple[str, ...] = ()
    due_at: float | None = None
    after: tuple[str, ...] = ()
    """Tasks to be done before."""


class TaskChanged(Event, frozen=True, kw_only=True):
    """A task's state (todo, in_progress, on_hold, done, cancelled), or who does it, or until when."""

    task: str
    state: str
    assignees: tuple[str, ...] = ()
    due_at: float | None = None
    note: str = ""


class DecisionMade(Event, frozen=True, kw_only=True):
    """What was decided, from which options, why, by whom; kept for regulators."""

    decision: str
    what: str
    why: str
    options: tuple[str, ...] = ()
    decided_by: str = ""
    about: str = ""
    """`containment` for what is done to stop the harm, or not: it answers that clock."""


class TriggerMet(Event, frozen=True, kw_only=True):
    """Something from which the time of a duty counts: aware, classified, determined, discovered, submitted, ..."""

    trigger: str
    at: float
    why: str
    obligation: str = ""
    """For `submitted` and `not_reportable`: which one."""
    evidence: str = ""
    """For `submitted`: what was sent, as an evidence id."""


class NoteWritten(Event, frozen=True, kw_only=True):
    """A note, or a new version of it."""

    note: str
    text: str
    version: int = 1


class TimelineWritten(Event, frozen=True, kw_only=True):
    """A line that a person put into the timeline, or a new version of it; `at` is when it happened."""

    line: str
    at: float
    text: str
    category: str = ""
    version: int = 1
    is_pinned: bool = False
    in_report: bool = True
    evidence: tuple[str, ...] = ()
    time_zone: str = "UTC"
    """In which whoever wrote it gave the time."""


class FundsMoved(Event, frozen=True, kw_only=True):
    """A posting of the ledger: one amount from one account to another (`respond/incident/ledger.py`)."""

    posting: str
    chain_id: int
    token: str
    """0x and 40 lower-case digits; `native` for the chain's own."""
    symbol: str
    """As the token calls itself: untrusted."""
    decimals: int
    amount: str
    debit: str
    """The account it comes from."""
    credit: str
    """The account it goes to."""
    transactions: tuple[str, ...] = ()
    usd_cents: int | None = None
    """What it was worth; None where there was no price."""
    price_source: str = ""
    block_number: int | None = None
    confidence: float = 1.0
    note: str = ""


class ImpactAssessed(Event, frozen=True, kw_only=True):
    """Whom and what else it hit, as far as is known."""

    people: int | None = None
    customers: int | None = None
    services: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    """Kinds of data that were exposed."""
    note: str = ""


class EvidenceAdded(Event, frozen=True, kw_only=True):
    """Something was kept as evidence."""

    evidence: str
    sha256: str
    name: str
    type: str


class ClockStarted(Event, frozen=True, kw_only=True):
    """A clock runs; `due_at` is the moment from which it is late."""

    clock: str
    definition: str
    started_at: float
    due_at: float | None
    """None: the duty is "without undue delay", and has no moment from which it is late."""
    says: str = ""
    warn_at: float | None = None
    """From when on somebody is warned."""
    priority: Priority | None = None
    """The priority whose target it is; None where priority does not matter."""


class ClockWarned(Event, frozen=True, kw_only=True):
    """So much of the time has passed that somebody is told."""

    clock: str
    definition: str
    due_at: float


class ClockPaused(Event, frozen=True, kw_only=True):
    """A clock stands still."""

    clock: str
    definition: str
    reason: str
    state: str = ""
    """What is waited for, of those states in which it may stand."""


class ClockResumed(Event, frozen=True, kw_only=True):
    """It goes on, and is due later by as long as it stood."""

    clock: str
    definition: str
    due_at: float


class ClockMet(Event, frozen=True, kw_only=True):
    """What it waited for came; `is_late` after it was due."""

    clock: str
    definition: str
    at: float
    is_late: bool = False


class ClockBreached(Event, frozen=True, kw_only=True):
    """It was due and nothing had come; written exactly once."""

    clock: str
    definition: str
    due_at: float
    noticed_at: float
    """Later than `due_at` where nothing of tocsin ran then."""


class ClockWaived(Event, frozen=True, kw_only=True):
    """It does not count, and why."""

    clock: str
    definition: str
    reason: str


class ClockSuperseded(Event, frozen=True, kw_only=True):
    """Another one took its place."""

    clock: str
    definition: str
    by: str = ""
    reason: str = ""


class PageQueued(Event, frozen=True, kw_only=True):
    """Somebody is to be told."""

    page: str
    person: str
    policy: str
    step: int
    round: int
    reason: str = ""


class PageSent(Event, frozen=True, kw_only=True):
    """The channel took it. With `may_be_repeat` the same page may have been taken before."""

    page: str
    person: str
    channel: str
    attempt: int
    may_be_repeat: bool = False


class PageFailed(Event, frozen=True, kw_only=True):
    """No channel took it, after all attempts."""

    page: str
    person: str
    reason: str


class PageAnswered(Event, frozen=True, kw_only=True):
    """The person says that he has it (`acknowledged`), has read it, or that it was delivered."""

    page: str
    person: str
    answer: str
    channel: str = ""


class PagingStopped(Event, frozen=True, kw_only=True):
    """No more pages of a policy are sent, and why; or a step was left out, and why."""

    policy: str
    reason: str
    step: int | None = None


class UpdatePublished(Event, frozen=True, kw_only=True):
    """Stakeholders were told how things stand."""

    update: str
    audience: str
    text: str
    tlp: str
    channels: tuple[str, ...] = ()


class UpdatePostponed(Event, frozen=True, kw_only=True):
    """The next update is due later, and why."""

    audience: str
    until: float
    reason: str


class Linked(Event, frozen=True, kw_only=True):
    """Another incident belongs to it: parent, child, related, duplicate."""

    incident: str
    how: str


class Merged(Event, frozen=True, kw_only=True):
    """It goes on in another incident; everything of it stays."""

    into: str
    reason: str


class MergedIn(Event, frozen=True, kw_only=True):
    """Another incident goes on in this one."""

    incident: str
    alerts: tuple[str, ...]
    reason: str


class Unmerged(Event, frozen=True, kw_only=True):
    """It stands by itself again."""

    other: str
    reason: str


class AccessGranted(Event, frozen=True, kw_only=True):
    """A person may see a restricted incident."""

    person: str
    reason: str


class AccessRevoked(Event, frozen=True, kw_only=True):
    """A person may not see it any more."""

    person: str
    reason: str


class Viewed(Event, frozen=True, kw_only=True):
    """Somebody read a restricted incident."""

    what: str


class RestrictionChanged(Event, frozen=True, kw_only=True):
    """Who may see it changed."""

    is_restricted: bool
    codename: str
    reason: str


class ReviewChanged(Event, frozen=True, kw_only=True):
    """The review by a peer: not_reviewed, pending, in_progress, reviewed."""

    before: str
    after: str
    reviewer: str = ""
    note: str = ""


class PostMortemWritten(Event, frozen=True, kw_only=True):
    """What there is to learn; a new version replaces the one before."""

    version: int
    root_cause: str
    five_whys: tuple[str, ...] = ()
    contributing: tuple[str, ...] = ()
    went_well: tuple[str, ...] = ()
    went_wrong: tuple[str, ...] = ()
    got_lucky: tuple[str, ...] = ()
    counterfactual: str = ""
    lessons: tuple[str, ...] = ()


class ActionItemAdded(Event, frozen=True, kw_only=True):
    """What is to change, who sees to it, until when."""

    item: str
    what: str
    owner: str
    due_at: float


class ActionItemChanged(Event, frozen=True, kw_only=True):
    """Open, done, verified (by somebody other than its owner) or cancelled."""

    item: str
    state: str
    note: str = ""


KINDS: Mapping[str, type[Event]] = {str(kind.__struct_config__.tag): kind for kind in Event.__subclasses__()}
"""Every kind of event, by its name in the journal."""


def draft(incident: str, event: Event, actor: Actor, occurred_at: float) -> Draft:
    """The event as it is to be entered into the journal; `incident` is an id."""
    data = {name: value for name, value in msgspec.to_builtins(event).items() if name != "kind"}
    kind = str(event.__struct_config__.tag)
    return Draft(stream=PREFIX + incident, kind=kind, actor=actor, occurred_at=occurred_at, data=data)


def event(entry: Entry) -> Event:
    """The event of an entry. Raises `MalformedInput` for one that no tocsin wrote."""
    try:
        return msgspec.convert({"kind": entry.kind, **entry.data}, KINDS[entry.kind])
    except (KeyError, msgspec.ValidationError) as error:
        raise MalformedInput(f"{entry.stream}, entry {entry.sequence}: no event {entry.kind[:50]!r}: {error}") from None


def incident_of(entry: Entry) -> str:
    """The id of the incident whose stream the entry is in; empty for another stream."""
    return entry.stream.removeprefix(PREFIX) if entry.stream.startswith(PREFIX) else ""
