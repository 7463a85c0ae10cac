"""
STIX 2.1: a bundle for sharing groups and platforms of threat intelligence.

## What it holds
An incident, an indicator for each address of attackers, a note with the post-incident review, and a report that holds
them together; all marked with the TLP 2.0 label. Ids are the same whenever the same incident is exported.

## What it leaves out
Amounts, clocks, people and evidence: STIX has no words for them. Addresses stand in patterns of the object
`cryptocurrency-wallet`, which is OpenCTI's and no part of the standard, as the standard has no wallet.

## Source
OASIS, STIX Version 2.1 (June 2021); marking definitions from OASIS, TLP 2.0 extension definition.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from tocsin.respond.export import Export, as_json, stable_id, timestamp
from tocsin.respond.reports.material import Material, spelt

TLP_EXTENSION = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
TLP: Mapping[str, str] = {
    "clear": "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
    "green": "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
    "amber": "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
    "amber+strict": "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
    "red": "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
}
"""The marking definitions that OASIS published for the labels of TLP 2.0."""
TLP_CREATED = "2022-10-01T00:00:00.000Z"


def write(material: Material) -> bytes:
    """The bundle."""
    incident = _incident(material)
    about = [incident, *_indicators(material), *_notes(material, incident["id"])]
    report = {
        **_common(material, "report", "report"),
        "name": f"{material.incident.number}: {material.incident.name}",
        "published": timestamp(material.made_at),
        "report_types": ["incident"],
        "object_refs": [each["id"] for each in about],
    }
    objects = [_marking(material.incident.tlp), *about, *_relations(material, incident["id"], about), report]
    return as_json({"type": "bundle", "id": f"bundle--{_stable(material, 'bundle')}", "objects": objects})


def _incident(material: Material) -> dict[str, Any]:
    incident = material.incident
    return {
        **_common(material, "incident", "incident"),
        "name": f"{incident.number}: {incident.name}",
        **({"description": incident.summary} if incident.summary else {}),
        "labels": [spelt(incident.type), incident.priority.value, *(["exercise"] if incident.exercise else [])],
        "external_references": [{"source_name": "tocsin", "external_id": incident.number}],
    }


def _indicators(material: Material) -> Iterator[dict[str, Any]]:
    seen: set[str] = set()
    for alert in material.incident.alerts.values():
        for address in alert.attackers:
            if address not in seen and address.isalnum():
                seen.add(address)
                yield {
                    **_common(material, "indicator", address),
                    "name": f"Address of an attacker: {address}",
                    "indicator_types": ["malicious-activity"],
                    "pattern": f"[cryptocurrency-wallet:value = '{address}']",
                    "pattern_type": "stix",
                    "valid_from": timestamp(alert.detected_at),
                }


def _notes(material: Material, about: str) -> Iterator[dict[str, Any]]:
    written = material.incident.post_mortem
    if written is not None:
        lessons = "\n".join(f"- {lesson}" for lesson in written.lessons)
        yield {
            **_common(material, "note", "review"),
            "abstract": "Post-incident review",
            "content": f"{written.root_cause}\n\n{lessons}".strip() or "Nothing is written.",
            "object_refs": [about],
        }


def _relations(material: Material, incident: str, objects: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for each in objects:
        if each["type"] == "indicator":
            yield {
                **_common(material, "relationship", each["id"]),
                "relationship_type": "related-to",
                "source_ref": each["id"],
                "target_ref": incident,
            }


def _common(material: Material, kind: str, what: str) -> dict[str, Any]:
    return {
        "type": kind,
        "spec_version": "2.1",
        "id": f"{kind}--{_stable(material, f'{kind} {what}')}",
        "created": timestamp(material.incident.times.declared),
        "modified": timestamp(max(material.incident.changed_at, material.incident.times.declared)),
        "object_marking_refs": [TLP[material.incident.tlp]],
    }


def _stable(material: Material, what: str) -> str:
    return stable_id("stix", material.incident.id, what)


def _marking(tlp: str) -> dict[str, Any]:
    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": TLP[tlp],
        "created": TLP_CREATED,
        "name": f"TLP:{tlp.upper()}",
        "extensions": {TLP_EXTENSION: {"extension_type": "property-extension", "tlp_2_0": tlp}},
    }


export = Export(
    id="stix", title="STIX 2.1", media_type="application/stix+json;version=2.1", ending=".stix.json", write=write
)
