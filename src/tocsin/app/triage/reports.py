"""Alerts that are no findings: from people and other programs, and of what hinders tocsin itself."""

import difflib
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from tocsin.app.triage.batch import Batch, Knowledge
from tocsin.app.triage.hiding import Hiding
from tocsin.app.triage.incidents import Incidents, judge
from tocsin.edge.store import triage as rows
from tocsin.edge.store import triage_intake
from tocsin.edge.store.triage_intake import HealthRow
from tocsin.model.actor import TOCSIN, Actor
from tocsin.model.errors import Unacceptable
from tocsin.model.finding import ACTOR_ROLES, VICTIM_ROLES, Severity
from tocsin.respond.incident.events import NoteWritten
from tocsin.respond.incident.types import TYPES
from tocsin.respond.triage.alert import DETECTORS, HEALTH, MOST_NAMED, Story, TriagedAlert, named
from tocsin.respond.triage.events import AlertRaised
from tocsin.respond.triage.machine import State
from tocsin.respond.triage.suppression import Facets
from tocsin.respond.triage.verdicts import Verdict

LONGEST_TITLE, LONGEST_SUMMARY, LONGEST_KEY, LONGEST_SOURCE = 300, 10_000, 300, 64
_SOURCE = re.compile(r"[a-z0-9][a-z0-9_.-]*")
_ADDRESS = re.compile(r"0x[0-9a-f]{40}")
_TRANSACTION = re.compile(r"0x[0-9a-f]{64}")
BLIND_KINDS = frozenset({"blind", "stalled", "store", "deep-reorg", "defect", "triage", "delivery"})
"""Kinds of health alerts for which somebody is woken: while they last, an attack may go unseen or untold."""
HEALTH_SEVERITY = {True: Severity.HIGH, False: Severity.MEDIUM}


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a person or a program says. All of it is untrusted."""

    source: str
    key: str
    """What it is about: said again while its alert is open, it is counted there."""
    severity: Severity
    title: str
    summary: str = ""
    source_ref: str = ""
    type: str = ""
    """What kind of incident it may be; empty where nobody can say."""
    chain_id: int | None = None
    entities: Sequence[tuple[str, str]] = ()
    """Roles, as findings have them, and addresses."""
    transactions: Sequence[str] = ()
    assets: Sequence[str] = ()
    """Ids of the estate."""
    occurred_at: float | None = None
    raw: bytes = b""
    """The message as it came; its digest is kept."""
    labels: Sequence[str] = field(default_factory=tuple)


def take_report(batch: Batch, knowledge: Knowledge, actor: Actor, report: Report) -> TriagedAlert:
    """An alert of what somebody says, or one more time the one that is open. Raises `Unacceptable`."""
    check(report, knowledge)
    hiding = Hiding.of(batch)
    found = hiding.matching(_facets(report))
    key = f"{report.source}:{report.key}"
    before = rows.open_with_key(batch.connection, key)
    if before is not None:
        batch.alerts[before.id] = before
    alert = batch.open(_alert(batch, report, key), actor) if before is None else _again(batch, before, report)
    hiding.joins(alert, found, is_new=before is None)
    _tell(batch, knowledge, alert, report)
    hiding.settle(batch)
    incidents = Incidents(batch=batch, knowledge=knowledge)
    incidents.take([alert])
    incidents.write()
    return alert


def check(report: Report, knowledge: Knowledge) -> None:
    """Raises `Unacceptable` for what a report may not say."""
    if not _SOURCE.fullmatch(report.source) or len(report.source) > LONGEST_SOURCE:
        raise Unacceptable(f"source: write 1 to {LONGEST_SOURCE} of a-z, 0-9, dots, dashes and underscores")
    if report.source in (DETECTORS, HEALTH):
        raise Unacceptable(f"source: {report.source} is tocsin's own; take another name")
    for name, value, most in (
        ("key", report.key, LONGEST_KEY),
        ("title", report.title, LONGEST_TITLE),
    ):
        if not value.strip() or len(value) > most:
            raise Unacceptable(f"{name}: write 1 to {most} characters")
    for name, value, most in (("summary", report.summary, LONGEST_SUMMARY), ("source_ref", report.source_ref, 300)):
        if len(value) > most:
            raise Unacceptable(f"{name} has {len(value)} characters; at most {most}")
    if max(map(len, (report.entities, report.transactions, report.assets, report.labels))) > MOST_NAMED:
        raise Unacceptable(f"entities, transactions, assets and labels: at most {MOST_NAMED} each")
    _check_words(report, knowledge)


def _check_words(report: Report, knowledge: Knowledge) -> None:
    if report.type:
        _known("type", report.type, TYPES)
    for asset in report.assets:
        _known("asset", asset, knowledge.estate.assets)
    for role, address in report.entities:
        if not _ADDRESS.fullmatch(address.lower()):
            raise Unacceptable(f"entities: {address[:50]!r} is no address: write 0x and 40 hexadecimal digits")
        _known("role", role, dict.fromkeys((*ACTOR_ROLES, *VICTIM_ROLES)))
    for transaction in report.transactions:
        if not _TRANSACTION.fullmatch(transaction.lower()):
            raise Unacceptable(f"transactions: {transaction[:70]!r} is no hash: write 0x and 64 hexadecimal digits")


def _known(what: str, word: str, known: Mapping[str, object]) -> None:
    if word not in known:
        near = difflib.get_close_matches(word, known, n=1, cutoff=0)
        mean = f"; did you mean {near[0]!r}?" if near else ""
        raise Unacceptable(f"{what}: there is no {word[:50]!r}{mean}")


def _facets(report: Report) -> Facets:
    return Facets(
        source=report.source,
        severity=report.severity,
        chain=report.chain_id,
        addresses=frozenset(address.lower() for _, address in report.entities),
        labels=frozenset(report.labels),
    )


def _alert(batch: Batch, report: Report, key: str) -> TriagedAlert:
    return TriagedAlert(
        id=batch.new_id(),
        key=key,
        state=State.NEW,
        source=report.source,
        source_ref=report.source_ref or None,
        severity=report.severity,
        title=report.title.strip(),
        chain_id=report.chain_id,
        opened_at=batch.now,
        occurred_at=batch.now if report.occurred_at is None else report.occurred_at,
        last_seen=batch.now,
        story=Story(raw_sha256=hashlib.sha256(report.raw).hexdigest() if report.raw else ""),
    )


def as_said(batch: Batch, report: Report, alert: TriagedAlert) -> TriagedAlert:
    """The alert as it would be had nobody said more than this."""
    return replace(_alert(batch, report, alert.key), id=alert.id)


def _again(batch: Batch, before: TriagedAlert, report: Report) -> TriagedAlert:
    """A repeat is counted; a worse one makes the alert worse."""
    alert = batch.of(before.id)
    alert.times += 1
    alert.last_seen = batch.now
    if report.severity > alert.severity:
        raised = AlertRaised(before=alert.severity.word, after=report.severity.word, why=report.title)
        batch.enter(alert.id, raised, TOCSIN)
        alert.severity, alert.title = report.severity, report.title.strip()
    return alert


def _tell(batch: Batch, knowledge: Knowledge, alert: TriagedAlert, report: Report) -> None:
    story = alert.story
    at = [(report.chain_id, address.lower()) for _, address in report.entities]
    hit = knowledge.estate.hit_assets([*report.assets, *(asset.id for asset in knowledge.estate.hit(at).directly)])
    batch.retell(
        alert,
        summary=report.summary or story.summary,
        why=story.why or f"as {report.source} says",
        types=named(story.types, [report.type] if report.type else ()),
        labels=named(story.labels, report.labels),
        actors=named(story.actors, (address.lower() for role, address in report.entities if role in ACTOR_ROLES)),
        victims=named(story.victims, (address.lower() for role, address in report.entities if role in VICTIM_ROLES)),
        transactions=named(story.transactions, (each.lower() for each in report.transactions)),
        directly=named(story.directly, (asset.id for asset in hit.directly)),
        assets=named(story.assets, (asset.id for asset in hit.assets)),
    )


def take_health(batch: Batch) -> list[TriagedAlert]:
    """Alerts of what hinders tocsin: opened with the health alert, closed when it has ended."""
    new = []
    for row in triage_intake.health(batch.connection):
        if row.alert is None:
            new.append(_health(batch, row))
        else:
            _recovered(batch, row.alert)
    return new


def _health(batch: Batch, row: HealthRow) -> TriagedAlert:
    where = f" on chain {row.chain_id}" if row.chain_id is not None else ""
    alert = TriagedAlert(
        id=batch.new_id(),
        key=f"{HEALTH}:{row.key}",
        state=State.NEW,
        source=HEALTH,
        source_ref=str(row.sequence),
        severity=HEALTH_SEVERITY[row.kind in BLIND_KINDS],
        title=f"tocsin is hindered{where}: {row.kind}",
        chain_id=row.chain_id,
        opened_at=batch.now,
        occurred_at=row.opened_at,
        last_seen=batch.now,
        story=Story(summary=row.detail, why="what hinders the watching may hide an attack"),
    )
    return batch.open(alert, TOCSIN)


def _recovered(batch: Batch, name: str) -> None:
    """What hindered has ended: closed, and its incident is told."""
    alert = batch.of(name)
    if alert.incident is not None:
        text = f"It has ended by itself: {alert.title}."
        batch.tell(alert.incident, NoteWritten(note=batch.new_id(), text=text))
    if alert.state.is_open:
        judge(batch, alert, Verdict.TP_NO_IMPACT, "it has ended by itself", TOCSIN)


def put_aside(batch: Batch, error: str) -> int:
    """The notice that waits longest meets a defect of tocsin: it is an alert for people; how many there were."""
    found = triage_intake.longest_waiting(batch.connection)
    if found is None:
        return 0
    key = f"{HEALTH}:finding:{found.finding}"
    if rows.open_with_key(batch.connection, key) is None:
        alert = TriagedAlert(
            id=batch.new_id(),
            key=key,
            state=State.NEW,
            source=HEALTH,
            severity=max(Severity(found.severity), Severity.HIGH),
            title=f"a finding of {found.detector} could not be triaged",
            chain_id=found.chain_id,
            opened_at=batch.now,
            occurred_at=found.seen_at,
            last_seen=batch.now,
            story=Story(summary=f"finding {found.finding}; {error}: a defect of tocsin; please report it"),
        )
        batch.open(alert, TOCSIN)
    triage_intake.done(batch.connection, [found.sequence])
    return 1
