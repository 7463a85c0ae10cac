"""Channels and updates over the API: real HTTP, real store, and a real server that is told."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from api_server import ApiServer, running, settings_for
from channel_servers import HttpServer, answer, http_server
from tocsin.app.incidents.incidents import Declaration, declare
from tocsin.edge.store.opening import Store
from tocsin.model.actor import Actor, ActorKind

CHANNELS = """
[channel.hook]
kind = "webhook"
allow_private = true
url = "{url}/secret-path"
key = "0123456789abcdef"

[group.customers]
says = "Everybody with an account."
reach = "clients"
template = "customers"
to = [{{ channel = "hook", address = "status-page" }}]
"""


@pytest.fixture
def http() -> Iterator[HttpServer]:
    with http_server() as server:
        yield server


@pytest.fixture
def desk(store: Store, tmp_path: Path, http: HttpServer) -> Iterator[ApiServer]:
    (tmp_path / "channels.toml").write_text(CHANNELS.format(url=http.url))
    with running(store, settings_for(tmp_path, f'[estate]\nchannels = "{tmp_path}/channels.toml"')) as server:
        yield server


def incident(desk: ApiServer, **more: object) -> str:
    told = {"title": "The bank is empty", "type": "exploit", "loss": True, "in_progress": True, **more}
    return declare(desk.desk, Actor(ActorKind.USER, "ada"), Declaration(**told)).number  # type: ignore[arg-type]


def test_channels_and_groups_are_listed_without_what_is_nobodys_business(desk: ApiServer) -> None:
    viewer, writer = desk.client("viewer"), desk.client("communications")
    found = viewer.get("/channels")
    assert [(each["name"], each["kind"]) for each in found.json()["items"]] == [("hook", "webhook")]
    assert "secret-path" not in found.text
    assert "0123456789" not in found.text
    assert viewer.get("/groups").json()["items"][0]["to"] == [{"channel": "hook", "address": ""}]
    assert writer.get("/groups").json()["items"][0]["to"] == [{"channel": "hook", "address": "status-page"}]


def test_a_channel_is_tried_out(desk: ApiServer, http: HttpServer) -> None:
    writer = desk.client("admin")
    told = writer.post("/channels/hook/tests", json={"address": "ada"})
    assert (told.status_code, told.json()["is_delivered"]) == (201, True)
    assert json.loads(http.requests[0].body)["data"]["kind"] == "test"
    http.tricks = [answer(503)]
    again = writer.post("/channels/hook/tests", json={"address": "ada"}).json()
    assert (again["is_taken"], again["is_to_be_tried_again"]) == (False, True)
    assert writer.post("/channels/hok/tests", json={"address": "ada"}).status_code == 404
    assert desk.client("viewer").post("/channels/hook/tests", json={"address": "ada"}).status_code == 403


def test_an_update_is_written_approved_by_another_and_sent(desk: ApiServer) -> None:
    number = incident(desk)
    ada, bo = desk.client("communications", name="ada"), desk.client("commander", name="bo")
    made = ada.post(f"/incidents/{number}/updates", json={"group": "customers", "text": "Deposits are paused."})
    assert (made.status_code, made.headers["ETag"]) == (201, '"1"')
    path = f"/updates/{made.json()['id']}"
    assert ada.patch(path, json={"title": "The bank"}, headers={"If-Match": '"9"'}).status_code == 412
    assert ada.patch(path, json={"title": "The bank"}, headers={"If-Match": '"1"'}).json()["title"] == "The bank"
    assert ada.post(f"{path}/approve").status_code == 409
    assert ada.post(f"{path}/submit").json()["state"] == "review"
    assert ada.post(f"{path}/approve").status_code == 403
    assert bo.post(f"{path}/change", json={"reason": "Say which."}).json()["state"] == "draft"
    ada.post(f"{path}/submit")
    assert bo.post(f"{path}/approve").json()["approver"] == "user:bo"
    assert bo.post(f"{path}/send", json={"channels_are_safe": False}).status_code == 422
    sent = bo.post(f"{path}/send", json={"channels_are_safe": True})
    assert (sent.status_code, sent.json()["state"]) == (202, "sending")
    whole = bo.get(path).json()
    assert whole["deliveries"][0]["state"] == "pending"
    assert [each["id"] for each in bo.get("/updates", params={"incident": number}).json()["items"]] == [whole["id"]]
    assert bo.post(f"{path}/withdraw", json={"reason": "Too late."}).status_code == 409


def test_a_label_that_may_not_go_so_far_is_refused_with_its_reason(desk: ApiServer) -> None:
    body = {"group": "customers", "text": "x", "tlp": "red"}
    refused = desk.client("commander").post(f"/incidents/{incident(desk)}/updates", json=body)
    assert refused.status_code == 422
    assert "named persons only" in refused.json()["detail"]


def test_an_update_of_a_restricted_incident_is_not_there_for_others(desk: ApiServer) -> None:
    number = incident(desk, is_restricted=True, codename="Blue Heron")
    ada, bo = desk.client("communications", name="ada"), desk.client("commander", name="bo")
    made = ada.post(f"/incidents/{number}/updates", json={"group": "customers", "text": "We look."}).json()
    assert "bank" not in made["title"]
    assert bo.get(f"/updates/{made['id']}").status_code == 404
    assert bo.get("/updates").json()["items"] == []


def test_updates_are_listed_page_by_page_and_nonsense_is_not_found(desk: ApiServer) -> None:
    number = incident(desk)
    client = desk.client("communications", name="ada")
    made = [
        client.post(f"/incidents/{number}/updates", json={"group": "customers", "text": f"Number {n}."}).json()["id"]
        for n in range(3)
    ]
    first = client.get("/updates", params={"limit": 2}).json()
    rest = client.get("/updates", params={"limit": 2, "cursor": first["next"]}).json()
    assert [each["id"] for each in first["items"] + rest["items"]] == made[::-1]
    assert client.get("/updates/nonsense").status_code == 404
    postponed = {"group": "customers", "until": "2100-01-01T00:00:00Z", "reason": "Quiet."}
    assert client.post(f"/incidents/{number}/update-postponements", json=postponed).status_code == 204
