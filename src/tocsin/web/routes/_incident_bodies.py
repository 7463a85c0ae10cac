"""What is sent to the routes of incidents: every text, number and list bounded."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from tocsin.model.priority import Priority
from tocsin.respond.incident.ledger import NATIVE

Id = Annotated[str, Field(min_length=1, max_length=60)]
Line = Annotated[str, Field(max_length=200)]
Text = Annotated[str, Field(max_length=20_000)]
Reason = Annotated[str, Field(min_length=1, max_length=20_000)]
Names = Annotated[list[Id], Field(max_length=100)]
Lines = Annotated[list[Line], Field(max_length=100)]
Texts = Annotated[list[Text], Field(max_length=100)]
Time = Annotated[float, Field(ge=0, le=253_402_300_799, description="Seconds since 1970.")]
Count = Annotated[int, Field(ge=0, le=2**63 - 1)]
Amount = Annotated[str, Field(max_length=78, pattern="^[0-9]+$", description="Smallest units, a decimal string.")]
Tlp = Literal["red", "amber+strict", "amber", "green", "clear"]


class Body(BaseModel):
    """A body in which nothing is unknown."""

    model_config = ConfigDict(extra="forbid")


class New(Body):
    """An incident to declare. What is null is not known, and counts as the worse."""

    title: Annotated[str, Field(min_length=1, max_length=200)]
    type: Id
    summary: Text = ""
    priority: Annotated[Priority | None, Field(description="Another than the table's; needs `reason`.")] = None
    reason: Text = ""
    loss: bool | None = None
    in_progress: bool | None = None
    customers: bool | None = None
    assets: Names = []
    began_at: Time | None = None
    tlp: Tlp = "amber"
    codename: Line = ""
    is_restricted: bool = False
    exercise: Line = ""


class Description(Body):
    """What to write anew; null stays."""

    title: Line | None = None
    summary: Text | None = None
    tlp: Tlp | None = None


class Override(Body):
    """What it is and how bad, against the table."""

    reason: Reason
    type: Id | None = None
    priority: Priority | None = None


class Status(Body):
    """Another status."""

    status: Literal["active", "stable", "resolved", "closed", "reopened"]
    reason: Text = ""


class Phase(Body):
    """Another phase."""

    phase: Literal["detect", "triage", "contain", "eradicate", "recover", "post", "closed"]
    reason: Text = ""


class Verdict(Body):
    """What it turned out to be."""

    verdict: Literal["tp_impact", "tp_no_impact", "benign", "false_positive", "duplicate", "test", "insufficient"]
    reason: Text = ""


class Correction(Body):
    """A time put right."""

    what: Literal["occurred", "detected", "contained", "eradicated", "recovered"]
    at: Time
    reason: Reason


class Role(Body):
    """Who takes a role."""

    person: Id


class Task(Body):
    """Something to be done."""

    title: Annotated[str, Field(min_length=1, max_length=200)]
    group: Line = ""
    is_mandatory: bool = False
    assignees: Names = []
    due_at: Time | None = None
    after: Names = []


class TaskChange(Body):
    """What changes of a task; null stays."""

    state: Literal["todo", "in_progress", "on_hold", "done", "cancelled"] | None = None
    assignees: Names | None = None
    due_at: Time | None = None
    note: Text = ""


class Decision(Body):
    """What was decided, and why."""

    what: Reason
    why: Reason
    options: Texts = []
    decided_by: Annotated[str, Field(max_length=60)] = ""
    about: Literal["", "containment"] = ""


class Note(Body):
    """A note, or a new version of one."""

    text: Reason


class TimelineLine(Body):
    """A line of the timeline, or a new version of one."""

    at: Time
    text: Reason
    category: Line = ""
    is_pinned: bool = False
    in_report: bool = True
    evidence: Names = []
    time_zone: Annotated[str, Field(max_length=60)] = "UTC"


class TimelineFile(Body):
    """The timeline of another tool, as CSV or JSON lines with `datetime`, `timestamp_desc`, `message`."""

    text: Annotated[str, Field(min_length=1, max_length=900_000)]


class Move(Body):
    """Funds that moved from one account of the ledger to another."""

    debit: Id
    credit: Id
    amount: Amount
    chain_id: Count
    token: Annotated[str, Field(max_length=42, description="native, or the token's address in lower case.")] = NATIVE
    symbol: Line = ""
    decimals: Annotated[int, Field(ge=0, le=77)] = 18
    transactions: Lines = []
    usd_cents: Annotated[int | None, Field(ge=0, le=2**53 - 1)] = None
    price_source: Line = ""
    block_number: Count | None = None
    confidence: Annotated[float, Field(ge=0, le=1)] = 1.0
    note: Text = ""
    at: Annotated[Time | None, Field(description="When it moved; null is now.")] = None


class Impact(Body):
    """Whom and what else it hit."""

    people: Annotated[int | None, Field(ge=0, le=2**53 - 1)] = None
    customers: Annotated[int | None, Field(ge=0, le=2**53 - 1)] = None
    services: Lines = []
    data: Lines = []
    note: Text = ""


class Review(Body):
    """How the review by a peer goes on."""

    state: Literal["not_reviewed", "pending", "in_progress", "reviewed"]
    note: Text = ""
    reviewer: Annotated[str, Field(max_length=60)] = ""


class PostMortem(Body):
    """What there is to learn."""

    root_cause: Reason
    five_whys: Texts = []
    contributing: Texts = []
    went_well: Texts = []
    went_wrong: Texts = []
    got_lucky: Texts = []
    counterfactual: Text = ""
    lessons: Texts = []


class Item(Body):
    """What is to change."""

    what: Reason
    owner: Id
    due_at: Time


class ItemChange(Body):
    """How an action item stands."""

    state: Literal["open", "done", "verified", "cancelled"]
    note: Text = ""


class Link(Body):
    """What another incident is to this one."""

    incident: Id
    how: Literal["parent", "child", "related", "duplicate"] = "related"


class Merge(Body):
    """The incident in which this one goes on."""

    into: Id
    reason: Reason


class Because(Body):
    """A reason."""

    reason: Reason


class Reopening(Body):
    """Why it is not over, and where it goes on."""

    reason: Reason
    phase: Literal["detect", "triage", "contain", "eradicate", "recover", "post"] = "triage"


class Access(Body):
    """Who may see it."""

    person: Id
    reason: Reason


class Restriction(Body):
    """Whether only those may see it who are named in it."""

    is_restricted: bool
    codename: Line = ""
    reason: Reason
