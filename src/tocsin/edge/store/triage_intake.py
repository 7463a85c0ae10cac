"""What intake reads and writes in one batch: notices, links, who belongs to which alert, suppressions that hold."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from tocsin.edge.store.findings import Stored, stored
from tocsin.edge.store.rows import portions
from tocsin.edge.store.schema.triage import (
    OPEN,
    alert_findings,
    alert_links,
    alert_suppressions,
    alerts,
    suppressions,
    triage_queue,
)
from tocsin.edge.store.schema.watching import blocks, findings, health_alerts, outbox
from tocsin.respond.triage.alert import HEALTH, MOST_OF_A_STAGE, MOST_OF_THE_WORST, Kept
from tocsin.respond.triage.joining import Link
from tocsin.respond.triage.machine import State
from tocsin.respond.triage.suppression import Action, Mode, Suppression

MOST_RULES = 1_000
MOST_HEALTH = 1_000
RETRACTION = "retraction"
_STAGES = 8
"""More stages than an attack has: so many times the findings a stage is judged by are read anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A notice that waits to be triaged."""

    sequence: int
    is_retraction: bool
    finding: Stored
    seen_at: float
    block_time: float | None
    replaced_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A notice of which nothing was read that could be malformed."""

    sequence: int
    finding: str
    detector: str
    severity: int
    chain_id: int
    seen_at: float


@dataclass(slots=True, kw_only=True)
class Member:
    """A finding of an alert."""

    finding: str
    alert: str
    origin: str
    detector: str
    stage: str
    weight: float
    severity: int
    joined_at: float
    retracted_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthRow:
    """A health alert, with whether it has ended."""

    sequence: int
    key: str
    kind: str
    chain_id: int | None
    detail: str
    times: int
    opened_at: float
    closed_at: float | None
    alert: str | None
    """The alert that tells it."""


def waiting(connection: sa.Connection, limit: int) -> list[Waiting]:
    """The oldest notices that wait, with the time of their block where it is still kept."""
    at_block = sa.and_(
        blocks.c.chain_id == findings.c.chain_id,
        blocks.c.number == findings.c.block_number,
        blocks.c.hash == findings.c.block_hash,
    )
    columns = (
        *(triage_queue.c.sequence, outbox.c.kind, findings.c.body, findings.c.seen_at, findings.c.retracted_by),
        blocks.c.timestamp,
    )
    joined = triage_queue.join(outbox, outbox.c.sequence == triage_queue.c.sequence).join(findings)
    query = sa.select(*columns).select_from(joined.outerjoin(blocks, at_block))
    rows = connection.execute(query.order_by(triage_queue.c.sequence).limit(limit))
    return [
        Waiting(
            sequence=row.sequence,
            is_retraction=row.kind == RETRACTION,
            finding=stored(row.body),
            seen_at=row.seen_at,
            block_time=row.timestamp,
            replaced_by=row.retracted_by or "",
        )
        for row in rows
    ]


def longest_waiting(connection: sa.Connection) -> Unread | None:
    """The notice that waits longest, without its finding's body being read."""
    joined = triage_queue.join(outbox, outbox.c.sequence == triage_queue.c.sequence).join(findings)
    columns = (findings.c.id.label("finding"), findings.c.detector, findings.c.severity, findings.c.chain_id)
    query = sa.select(triage_queue.c.sequence, *columns, findings.c.seen_at).select_from(joined)
    row = connection.execute(query.order_by(triage_queue.c.sequence).limit(1)).one_or_none()
    return None if row is None else Unread(**row._asdict())


def done(connection: sa.Connection, sequences: Sequence[int]) -> None:
    """These notices have been triaged."""
    for portion in portions(sequences):
        connection.execute(sa.delete(triage_queue).where(triage_queue.c.sequence.in_(portion)))


def links_of(
    connection: sa.Connection, names: Collection[str], keys: Collection[str], *, since: float
) -> tuple[dict[str, Link], dict[str, State], frozenset[str]]:
    """
    The links that lead to alerts which are open and were seen since then, their states; and all that have a row.

    The keys among them lead to the alert that is open for them, however old it is.
    """
    held: dict[str, Link] = {}
    states: dict[str, State] = {}
    there: set[str] = set()
    joined = alert_links.join(alerts, alerts.c.id == alert_links.c.alert)
    query = sa.select(alert_links, alerts.c.state, alerts.c.last_seen).select_from(joined)
    for portion in portions(sorted(names)):
        for row in connection.execute(query.where(alert_links.c.link.in_(portion))):
            there.add(row.link)
            if (state := State(row.state)).is_open and row.last_seen >= since:
                held[row.link] = Link(row.alert, row.origin, set(row.transactions))
                states[row.alert] = state
    for portion in portions(sorted(set(keys) - set(held))):
        open_keys = sa.select(alerts.c.key, alerts.c.id, alerts.c.state).where(alerts.c.key.in_(portion), sa.text(OPEN))
        for row in connection.execute(open_keys):
            held[row.key] = Link(row.id, row.id)
            states[row.id] = State(row.state)
    return held, states, frozenset(there)


def members_of(connection: sa.Connection, ids: Collection[str]) -> dict[str, Member]:
    """Where these findings are already."""
    found = {}
    for portion in portions(sorted(ids)):
        for row in connection.execute(sa.select(alert_findings).where(alert_findings.c.finding.in_(portion))):
            found[row.finding] = Member(**row._asdict())
    return found


def bodies(connection: sa.Connection, ids: Collection[str]) -> dict[str, Stored]:
    """These findings, whole."""
    found = {}
    for portion in portions(sorted(ids)):
        for body in connection.scalars(sa.select(findings.c.body).where(findings.c.id.in_(portion))):
            found[body["id"]] = stored(body)
    return found


def standing_members(connection: sa.Connection, alert: str) -> list[tuple[Member, Stored]]:
    """Of the findings of an alert that stand, those that its score can rest on, in the order they came."""
    mine = (alert_findings.c.alert == alert, alert_findings.c.retracted_at.is_(None))
    wanted: set[str] = set()
    for order, most in (
        ((alert_findings.c.weight.desc(),), MOST_OF_A_STAGE * _STAGES),
        ((alert_findings.c.severity.desc(), alert_findings.c.weight.desc()), MOST_OF_THE_WORST * _STAGES),
    ):
        query = sa.select(alert_findings.c.finding).where(*mine).order_by(*order).limit(most)
        wanted |= set(connection.scalars(query))
    joined = alert_findings.join(findings, findings.c.id == alert_findings.c.finding)
    columns = sa.select(alert_findings, findings.c.body).select_from(joined)
    rows = connection.execute(
        columns.where(alert_findings.c.finding.in_(wanted)).order_by(
            alert_findings.c.joined_at, alert_findings.c.finding
        )
    ).all()
    return [(Member(**{name: getattr(row, name) for name in _MEMBER}), stored(row.body)) for row in rows]


def kept(member: Member, finding: Stored) -> Kept:
    """What an alert keeps of a finding."""
    severity, is_specific, confidence = finding.rank
    rank = (int(severity), is_specific, confidence)
    return Kept(finding=member.finding, stage=member.stage, weight=member.weight, rank=rank)


def write_members(connection: sa.Connection, new: Iterable[Member], changed: Iterable[Member]) -> None:
    """Write where findings are."""
    if rows := [_member(one) for one in new]:
        connection.execute(sa.insert(alert_findings), rows)
    if rows := [{"b_" + name: value for name, value in _member(one).items()} for one in changed]:
        new_values: dict[str, Any] = {name: sa.bindparam("b_" + name) for name in _MEMBER if name != "finding"}
        mine = alert_findings.c.finding == sa.bindparam("b_finding")
        connection.execute(sa.update(alert_findings).where(mine).values(new_values), rows)


def write_links(connection: sa.Connection, links: Iterable[tuple[str, Link]], there: frozenset[str]) -> None:
    """Write links that are new or changed; `there` have a row."""
    new: list[dict[str, Any]] = []
    old: list[dict[str, Any]] = []
    for name, link in links:
        row = {"alert": link.alert, "origin": link.origin, "transactions": sorted(link.transactions)}
        (old if name in there else new).append({"b_link": name, **row})
    if new:
        connection.execute(sa.insert(alert_links), [{"link": row.pop("b_link"), **row} for row in new])
    if old:
        mine = alert_links.c.link == sa.bindparam("b_link")
        values: dict[str, Any] = {name: sa.bindparam(name) for name in ("alert", "origin", "transactions")}
        connection.execute(sa.update(alert_links).where(mine).values(values), old)


def move(connection: sa.Connection, alert: str, into: str) -> None:
    """What led to an alert, and its findings, go to another."""
    for table in (alert_links, alert_findings):
        connection.execute(sa.update(table).where(table.c.alert == alert).values(alert=into))


def move_back(connection: sa.Connection, alerts_back: Collection[str], origin_of: str) -> None:
    """What came to these alerts first goes to this one, wherever it is now."""
    for table in (alert_links, alert_findings):
        mine = table.c.origin.in_(sorted(alerts_back))
        connection.execute(sa.update(table).where(mine).values(alert=origin_of))


def claim(connection: sa.Connection, key: str, alert: str) -> None:
    """What an alert is about leads to it again, whatever it led to meanwhile."""
    mine = {"alert": alert, "origin": alert}
    if not connection.execute(sa.update(alert_links).where(alert_links.c.link == key).values(mine)).rowcount:
        connection.execute(sa.insert(alert_links).values(link=key, transactions=[], **mine))


def counts(connection: sa.Connection, alert: str) -> tuple[int, int]:
    """How many findings an alert has, and how many of them a reorg took back."""
    retracted = sa.func.count(alert_findings.c.retracted_at)
    query = sa.select(sa.func.count(), retracted).select_from(alert_findings).where(alert_findings.c.alert == alert)
    total, back = connection.execute(query).one()
    return total, back


def rules(connection: sa.Connection, now: float) -> list[Suppression]:
    """The suppressions that hold, oldest first."""
    query = sa.select(suppressions).where(suppressions.c.expires_at > now).order_by(suppressions.c.id)
    return [rule_of(row._asdict()) for row in connection.execute(query.limit(MOST_RULES))]


def rule_of(row: dict[str, object]) -> Suppression:
    """A suppression out of its row."""
    told = {**row, "action": Action(str(row["action"])), "mode": Mode(str(row["mode"]))}
    return Suppression(**told)  # type: ignore[arg-type] # the columns are the fields


def note_matches(connection: sa.Connection, matched: dict[str, int], now: float) -> None:
    """Count what suppressions matched."""
    for rule, times in matched.items():
        new = {"matched": suppressions.c.matched + times, "last_matched_at": now}
        connection.execute(sa.update(suppressions).where(suppressions.c.id == rule).values(new))


def note_hidden(connection: sa.Connection, hidden: dict[tuple[str, str], bool], now: float) -> None:
    """Keep which alerts suppressions hid, or would have hidden: by suppression and alert."""
    if not hidden:
        return
    there: set[tuple[str, str]] = set()
    for portion in portions(sorted({alert for _, alert in hidden})):
        query = sa.select(alert_suppressions.c.suppression, alert_suppressions.c.alert)
        there |= {
            (r.suppression, r.alert) for r in connection.execute(query.where(alert_suppressions.c.alert.in_(portion)))
        }
    rows = [
        {"suppression": rule, "alert": alert, "is_hidden": is_hidden, "at": now}
        for (rule, alert), is_hidden in hidden.items()
        if (rule, alert) not in there
    ]
    if rows:
        connection.execute(sa.insert(alert_suppressions), rows)


def returning(connection: sa.Connection, now: float, limit: int) -> list[str]:
    """Suppressed alerts whose suppression has ended."""
    joined = alerts.join(suppressions, suppressions.c.id == alerts.c.suppressed_by)
    over = (alerts.c.state == State.SUPPRESSED, suppressions.c.expires_at <= now)
    return list(connection.scalars(sa.select(alerts.c.id).select_from(joined).where(*over).limit(limit)))


def health(connection: sa.Connection) -> list[HealthRow]:
    """Health alerts that are open and no alert tells, and those that have ended while their alert is open."""
    ref = sa.cast(health_alerts.c.sequence, sa.Text)
    told = health_alerts.outerjoin(alerts, sa.and_(alerts.c.source == HEALTH, alerts.c.source_ref == ref))
    untold = sa.select(health_alerts, alerts.c.id.label("alert")).select_from(told)
    rows = untold.where(health_alerts.c.closed_at.is_(None), alerts.c.id.is_(None)).order_by(health_alerts.c.sequence)
    mine = (alerts.c.source == HEALTH, alerts.c.state.not_in([State.MERGED, State.CLOSED]))
    still = {
        int(row.source_ref): row.id
        for row in connection.execute(sa.select(alerts.c.id, alerts.c.source_ref).where(*mine).limit(MOST_HEALTH))
        if row.source_ref
    }
    ended = sa.select(health_alerts).where(health_alerts.c.sequence.in_(still), health_alerts.c.closed_at.is_not(None))
    return [
        *(HealthRow(**row._asdict()) for row in connection.execute(rows.limit(MOST_HEALTH))),
        *(HealthRow(**row._asdict(), alert=still[row.sequence]) for row in connection.execute(ended)),
    ]


_MEMBER = tuple(column.name for column in alert_findings.c)


def _member(one: Member) -> dict[str, object]:
    return {name: getattr(one, name) for name in _MEMBER}
