"""Clocks and numbers over the API: real HTTP, real store."""

import httpx
import pytest

from api_server import ApiServer
from tocsin.edge.store import incidents
from tocsin.model.actor import TOCSIN
from tocsin.model.priority import Priority
from tocsin.respond.incident import events

MINUTE = 60.0


def declare(api: ApiServer, ago: float = 6 * MINUTE, *, is_restricted: bool = False) -> str:
    at = api.clock() - ago
    told = events.Declared(
        number="",
        title="Drain",
        type="exploit",
        priority=Priority.P1,
        because=("value is leaving",),
        rule="loss",
        detected_at=at,
        began_at=at - 12,
        is_restricted=is_restricted,
    )
    with api.desk.store.engine.begin() as connection:
        state = incidents.declare(
            connection, incident=api.desk.new_id(), events=[told], actor=TOCSIN, occurred_at=at, now=at
        )
    return state.number


def test_clocks_are_listed_by_time_left_page_by_page(api: ApiServer) -> None:
    number = declare(api)
    client = api.client("commander")

    whole = client.get("/clocks").json()["items"]
    assert [each["definition"] for each in whole] == ["acknowledge", "response", "contain", "update"]
    assert (whole[0]["state"], whole[1]["state"]) == ("breached", "running")
    assert 500 < whole[1]["seconds_left"] <= 540
    first = client.get("/clocks", params={"limit": 3}).json()
    rest = client.get("/clocks", params={"limit": 3, "cursor": first["next"]}).json()
    assert [each["id"] for each in first["items"] + rest["items"]] == [each["id"] for each in whole]
    assert rest["next"] is None
    assert client.get(f"/clocks/{number}:response").json()["says"] == "a named person has responded"


def test_what_people_do_to_clocks(api: ApiServer) -> None:
    number = declare(api)
    client = api.client("commander")
    contain, response = f"/clocks/{number}:contain", f"/clocks/{number}:response"

    assert client.post(f"{response}/pause", json={"waiting": "external_party", "reason": "r"}).status_code == 409
    paused = client.post(f"{contain}/pause", json={"waiting": "external_party", "reason": "the bridge answers"})
    assert (paused.status_code, paused.json()["state"]) == (200, "paused")
    assert client.post(f"{contain}/resume").json()["state"] == "running"
    waived = client.post(f"{response}/waive", json={"reason": "a test of the line"}).json()
    assert (waived["state"], waived["waived_by"]) == ("waived", "user:commander")
    assert client.post(f"{response}/waive", json={"reason": ""}).status_code == 422
    assert client.get("/clocks/INC-1999-0001:response").status_code == 404


def test_duties_are_declared_and_submitted(api: ApiServer) -> None:
    number = declare(api)
    client = api.client("commander")
    rules = client.get("/clocks/rules").json()
    assert "not legal advice" in rules["notice"]
    assert {each["id"] for each in rules["items"] if not each["is_in_force"]} == {"circia-incident", "circia-ransom"}

    aware = client.post(f"/incidents/{number}/triggers", json={"trigger": "aware", "why": "names were read"})
    assert (aware.status_code, aware.json()["notice"]) == (201, "")  # no regime is named in the settings
    wrong = client.post(f"/incidents/{number}/triggers", json={"trigger": "awear", "why": "names were read"})
    assert (wrong.status_code, "did you mean 'aware'" in wrong.json()["detail"]) == (422, True)
    naive = {"trigger": "aware", "why": "w", "at": "2026-03-02T10:00:00"}
    assert client.post(f"/incidents/{number}/triggers", json=naive).status_code == 422
    nothing = client.post(f"/incidents/{number}/submissions", json={"rule": "gdpr-33", "what": "form 4"})
    assert (nothing.status_code, "regimes" in nothing.json()["detail"]) == (422, True)


@pytest.mark.parametrize("cursor", ["bm9uZQ", "bmFuIHg", "aW5mIAA"])
def test_a_cursor_that_somebody_made_up_is_refused(api: ApiServer, cursor: str) -> None:
    assert api.client("commander").get("/clocks", params={"cursor": cursor}).status_code == 422


def test_clocks_of_a_restricted_incident_are_for_those_who_may_see_it(api: ApiServer) -> None:
    number = declare(api, is_restricted=True)
    client = api.client("commander")
    assert client.get("/clocks").json()["items"] == []
    assert client.get(f"/clocks/{number}:response").status_code == 404
    assert client.get(f"/incidents/{number}/clocks").status_code == 404


def test_numbers(api: ApiServer) -> None:
    number = declare(api, ago=20 * MINUTE)
    client = api.client("commander")
    clocks = client.get(f"/incidents/{number}/clocks").json()["clocks"]
    assert {each["definition"] for each in clocks} == {"acknowledge", "response", "contain", "update"}

    (told,) = client.get("/numbers").json()["items"]
    assert (told["incidents"], told["by_priority"]["P1"], told["durations"]["detect"]["median"]) == (1, 1, 12.0)
    response = {each["clock"]: each for each in told["clocks"]}["response"]
    assert (response["breached"], response["share_met"]) == (1, 0.0)
    assert client.get("/numbers", params={"exercises": True}).json()["items"][0]["incidents"] == 0
    assert client.get("/numbers", params={"team": "nobody"}).status_code == 404
    assert client.get("/numbers", params={"from": "2026-03-01T00:00:00Z", "by": "month"}).status_code == 200


def test_who_may_not_write_clocks_may_not(api: ApiServer) -> None:
    number = declare(api)
    program: httpx.Client = api.program("clock:read")
    assert program.get("/clocks").status_code == 200
    assert program.post(f"/clocks/{number}:response/waive", json={"reason": "r"}).status_code == 403
    writer = api.program("clock:write", name="writer")
    assert writer.post(f"/clocks/{number}:response/waive", json={"reason": "r"}).status_code == 403  # only a person
