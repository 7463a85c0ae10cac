"""
Alerts: what was found or reported, until somebody says what it was.

An alert is named by its id, or the beginning or the end of it. Its ETag is its version, which counts what people did
to it; with `If-Match` a change is refused (412) where somebody was faster. Titles, labels and summaries may be written
by attackers: escape them.
"""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from tocsin.app.desk import Desk
from tocsin.app.triage import acts, reading
from tocsin.app.triage.reports import LONGEST_KEY, LONGEST_SOURCE, LONGEST_SUMMARY, LONGEST_TITLE, Report
from tocsin.edge.store.triage import Wanted
from tocsin.model.finding import Severity
from tocsin.respond.triage.alert import MOST_NAMED, TriagedAlert
from tocsin.respond.triage.machine import State
from tocsin.respond.triage.verdicts import DEFINITIONS, LONGEST_REASON_CHARACTERS, Verdict
from tocsin.web.asking import DESK, EXPECTED, PAGE, Caller, Listing, Page, needs, tag
from tocsin.web.resource import Resource

router = APIRouter(prefix="/alerts")
READ, WRITE = "alert:read", "alert:write"
Id = Annotated[str, Field(min_length=1, max_length=36)]
Ids = Annotated[list[Id], Field(min_length=1, max_length=acts.MOST_AT_ONCE)]
Reason = Annotated[str, Field(max_length=LONGEST_REASON_CHARACTERS)]
Word = Annotated[str, Field(max_length=64)]
SeverityWord = Annotated[str, Field(pattern="^(info|low|medium|high|critical)$")]
Hash = Annotated[str, Field(max_length=66)]


class Strict(BaseModel):
    """A body in which nothing is unknown."""

    model_config = ConfigDict(extra="forbid")


class Alert(BaseModel):
    """An alert."""

    alert: str
    key: Annotated[str, Field(description="What it is about: one alert is open per key.")]
    state: State
    severity: str
    source: str
    source_ref: str | None
    title: str
    summary: str
    why: Annotated[str, Field(description="How the severity came about.")]
    probability: Annotated[float | None, Field(description="How often such alerts were attacks, 0 to 1.")]
    weight: float
    stages: list[str]
    detectors: list[str]
    chain_id: int | None
    block_number: int | None
    block_hash: str | None
    attackers: list[str]
    victims: list[str]
    transactions: list[str]
    assets: Annotated[list[str], Field(description="Of the estate: what was hit, and what hangs on it.")]
    directly: list[str]
    times: Annotated[int, Field(description="How often it was reported.")]
    findings: int
    retracted: Annotated[int, Field(description="Of the findings: taken back by a reorg.")]
    is_retracted: bool
    occurred_at: float
    opened_at: float
    last_seen: float
    acknowledged_at: float | None
    closed_at: float | None
    owner: str | None
    verdict: Verdict | None
    reason: str
    incident: str | None
    merged_into: str | None
    suppressed_by: str | None
    raw_sha256: str
    version: int


class Finding(BaseModel):
    """A finding of an alert."""

    id: str
    detector: str
    severity: str
    confidence: float
    chain_id: int
    block_number: int | None
    block_hash: str | None
    transaction_hash: str | None
    title: str
    summary: str
    values: Annotated[dict[str, Any], Field(description="Exact integers are decimal strings.")]
    labels: list[str]
    retracted_at: float | None


class Happened(BaseModel):
    """An entry of the journal about an alert."""

    sequence: int
    kind: str
    actor: str
    recorded_at: float
    data: dict[str, Any]


class Whole(Alert):
    """An alert with everything that belongs to it."""

    incident_number: Annotated[str, Field(description="What its incident is called; empty where there is none.")]
    can: Annotated[list[str], Field(description="What can be done to it now.")]
    weightiest: Annotated[list[Finding], Field(description="Its findings, at most fifty.")]
    merged: Annotated[list[str], Field(description="Alerts that go on in it.")]
    history: list[Happened]


class Meaning(BaseModel):
    """A verdict and what it means."""

    verdict: Verdict
    means: str


class Some(Strict):
    """Alerts that something is done to, all or none."""

    alerts: Ids


class Taking(Some):
    """Who works on alerts."""

    owner: Word = ""


class Judging(Some):
    """What alerts turned out to be."""

    verdict: Word
    reason: Reason = ""


class Reopening(Some):
    """Why a verdict was wrong."""

    reason: Annotated[str, Field(min_length=1, max_length=LONGEST_REASON_CHARACTERS)]


class Merging(Some):
    """Alerts that go on in another."""

    into: Id
    reason: Reason = ""


class Escalating(Some):
    """Alerts that join an incident; without one, the open one they lead to, or a new one."""

    incident: Word = ""


class Entity(Strict):
    """Somebody an alert names."""

    role: Word
    address: Annotated[str, Field(max_length=42)]


class Reporting(Strict):
    """What a person or a program says."""

    source: Annotated[str, Field(min_length=1, max_length=LONGEST_SOURCE, description="What calls itself so.")]
    key: Annotated[str, Field(min_length=1, max_length=LONGEST_KEY, description="Said again, it is counted.")]
    severity: SeverityWord
    title: Annotated[str, Field(min_length=1, max_length=LONGEST_TITLE)]
    summary: Annotated[str, Field(max_length=LONGEST_SUMMARY)] = ""
    source_ref: Annotated[str, Field(max_length=300)] = ""
    type: Annotated[Word, Field(description="The type of incident it may be.")] = ""
    chain_id: Annotated[int | None, Field(ge=1, le=2**63 - 1)] = None
    entities: Annotated[list[Entity], Field(max_length=MOST_NAMED)] = []
    transactions: Annotated[list[Hash], Field(max_length=MOST_NAMED)] = []
    assets: Annotated[list[Word], Field(max_length=MOST_NAMED)] = []
    labels: Annotated[list[Word], Field(max_length=MOST_NAMED)] = []
    occurred_at: Annotated[float | None, Field(ge=0, le=2**40, allow_inf_nan=False)] = None
    raw: Annotated[str, Field(max_length=500_000, description="The message as it came; its digest is kept.")] = ""


@router.get("")
def find(  # noqa: PLR0913, PLR0917 - the filters of a list
    desk: Annotated[Desk, DESK],
    caller: Annotated[Caller, needs(READ)],
    page: Annotated[Page, PAGE],
    state: Annotated[list[State] | None, Query(max_length=7)] = None,
    severity: Annotated[SeverityWord, Query(description="This or worse.")] = "info",
    source: Annotated[Word | None, Query()] = None,
    chain_id: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
    owner: Annotated[Word | None, Query()] = None,
    incident: Annotated[Word | None, Query(description="Its id or number.")] = None,
) -> Listing[Alert]:
    """Alerts, the worst first, then the newest."""
    wanted = Wanted(
        states=tuple(state) if state else None,
        least=Severity[severity.upper()],
        source=source,
        chain_id=chain_id,
        owner=owner,
        incident=reading.incident_named(desk, caller.actor, incident) if incident else None,
    )
    found = reading.find(desk, caller.actor, wanted, limit=page.fetch, after=reading.place(page.cursor))
    places = {each.id: reading.place_of(each) for each in found}
    return page.listing(_all(found), lambda alert: places[alert.alert])


@router.post("", status_code=201)
def report(desk: Annotated[Desk, DESK], caller: Annotated[Caller, needs(WRITE)], body: Reporting) -> Alert:
    """Report something; said again while its alert is open, it is counted there."""
    plain = body.model_dump(exclude={"severity", "entities", "raw"})
    told = Report(
        **plain,
        severity=Severity[body.severity.upper()],
        entities=[(each.role, each.address) for each in body.entities],
        raw=body.raw.encode(errors="surrogatepass"),
    )
    return _one(acts.report_alert(desk, caller.actor, told))


@router.get("/verdicts")
def verdicts(_caller: Annotated[Caller, needs(READ)]) -> list[Meaning]:
    """What verdicts there are, and what each means."""
    return [Meaning(verdict=verdict, means=means) for verdict, means in DEFINITIONS.items()]


@router.post("/acknowledgements")
def acknowledge(
    desk: Annotated[Desk, DESK],
    caller: Annotated[Caller, needs(WRITE)],
    body: Some,
    expected: Annotated[int | None, EXPECTED],
) -> list[Alert]:
    """Say that you have seen alerts."""
    return _all(acts.acknowledge(desk, caller.actor, body.alerts, expected=expected))


@router.post("/assignments")
def take(
    desk: Annotated[Desk, DESK],
    caller: Annotated[Caller, needs(WRITE)],
    body: Taking,
    expected: Annotated[int | None, EXPECTED],
) -> list[Alert]:
    """Say that you, or another, work on alerts."""
    return _all(acts.take(desk, caller.actor, body.alerts, owner=body.owner, expected=expected))


@router.post("/verdicts")
def judge(
    desk: Annotated[Desk, DESK],
    caller: Annotated[Caller, needs(WRITE)],
    body: Judging,
    expected: Annotated[int | None, EXPECTED],
) -> list[Alert]:
    """Say what alerts turned out to be: this closes them."""
    given = acts.give_verdict(desk, caller.actor, body.alerts, body.verdict, body.reason, expected=expected)
    return _all(given)


@router.post("/reopenings")
def reopen(
    desk: Annotated[Desk, DESK],
    caller: Annotated[Caller, needs(WRITE)],
    body: Reopening,
    expected: Annotated[int | None, EXPECTED],
) -> list[Alert]:
    """Take verdicts back."""
    return _all(acts.reopen(desk, caller.actor, body.alerts, body.reason, expected=expected))


@router.post("/merges")
def merge(desk: Annotated[Desk, DESK], caller: Annotated[Caller, needs(WRITE)], body: Merging) -> Alert:
    """Let alerts go on in another, which is returned; they are kept."""
    return _one(acts.merge(desk, caller.actor, body.alerts, body.into, body.reason))


@router.post("/escalations")
def escalate(desk: Annotated[Desk, DESK], caller: Annotated[Caller, needs(WRITE)], body: Escalating) -> list[Alert]:
    """Let alerts join an incident, or open one."""
    return _all(acts.escalate(desk, caller.actor, body.alerts, body.incident))


@router.get("/{alert}")
def show(desk: Annotated[Desk, DESK], caller: Annotated[Caller, needs(READ)], alert: Id, response: Response) -> Whole:
    """One alert whole."""
    found = reading.whole(desk, caller.actor, alert)
    tag(response, found.alert.version)
    findings = [Finding(**finding.to_json(), retracted_at=at) for finding, at in found.findings]
    history = [
        Happened(
            sequence=entry.sequence,
            kind=entry.kind,
            actor=str(entry.actor),
            recorded_at=entry.recorded_at,
            data=dict(entry.data),
        )
        for entry in found.history
    ]
    more: dict[str, Any] = {
        "incident_number": found.incident_number,
        "can": list(found.can),
        "weightiest": findings,
        "merged": list(found.merged),
        "history": history,
    }
    return Whole(**found.alert.to_json(), **more)


@router.post("/{alert}/unmerge")
def unmerge(desk: Annotated[Desk, DESK], caller: Annotated[Caller, needs(WRITE)], alert: Id) -> Alert:
    """Let a merged alert stand by itself again."""
    return _one(acts.unmerge(desk, caller.actor, alert))


def _one(alert: TriagedAlert) -> Alert:
    return Alert(**alert.to_json())


def _all(alerts: Sequence[TriagedAlert]) -> list[Alert]:
    return [_one(each) for each in alerts]


resource = Resource(id="alerts", router=router)
