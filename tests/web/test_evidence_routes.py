"""Evidence over the API: uploads are streamed, downloads saved and recorded, secrets stay with who may know."""

import hashlib
import io
import zipfile
from pathlib import Path

import httpx

from api_server import ApiServer
from evidence_case import BOB, case
from tocsin.app.evidence import custody as evidence
from tocsin.respond.evidence.standalone import FAIL, verify

BYTES = b"<script>alert(1)</script>" * 1_000


def upload(client: httpx.Client, *, name: str = "page.html", **more: str) -> httpx.Response:
    told = {"why": "to see how it was done", **more}
    return client.post("/evidence", data=told, files={"file": (name, BYTES, "text/html")})


def test_what_is_uploaded_is_kept_and_comes_back_as_a_file_to_be_saved(api: ApiServer) -> None:
    client = api.client("commander")

    kept = upload(client, name='"; x=\u202eevil\r\n.html').json()
    answer = client.get(f"/evidence/{kept['id']}/content", params={"why": "for the report"})

    assert (kept["sha256"], kept["size"]) == (hashlib.sha256(BYTES).hexdigest(), len(BYTES))
    assert answer.content == BYTES
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment; ")
    assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert answer.headers["x-content-type-options"] == "nosniff"
    acts = client.get(f"/evidence/{kept['id']}/custody").json()
    assert [(act["kind"], act["why"]) for act in acts] == [
        ("collected", "to see how it was done"),
        ("accessed", "for the report"),
    ]


def test_nothing_is_read_without_a_reason_or_kept_with_another_digest(api: ApiServer) -> None:
    client = api.client("commander")
    kept = upload(client).json()

    assert client.get(f"/evidence/{kept['id']}/content").status_code == 422
    assert upload(client, sha256="0" * 64).status_code == 400
    assert upload(client, type="nonsense").status_code == 422
    assert upload(client, incident="INC-1999-0001").status_code == 404
    assert client.get("/evidence/absent").status_code == 404
    assert [each["id"] for each in client.get("/evidence").json()["items"]] == [kept["id"]]


def test_who_may_only_read_changes_nothing(api: ApiServer) -> None:
    kept = upload(api.client("commander")).json()
    program = api.program("evidence:read", "evidence:write")

    assert upload(api.program("evidence:read", name="reader")).status_code == 403
    assert program.post(f"/evidence/{kept['id']}/destroy", json={"why": "tidying"}).status_code == 403


def test_what_is_on_hold_is_not_destroyed(api: ApiServer) -> None:
    client = api.client("commander")
    path = f"/evidence/{upload(client).json()['id']}"

    assert client.post(f"{path}/hold", json={"why": "court order 7"}).json()["legal_hold"]
    assert client.post(f"{path}/destroy", json={"why": "tidying"}).status_code == 409
    assert not client.post(f"{path}/hold", json={"why": "lifted", "is_on": False}).json()["legal_hold"]
    assert client.post(f"{path}/release", json={"why": "court asked", "to": "LKA 42"}).json()["state"] == "released"
    assert client.post(f"{path}/transfer", json={"why": "moved", "to": "LKA 43"}).status_code == 200
    assert client.post(f"{path}/destroy", json={"why": "tidying"}).json()["state"] == "destroyed"


def test_evidence_of_a_restricted_incident_is_for_those_who_may_see_it(api: ApiServer) -> None:
    here = case(api.desk.store, Path("unused"))
    incident = here.declare(is_restricted=True)
    ada, bob = api.client("commander", name="ada"), api.client("commander", name="bob")

    kept = upload(ada, incident=incident).json()

    assert ada.get(f"/evidence/{kept['id']}").status_code == 200
    for path in ("", "/custody", "/content?why=curious"):
        assert bob.get(f"/evidence/{kept['id']}{path}").status_code == 404
    assert bob.get("/evidence").json()["items"] == []
    assert bob.post(f"/incidents/{incident}/evidence-bundle", json={"why": "curious"}).status_code == 404
    assert evidence.listing(api.desk, BOB) == ()


def test_a_bundle_verifies(api: ApiServer) -> None:
    here = case(api.desk.store, Path("unused"))
    incident = here.declare()
    client = api.client("commander", name="ada")
    kept = upload(client, incident=incident).json()

    answer = client.post(f"/incidents/{incident}/evidence-bundle", json={"why": "police asked"})

    assert answer.status_code == 200
    assert [each for each in verify(io.BytesIO(answer.content)) if each.outcome == FAIL] == []
    with zipfile.ZipFile(io.BytesIO(answer.content)) as bundle:
        assert bundle.read(f"evidence/{kept['id']}.bin") == BYTES
    assert list((evidence.kept_in(api.desk).path / "bundles").iterdir()) == []
