"""
The parts of an incident's state: what its events made of tasks, roles, notes, postings, clocks, pages and the rest.

All are values. Times are seconds since 1970; `by` is an actor in its text, such as `user:ada`.
"""

import msgspec

from tocsin.model.priority import Priority


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """What all share: they are compared and stored by value."""


class Rating(Part, frozen=True, kw_only=True):
    """A type and priority that it had, from `at` on."""

    type: str
    priority: str
    because: tuple[str, ...]
    rule: str
    at: float
    by: str


class Step(Part, frozen=True, kw_only=True):
    """A change of status or phase."""

    before: str
    after: str
    reason: str
    at: float
    by: str


class Assignment(Part, frozen=True, kw_only=True):
    """Who had a role, from when to when."""

    role: str
    person: str
    since: float
    by: str
    until: float | None = None


class Task(Part, frozen=True, kw_only=True):
    """Something to be done: todo, in_progress, on_hold, done or cancelled."""

    id: str
    title: str
    group: str
    is_mandatory: bool
    assignees: tuple[str, ...]
    due_at: float | None
    after: tuple[str, ...]
    added_at: float
    state: str = "todo"
    note: str = ""
    changed_at: float | None = None
    changed_by: str = ""

    @property
    def is_open(self) -> bool:
        """Whether there is still something to do."""
        return self.state not in ("done", "cancelled")


class Decision(Part, frozen=True, kw_only=True):
    """What was decided, from which options, why, by whom."""

    id: str
    what: str
    why: str
    options: tuple[str, ...]
    decided_by: str
    about: str
    at: float
    by: str


class NoteVersion(Part, frozen=True, kw_only=True):
    """A note as somebody wrote it."""

    text: str
    at: float
    by: str


class Note(Part, frozen=True, kw_only=True):
    """A note with all its versions, the newest last."""

    id: str
    versions: tuple[NoteVersion, ...]

    @property
    def text(self) -> str:
        """What it says now."""
        return self.versions[-1].text


class LineVersion(Part, frozen=True, kw_only=True):
    """A line of the timeline as somebody wrote it; `at` is when it happened, `written_at` when it was written."""

    at: float
    text: str
    category: str
    is_pinned: bool
    in_report: bool
    evidence: tuple[str, ...]
    time_zone: str
    written_at: float
    by: str


class Line(Part, frozen=True, kw_only=True):
    """A line that a person put into the timeline, with all its versions, the newest last."""

    id: str
    versions: tuple[LineVersion, ...]

    @property
    def now(self) -> LineVersion:
        """What it says now."""
        return self.versions[-1]


class Posting(Part, frozen=True, kw_only=True):
    """One amount that moved from one account of the ledger to another (`respond/incident/ledger.py`)."""

    id: str
    chain_id: int
    token: str
    symbol: str
    decimals: int
    amount: str
    """Smallest units, as decimal digits; `units` is the number."""
    debit: str
    credit: str
    transactions: tuple[str, ...]
    usd_cents: int | None
    price_source: str
    block_number: int | None
    confidence: float
    note: str
    at: float
    recorded_at: float
    by: str

    @property
    def units(self) -> int:
        """The amount, exact."""
        return int(self.amount)


class Clock(Part, frozen=True, kw_only=True):
    """A clock as it was last seen: running, warned, paused, met, breached, waived or superseded."""

    id: str
    definition: str
    state: str
    started_at: float
    due_at: float | None
    """None: without undue delay, and no moment from which it is late."""
    warn_at: float | None = None
    priority: Priority | None = None
    """The priority whose target it is; None where priority does not matter."""
    says: str = ""
    met_at: float | None = None
    is_late: bool = False
    is_over: bool = False
    """Whether another took its place, or nobody waits for it any more."""
    reason: str = ""

    @property
    def is_open(self) -> bool:
        """Whether it still waits for something; after a breach it does."""
        return self.met_at is None and not self.is_over and self.state in ("running", "warned", "paused", "breached")


class Page(Part, frozen=True, kw_only=True):
    """A page as it was last seen: queued, sent, failed, delivered, read, acknowledged."""

    id: str
    person: str
    policy: str
    step: int
    state: str
    at: float
    channel: str = ""
    reason: str = ""
    may_be_repeat: bool = False


class Update(Part, frozen=True, kw_only=True):
    """What stakeholders were told."""

    id: str
    audience: str
    text: str
    tlp: str
    at: float
    by: str


class Link(Part, frozen=True, kw_only=True):
    """Another incident that belongs to it, and how: parent, child, related, duplicate."""

    incident: str
    how: str
    at: float


class Origin(Part, frozen=True, kw_only=True):
    """An incident that goes on in this one, with the alerts that came from it."""

    incident: str
    alerts: tuple[str, ...]
    reason: str
    at: float


class Review(Part, frozen=True, kw_only=True):
    """The review by a peer: not_reviewed, pending, in_progress, reviewed."""

    state: str = "not_reviewed"
    reviewer: str = ""
    note: str = ""
    at: float | None = None


class Verdict(Part, frozen=True, kw_only=True):
    """What it turned out to be."""

    verdict: str
    reason: str
    at: float
    by: str


class ActionItem(Part, frozen=True, kw_only=True):
    """What is to change: open, done, verified or cancelled."""

    id: str
    what: str
    owner: str
    due_at: float
    state: str = "open"
    note: str = ""
    changed_by: str = ""


class Times(Part, frozen=True, kw_only=True):
    """When it came how far; None is not yet, or not known. A step taken back takes its time back."""

    detected: float
    declared: float
    occurred: float | None = None
    acknowledged: float | None = None
    """The first time a person said that he has it; a program does not count."""
    contained: float | None = None
    eradicated: float | None = None
    recovered: float | None = None
    resolved: float | None = None
    closed: float | None = None
