"""
MISP: an event, to be added to an instance of one's own or sent to a community.

## What it holds
The event with its TLP tag; addresses of attackers (to be used by detection), addresses of victims and transactions
(not to be), digests of evidence; the summary as a comment. It is not published, and its distribution is "your
organisation only": who shares it decides that there.

## What it leaves out
Amounts, clocks, people. MISP has no type for accounts of EVM chains: addresses are of the type `other` in the category
`Financial fraud`.

## Source
MISP core format (draft-dulaunoy-misp-core-format); types and categories as PyMISP lists them.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from tocsin.model.priority import Priority
from tocsin.respond.export import Export, as_json, stable_id
from tocsin.respond.reports.material import Material

FRAUD, ANALYSIS, OTHER = "Financial fraud", "External analysis", "Other"
"""Categories."""
OWN_ORGANISATION = "0"
THREAT_LEVELS: Mapping[Priority, str] = {Priority.P1: "1", Priority.P2: "1", Priority.P3: "2", Priority.P4: "3"}
"""High, medium, low."""
INITIAL, ONGOING, COMPLETED = "0", "1", "2"


def write(material: Material) -> bytes:
    """The event."""
    incident = material.incident
    event = {
        "uuid": stable_id("misp", incident.id),
        "info": f"{'EXERCISE ' if incident.exercise else ''}{incident.number}: {incident.name}",
        "date": datetime.fromtimestamp(incident.times.detected, UTC).date().isoformat(),
        "timestamp": str(int(incident.changed_at)),
        "threat_level_id": THREAT_LEVELS[incident.priority],
        "analysis": _analysis(incident.status),
        "distribution": OWN_ORGANISATION,
        "published": False,
        "Tag": [{"name": f"tlp:{incident.tlp}"}],
        "Attribute": list(_attributes(material)),
    }
    return as_json({"Event": event})


def _analysis(status: str) -> str:
    return {"resolved": COMPLETED, "closed": COMPLETED}.get(status, ONGOING)


def _attributes(material: Material) -> Iterator[dict[str, Any]]:
    made = _Maker(material)
    if material.incident.summary:
        yield made.attribute(OTHER, "comment", material.incident.summary, "summary", for_detection=False)
    for alert in material.incident.alerts.values():
        for address in alert.attackers:
            yield from made.once(FRAUD, "other", address, "address of an attacker", for_detection=True)
        for address in alert.victims:
            yield from made.once(FRAUD, "other", address, "address of a victim", for_detection=False)
        for transaction in alert.transactions:
            yield from made.once(FRAUD, "other", transaction, f"transaction, {alert.title}", for_detection=False)
    for piece in material.incident.evidence:
        yield from made.once(ANALYSIS, "sha256", piece.sha256, f"evidence: {piece.name}", for_detection=False)
    for item in material.evidence:
        yield from made.once(ANALYSIS, "sha256", item.sha256, f"evidence: {item.name}", for_detection=False)


class _Maker:
    """Makes attributes, each value once."""

    def __init__(self, material: Material) -> None:
        self._incident = material.incident
        self._seen: set[tuple[str, str]] = set()

    def once(
        self, category: str, kind: str, value: str, comment: str, *, for_detection: bool
    ) -> Iterator[dict[str, Any]]:
        """The attribute, unless there is one of this type and value."""
        if (kind, value) not in self._seen:
            self._seen.add((kind, value))
            yield self.attribute(category, kind, value, comment, for_detection=for_detection)

    def attribute(self, category: str, kind: str, value: str, comment: str, *, for_detection: bool) -> dict[str, Any]:
        """One attribute."""
        return {
            "uuid": stable_id("misp", self._incident.id, kind, value),
            "category": category,
            "type": kind,
            "value": value,
            "comment": comment,
            "to_ids": for_detection,
            "distribution": OWN_ORGANISATION,
        }


export = Export(id="misp", title="MISP event", media_type="application/json", ending=".misp.json", write=write)
