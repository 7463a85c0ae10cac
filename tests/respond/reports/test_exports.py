"""Exports: each is what its format asks for, judged by that format's own library, whatever the texts in it."""

import csv
import io
import json
from typing import Any

import pytest
import stix2
from py_ocsf_models.events.findings.severity_id import SeverityID
from py_ocsf_models.objects.finding_info import FindingInformation
from py_ocsf_models.objects.metadata import Metadata
from pymisp import MISPEvent

from incident_case import ATTACKER, DIGEST, HOSTILE, TRANSACTION, WEI, material
from tocsin.respond.export import exports
from tocsin.respond.reports.material import Material

HARMLESS = material()
ATTACKED = material(lambda text: f"{text} {HOSTILE}")
BEGUN = material(only=1)


def written(export: str, of: Material) -> Any:
    return json.loads(exports()[export].write(of))


@pytest.mark.parametrize("export", list(exports()))
@pytest.mark.parametrize("of", [HARMLESS, ATTACKED, BEGUN], ids=["harmless", "attacked", "begun"])
def test_the_same_incident_gives_the_same_bytes(export: str, of: Material) -> None:
    assert exports()[export].write(of) == exports()[export].write(of)


@pytest.mark.parametrize("of", [HARMLESS, ATTACKED, BEGUN], ids=["harmless", "attacked", "begun"])
def test_stix_is_read_by_its_library(of: Material) -> None:
    bundle = stix2.parse(exports()["stix"].write(of).decode(), version="2.1")

    found = {each["type"]: each for each in bundle.objects}
    assert found["incident"]["name"].startswith("INC-2026-0042: Vault emptied")
    assert {ref for each in bundle.objects for ref in each.get("object_marking_refs", [])} == {
        found["marking-definition"]["id"]
    }
    there = {each["id"] for each in bundle.objects}
    assert set(found["report"]["object_refs"]) <= there
    if of is not BEGUN:
        assert found["indicator"]["pattern"] == f"[cryptocurrency-wallet:value = '{ATTACKER}']"
        assert found["relationship"]["target_ref"] == found["incident"]["id"]


@pytest.mark.parametrize("of", [HARMLESS, ATTACKED, BEGUN], ids=["harmless", "attacked", "begun"])
def test_misp_is_read_by_its_library(of: Material) -> None:
    event = MISPEvent()
    event.from_dict(**written("misp", of)["Event"])

    assert [tag.name for tag in event.tags] == ["tlp:amber"]
    assert (event.published, str(event.distribution)) == (False, "0")
    for_detection = [each.value for each in event.attributes if each.to_ids]
    assert for_detection == ([] if of is BEGUN else [ATTACKER]), "nobody blocks a victim because of us"
    if of is not BEGUN:
        assert {DIGEST, TRANSACTION} <= {each.value for each in event.attributes}


@pytest.mark.parametrize("of", [HARMLESS, ATTACKED, BEGUN], ids=["harmless", "attacked", "begun"])
def test_ocsf_is_what_the_schema_asks_for(of: Material) -> None:
    """The library has no class for incidents: its parts are judged by it, and the rest against the schema's list."""
    event = written("ocsf", of)

    Metadata.model_validate(event["metadata"])
    for finding in event["finding_info_list"]:
        FindingInformation.model_validate(finding)
    assert SeverityID(event["severity_id"]) is SeverityID.Critical
    required = {"activity_id", "category_uid", "class_uid", "finding_info_list", "metadata", "severity_id", "status_id"}
    assert required | {"time", "type_uid"} <= set(event)
    assert event["type_uid"] == event["class_uid"] * 100 + event["activity_id"]
    assert event["finding_info_list"]


def test_amounts_are_exact_in_ocsf() -> None:
    (held,) = written("ocsf", HARMLESS)["unmapped"]["funds"]

    assert (held["taken"], held["frozen"]) == (str(WEI), str(WEI // 3))


def test_the_timeline_has_the_columns_timesketch_requires_and_no_formula() -> None:
    hostile = material(lambda text: f'=HYPERLINK("http://evil.example") {text}')
    rows = list(csv.DictReader(io.StringIO(exports()["timeline-csv"].write(hostile).decode())))

    assert {"datetime", "timestamp_desc", "message"} <= set(rows[0])
    assert [row["datetime"] for row in rows] == sorted(row["datetime"] for row in rows)
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@"))]
    assert any(row["message"].startswith("'=HYPERLINK") for row in rows)
    assert len(list(csv.reader(io.StringIO(exports()["timeline-csv"].write(ATTACKED).decode())))) == len(rows) + 1


def test_an_exercise_is_marked_as_one() -> None:
    drill = material(exercise="spring-drill")

    assert written("misp", drill)["Event"]["info"].startswith("EXERCISE ")
    assert "exercise" in written("ocsf", drill)["metadata"]["labels"]
    assert any("exercise" in each.get("labels", []) for each in written("stix", drill)["objects"])
