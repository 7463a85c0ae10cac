"""Reports over the API: as files to be saved, for those who may, with what is wrong told."""

import base64
import hashlib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from api_server import ApiServer, running, settings_for
from incident_case import BEGAN, INCIDENT, told
from tocsin.edge.store import incidents
from tocsin.edge.store.opening import open_store
from tocsin.respond.incident.events import Declared
from tocsin.respond.reports.building import kinds, sections


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    folder: Path = tmp_path_factory.mktemp("reports")
    store = open_store(f"sqlite:///{folder}/tocsin.db")
    with store.engine.begin() as connection:
        for after, actor, event in told(str):
            at = {"actor": actor, "occurred_at": BEGAN + after, "now": BEGAN + after}
            if isinstance(event, Declared):
                incidents.declare(connection, incident=INCIDENT, events=[event], **at)
            else:
                incidents.record(connection, INCIDENT, [event], **at)
    with running(store, settings_for(folder)) as made:
        yield made
    store.close()


@pytest.fixture(scope="module")
def client(server: ApiServer) -> httpx.Client:
    return server.client("commander")


@pytest.mark.parametrize(("form", "begins"), [("markdown", b"**TLP:AMBER**"), ("html", b"<!DOCTYPE"), ("pdf", b"%PDF")])
def test_a_report_comes_as_a_file_with_its_digest(client: httpx.Client, form: str, begins: bytes) -> None:
    answer = client.get("/incidents/INC-2025-0001/report", params={"form": form})

    assert (answer.status_code, answer.content[: len(begins)]) == (200, begins)
    assert answer.headers["content-disposition"].startswith("attachment; filename=")
    digest = base64.b64encode(hashlib.sha256(answer.content).digest()).decode()
    assert answer.headers["content-digest"] == f"sha-256=:{digest}:"


def test_sections_and_exports_are_chosen_by_name(client: httpx.Client) -> None:
    only = client.get(f"/incidents/{INCIDENT}/report", params={"section": ["funds", "record"]})
    assert [line for line in only.text.splitlines() if line.startswith("## ")] == ["## Funds", "## The record"]
    assert client.get(f"/incidents/{INCIDENT}/report", params={"section": "fundz"}).status_code == 422
    assert client.get(f"/incidents/{INCIDENT}/export/misp").json()["Event"]["published"] is False
    refused = client.get(f"/incidents/{INCIDENT}/export/mips")
    assert (refused.status_code, "did you mean 'misp'" in refused.json()["detail"]) == (422, True)
    assert client.get("/incidents/INC-1999-0001/report").status_code == 404


def test_a_report_is_kept_as_evidence_by_those_who_may_write(server: ApiServer, client: httpx.Client) -> None:
    kept = client.post(
        f"/incidents/{INCIDENT}/reports", json={"kind": "review", "form": "markdown", "why": "for the board"}
    )

    assert (kept.status_code, kept.json()["name"]) == (201, "INC-2025-0001-review.md")
    assert server.client("observer").post(f"/incidents/{INCIDENT}/reports", json={"why": "x"}).status_code == 403


def test_the_list_has_every_section(client: httpx.Client) -> None:
    found = client.get("/report-sections").json()

    assert [each["id"] for each in found] == list(sections())
    assert {kind for each in found for kind in each["kinds"]} == set(kinds())
