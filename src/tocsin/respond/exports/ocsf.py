"""
OCSF Incident Finding: for data lakes and SIEMs that speak the Open Cybersecurity Schema.

## What it holds
One event of the class Incident Finding (2005): status, priority, severity, verdict, times, an entry of
`finding_info_list` for each alert, addresses and transactions as observables. Amounts of the ledger stand, exact, as
text in `unmapped`.

## What it leaves out
People but the commander, clocks, evidence.

## Source
OCSF 1.5.0, class incident_finding.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from tocsin import __version__
from tocsin.model.priority import Priority
from tocsin.respond.export import Export, as_json
from tocsin.respond.incident.ledger import FIGURES, funds
from tocsin.respond.reports.material import Material

VERSION = "1.5.0"
FINDINGS, INCIDENT_FINDING = 2, 2005
CREATE, UPDATE, CLOSE = 1, 2, 3
"""Activities."""
OTHER = 99
STATUSES: Mapping[str, int] = {"active": 2, "reopened": 2, "stable": 2, "resolved": 4, "closed": 5}
"""In progress, resolved, closed."""
PRIORITIES: Mapping[Priority, int] = {Priority.P1: 4, Priority.P2: 3, Priority.P3: 2, Priority.P4: 1}
"""Critical, high, medium, low."""
SEVERITIES: Mapping[Priority, int] = {Priority.P1: 5, Priority.P2: 4, Priority.P3: 3, Priority.P4: 2}
VERDICTS: Mapping[str, int] = {
    "false_positive": 1,
    "tp_impact": 2,
    "tp_no_impact": 2,
    "benign": 5,
    "test": 6,
    "insufficient": 7,
    "duplicate": 10,
}
MILLISECONDS = 1_000


def write(material: Material) -> bytes:
    """The event."""
    incident = material.incident
    activity = CLOSE if incident.times.closed is not None else CREATE if incident.sequence == 1 else UPDATE
    verdict = incident.verdict.verdict if incident.verdict else ""
    event: dict[str, Any] = {
        "activity_id": activity,
        "category_uid": FINDINGS,
        "class_uid": INCIDENT_FINDING,
        "type_uid": INCIDENT_FINDING * 100 + activity,
        "time": _milliseconds(incident.changed_at),
        "start_time": _milliseconds(incident.times.occurred or incident.times.detected),
        "severity_id": SEVERITIES[incident.priority],
        "priority_id": PRIORITIES[incident.priority],
        "status_id": STATUSES.get(incident.status, OTHER),
        "status": incident.status,
        "verdict_id": VERDICTS.get(verdict, 0),
        "desc": incident.summary or incident.name,
        "message": f"{incident.number}: {incident.name}",
        "finding_info_list": list(_findings(material)),
        "observables": list(_observables(material)),
        "metadata": {
            "version": VERSION,
            "uid": incident.id,
            "sequence": incident.sequence,
            "labels": [f"tlp:{incident.tlp}", *(["exercise"] if incident.exercise else [])],
            "product": {"name": "tocsin", "vendor_name": "tocsin", "version": __version__},
        },
        "unmapped": {
            "number": incident.number,
            "type": incident.type,
            "phase": incident.phase,
            "funds": _funds(material),
        },
    }
    if incident.times.closed is not None:
        event["end_time"] = _milliseconds(incident.times.closed)
    if incident.commander:
        name = material.name_of(incident.commander)
        event["assignee"] = {"uid": incident.commander, "name": name}
    return as_json(event)


def _findings(material: Material) -> Iterator[dict[str, Any]]:
    """One an alert; the class needs at least one, so that an incident that people declared tells itself."""
    alerts = material.incident.alerts
    if not alerts:
        yield {"uid": material.incident.id, "title": material.incident.name}
    for alert in alerts.values():
        seen = _milliseconds(alert.detected_at)
        yield {"uid": alert.alert, "title": alert.title, "first_seen_time": seen, "types": [alert.severity]}


def _observables(material: Material) -> Iterator[dict[str, Any]]:
    for alert in material.incident.alerts.values():
        for role, values in (
            ("attacker", alert.attackers),
            ("victim", alert.victims),
            ("transaction", alert.transactions),
        ):
            for value in values:
                name = f"unmapped.{role}"
                yield {"name": name, "type_id": OTHER, "type": f"Blockchain {role}", "value": value}


def _funds(material: Material) -> list[dict[str, Any]]:
    return [
        {
            "chain_id": one.chain_id,
            "token": one.token,
            "symbol": one.symbol,
            "decimals": one.decimals,
            **{name: str(one.figures[name].units) for name in FIGURES},
        }
        for one in funds(material.incident.postings.values()).holdings
    ]


def _milliseconds(at: float) -> int:
    return round(at * MILLISECONDS)


export = Export(
    id="ocsf", title="OCSF Incident Finding", media_type="application/json", ending=".ocsf.json", write=write
)
