"""Alerts as they are read: lists, one whole, how good they are."""

import math
from dataclasses import dataclass

from tocsin.app.desk import Desk
from tocsin.edge.store import journal
from tocsin.edge.store import triage as rows
from tocsin.edge.store.errors import named_errors
from tocsin.edge.store.findings import Stored
from tocsin.edge.store.incident_rows import named
from tocsin.edge.store.incidents import load
from tocsin.edge.store.triage import Wanted
from tocsin.model.actor import Actor
from tocsin.model.errors import Unacceptable
from tocsin.model.finding import Severity
from tocsin.respond.incident.texts import is_storable
from tocsin.respond.journal import Entry
from tocsin.respond.triage.alert import TriagedAlert
from tocsin.respond.triage.events import PREFIX
from tocsin.respond.triage.machine import Act, possible
from tocsin.respond.triage.quality import Quality, quality

MOST_FINDINGS = 50
"""Of an alert that are shown, the weightiest first."""
DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """An alert with everything that belongs to it."""

    alert: TriagedAlert
    can: tuple[Act, ...]
    """What can be done to it."""
    findings: tuple[tuple[Stored, float | None], ...]
    """The weightiest, each with when a reorg took it back."""
    merged: tuple[str, ...]
    """Alerts that go on in it."""
    hidden_by: tuple[tuple[str, bool], ...]
    """Suppressions that hide it, or (False) would have, were they active."""
    history: tuple[Entry, ...]
    incident_number: str
    """What its incident is called; empty where there is none."""


def find(
    desk: Desk, actor: Actor, wanted: Wanted, *, limit: int, after: tuple[int, float, str] | None = None
) -> list[TriagedAlert]:
    """Alerts that `actor` may see, the worst first, then the newest. Raises `StoreError`."""
    return rows.listed(desk.store.engine, wanted, limit=limit, after=after, viewer=actor)


def place_of(alert: TriagedAlert) -> str:
    """Where the page behind this alert begins: severity, time and id."""
    return f"{int(alert.severity)}:{alert.opened_at!r}:{alert.id}"


def place(cursor: str) -> tuple[int, float, str] | None:
    """Read what `place_of` wrote; None for nothing. Raises `Unacceptable`."""
    if not cursor:
        return None
    severity, _, rest = cursor.partition(":")
    opened_at, _, alert = rest.partition(":")
    try:
        number, moment = int(severity[:3]), float(opened_at)
    except ValueError:
        number, moment = 0, math.nan
    if not math.isfinite(moment) or not is_storable(alert):
        raise Unacceptable("this is not where a page of alerts begins; begin at the first page")
    return number, moment, alert


def whole(desk: Desk, actor: Actor, alert: str) -> Whole:
    """
    One alert that `actor` may see, by its id or the beginning or the end of it. Raises `NotFound`, `StoreError`.
    """
    with named_errors(), desk.store.engine.begin() as connection:
        found = rows.load(connection, alert, actor)
        return Whole(
            alert=found,
            can=possible(found.state),
            findings=tuple(rows.findings_of(connection, found.id, limit=MOST_FINDINGS)),
            merged=tuple(rows.merged_in(connection, found.id)),
            hidden_by=tuple(rows.hidden_by(connection, found.id)),
            history=journal.of_stream(connection, f"{PREFIX}{found.id}"),
            incident_number=load(connection, found.incident).number if found.incident else "",
        )


def incident_named(desk: Desk, actor: Actor, incident: str) -> str:
    """The id of an incident that is called so. Raises `NotFound`, `Unacceptable`, `StoreError`."""
    with named_errors(), desk.store.engine.begin() as connection:
        return named(connection, incident, viewer=actor)


def quality_report(desk: Desk, *, days: float) -> list[Quality]:
    """How good the alerts of the last days are, by detector. Raises `StoreError`."""
    now = desk.clock()
    return quality(rows.judged(desk.store.engine, now - days * DAY_SECONDS), now=now)


def waiting(desk: Desk) -> int:
    """How many notices of findings wait to be triaged. Raises `StoreError`."""
    return rows.waiting(desk.store.engine)


def severity(word: str) -> Severity:
    """The severity of this name. Raises `Unacceptable`."""
    if word.upper() not in Severity.__members__:
        raise Unacceptable(f"{word[:50]!r} is no severity: {', '.join(each.word for each in Severity)}")
    return Severity[word.upper()]
