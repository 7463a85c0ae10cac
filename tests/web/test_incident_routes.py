"""The routes of incidents, over HTTP: worked, refused in the right words, hidden where they must be."""

from typing import Any

import httpx
import pytest

from api_server import ApiServer

NEW = {"title": "Vault drained", "type": "exploit", "loss": True}


@pytest.fixture
def ada(api: ApiServer) -> httpx.Client:
    return api.client("commander", name="ada")


@pytest.fixture
def bo(api: ApiServer) -> httpx.Client:
    return api.client("commander", name="bo")


def posted(client: httpx.Client, path: str, status: int = 200, **body: Any) -> Any:
    answer = client.post(f"/incidents{path}", json=body or None)
    assert answer.status_code in (status, 201), answer.text
    return answer.json()


def test_an_incident_is_worked_over_the_api(ada: httpx.Client, bo: httpx.Client) -> None:
    state = posted(ada, "", **NEW)
    assert (state["priority"], state["status"], state["rule"]) == ("P1", "active", "exploit-with-loss")
    number = state["number"]

    posted(ada, f"/{number}/acknowledgements")
    posted(ada, f"/{number}/decisions", what="Pause", why="It drains", options=["wait"], about="containment")
    posted(bo, f"/{number}/notes", text="Seen")
    assert bo.put(f"/incidents/{number}/notes/n1", json={"text": "Seen twice"}).status_code == 200
    taken = {"debit": "external", "credit": "stolen", "amount": str(2**256 - 1), "chain_id": 1, "symbol": "ETH"}
    posted(ada, f"/{number}/funds", **taken, transactions=["0x01"])
    posted(ada, f"/{number}/timeline", at=1_000.0, text="Deployed")
    ada.put(f"/incidents/{number}/roles/scribe", json={"person": "bo"})
    ada.patch(f"/incidents/{number}/tasks/pause", json={"state": "done"})

    state = ada.get(f"/incidents/{number}").json()
    assert state["roles"] == {"commander": "ada", "scribe": "bo"}
    assert [one["text"] for one in state["notes"]["n1"]["versions"]] == ["Seen", "Seen twice"]
    assert state["tasks"]["pause"]["state"] == "done"
    told = ada.get(f"/incidents/{number}/funds").json()["holdings"][0]["figures"]["lost"]
    assert (told["amount"], told["transactions"]) == (str(2**256 - 1), ["0x01"])
    assert ada.get(f"/incidents/{number}/timeline").json()[0]["text"] == "Deployed"
    assert ada.get(f"/incidents/{number}/next").json()[0]["command"].startswith("tocsin incident ")
    entries = ada.get(f"/incidents/{number}/journal", params={"limit": 2}).json()
    assert [one["sequence"] for one in entries["items"]] == [1, 2]
    assert entries["items"][1]["previous"] == entries["items"][0]["digest"]
    assert entries["next"]


def test_who_thinks_of_an_older_state_is_told(ada: httpx.Client, bo: httpx.Client) -> None:
    made = ada.post("/incidents", json=NEW)
    path = f"/incidents/{made.json()['id']}"
    seen = {"If-Match": made.headers["etag"]}

    assert bo.patch(path, json={"title": "Vault emptied"}, headers=seen).status_code == 200
    late = ada.patch(path, json={"title": "Other"}, headers=seen)

    assert late.status_code == 412
    assert ada.get(path).json()["title"] == "Vault emptied"


def test_a_refusal_says_what_is_missing(ada: httpx.Client) -> None:
    posted(ada, "", **NEW)

    refused = ada.post("/incidents/1/status", json={"status": "resolved"})

    assert refused.status_code == 409
    assert "no verdict says that there was nothing" in refused.json()["detail"]
    assert ada.post("/incidents", json={**NEW, "type": "exploid"}).status_code in (400, 422)
    assert ada.post("/incidents", json={**NEW, "unknown": 1}).status_code in (400, 422)
    assert ada.get("/incidents/999").status_code == 404


def test_only_the_commander_lowers_it(ada: httpx.Client, bo: httpx.Client) -> None:
    posted(ada, "", **NEW)
    posted(ada, "/1/acknowledgements")
    lower = {"priority": "P3", "reason": "on a test network"}

    assert bo.post("/incidents/1/classification", json=lower).status_code == 403
    assert posted(ada, "/1/classification", **lower)["priority"] == "P3"


def test_a_restricted_incident_is_not_there_for_others(ada: httpx.Client, bo: httpx.Client) -> None:
    posted(ada, "", **NEW, is_restricted=True, codename="BLUE HERON")

    for path in ("", "/timeline", "/journal", "/funds", "/next"):
        assert bo.get(f"/incidents/1{path}").status_code == 404
        assert ada.get(f"/incidents/1{path}").status_code == 200
    assert bo.post("/incidents/1/notes", json={"text": "?"}).status_code == 404
    assert bo.get("/incidents").json()["items"] == []
    posted(ada, "/1/access", person="bo", reason="counsel")
    assert bo.get("/incidents/1").json()["codename"] == "BLUE HERON"


def test_lists_come_in_pages_and_are_filtered(ada: httpx.Client) -> None:
    for title, kind in (("Slow node", "performance"), ("Vault drained", "exploit"), ("Odd vote", "vulnerability")):
        posted(ada, "", title=title, type=kind)

    first = ada.get("/incidents", params={"limit": 2, "worst_first": True}).json()
    second = ada.get("/incidents", params={"limit": 2, "worst_first": True, "cursor": first["next"]}).json()

    assert [one["priority"] for one in first["items"] + second["items"]] == ["P1", "P2", "P3"]
    assert second["next"] is None
    assert [one["title"] for one in ada.get("/incidents", params={"words": "VAULT"}).json()["items"]] == [
        "Vault drained"
    ]
    assert len(ada.get("/incidents", params={"priority": ["P1", "P2"]}).json()["items"]) == 2


def test_incidents_are_merged_and_taken_apart(ada: httpx.Client) -> None:
    for _ in range(2):
        posted(ada, "", **NEW)

    assert posted(ada, "/1/merge", into="2", reason="one attacker")["merged_from"]
    assert ada.post("/incidents/1/acknowledgements").status_code == 409
    assert posted(ada, "/1/unmerge", reason="two attackers")["merged_into"] == ""
