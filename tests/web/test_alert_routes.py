"""Alerts over the API: reported, listed in parts, judged at the version that was seen, hidden by two people."""

import base64
import json

import httpx
import pytest

from api_server import ApiServer

WORDS = {"source": "helpdesk", "key": "mail-7", "severity": "medium", "title": "a user lost a token"}


@pytest.fixture
def program(api: ApiServer) -> httpx.Client:
    return api.program("alert:read", "alert:write")


def test_what_is_reported_twice_is_one_alert_that_was_reported_twice(program: httpx.Client) -> None:
    first = program.post("/alerts", json={**WORDS, "raw": "payload"})
    again = program.post("/alerts", json=WORDS)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json()["alert"] == first.json()["alert"]
    assert (again.json()["times"], len(again.json()["raw_sha256"])) == (2, 64)


def test_pages_hold_every_alert_once(program: httpx.Client) -> None:
    made = {program.post("/alerts", json={**WORDS, "key": f"k{n}"}).json()["alert"] for n in range(5)}
    found, cursor = [], ""
    while cursor is not None:
        part = program.get("/alerts", params={"limit": 2, "cursor": cursor}).json()
        found += [each["alert"] for each in part["items"]]
        cursor = part["next"]
    assert sorted(found) == sorted(made)
    assert program.get("/alerts", params={"severity": "high"}).json()["items"] == []
    assert program.get("/alerts", params={"cursor": "bm9uc2Vuc2U"}).status_code == 422


def test_people_judge_and_programs_do_not(api: ApiServer, program: httpx.Client) -> None:
    alert = program.post("/alerts", json=WORDS).json()["alert"]
    body = {"alerts": [alert], "verdict": "benign"}
    assert program.post("/alerts/verdicts", json=body).status_code == 403

    person = api.client("commander")
    seen = person.get(f"/alerts/{alert}")
    assert (seen.headers["ETag"], "judge" in seen.json()["can"]) == ('"1"', True)
    assert person.post("/alerts/acknowledgements", json={"alerts": [alert]}).status_code == 200
    late = person.post("/alerts/verdicts", json=body, headers={"If-Match": '"1"'})
    assert late.status_code == 412
    (closed,) = person.post("/alerts/verdicts", json=body, headers={"If-Match": '"2"'}).json()
    assert (closed["state"], closed["verdict"]) == ("closed", "benign")
    assert person.post("/alerts/verdicts", json=body).status_code == 409
    wrong = person.post("/alerts/verdicts", json={**body, "verdict": "benin"})
    assert wrong.status_code == 422
    assert "did you mean benign" in wrong.json()["detail"]


def test_hiding_what_is_high_takes_two(api: ApiServer) -> None:
    ada, bob = api.client("commander", name="ada"), api.client("commander", name="bob")
    wish = {"expression": "source = helpdesk", "days": 1, "reason": "a drill"}
    made = ada.post("/suppressions", json=wish).json()
    assert made["waits"] is True
    assert ada.post(f"/suppressions/{made['suppression']}/approval").status_code == 403
    assert bob.post(f"/suppressions/{made['suppression']}/approval").json()["waits"] is False

    alert = ada.post("/alerts", json=WORDS).json()
    assert (alert["state"], alert["suppressed_by"]) == ("suppressed", made["suppression"])
    assert ada.get("/suppressions").json()[0]["hides"] == 1
    assert ada.get("/suppressions/quality").json()[0]["unjudged"] == 1
    assert ada.post("/suppressions", json={**wish, "days": 91}).status_code == 422


def test_alerts_of_a_restricted_incident_are_there_for_its_viewers_alone(api: ApiServer, program: httpx.Client) -> None:
    ada, bo = api.client("commander", name="ada"), api.client("commander", name="bo")
    secret = program.post("/alerts", json={**WORDS, "title": "who took the keys"}).json()["alert"]
    plain = program.post("/alerts", json={**WORDS, "key": "mail-8"}).json()["alert"]
    new = {"title": "an insider", "type": "exploit", "is_restricted": True, "codename": "BLUE HERON"}
    number = ada.post("/incidents", json=new).json()["number"]
    joined = ada.post("/alerts/escalations", json={"alerts": [secret], "incident": number})
    assert joined.status_code == 200, joined.text

    def seen_by(who: httpx.Client) -> set[str]:
        return {each["alert"] for each in who.get("/alerts").json()["items"]}

    assert (seen_by(ada), seen_by(bo), seen_by(program)) == ({secret, plain}, {plain}, {plain})
    assert ada.get(f"/alerts/{secret}").json()["incident_number"] == number
    again = program.post("/alerts", json={**WORDS, "title": "once more"}).json()
    assert (again["alert"], again["title"], again["times"], again["incident"]) == (secret, "once more", 1, None)
    assert number not in json.dumps(again)
    for who in (bo, program):
        hidden, absent = who.get(f"/alerts/{secret}"), who.get("/alerts/00000000-0000-7000-8000-000000000000")
        assert (hidden.status_code, absent.status_code) == (404, 404)
        assert secret[8:] not in who.get(f"/alerts/{secret[:4]}").text
    for act, more in (
        ("acknowledgements", {}),
        ("assignments", {}),
        ("verdicts", {"verdict": "benign"}),
        ("merges", {"into": plain}),
        ("escalations", {}),
    ):
        assert bo.post(f"/alerts/{act}", json={"alerts": [secret], **more}).status_code == 404, act
    assert bo.post("/alerts/merges", json={"alerts": [plain], "into": secret}).status_code == 404
    assert bo.post(f"/alerts/{secret}/unmerge").status_code == 404


@pytest.mark.parametrize("place", ["1:nan:a", "1:inf:a", f"{'9' * 30}:1.0:a", "1:1e400:a", "1:1.0:\ud800"])
def test_a_place_in_the_list_that_nobody_gave_is_refused_or_leads_nowhere(program: httpx.Client, place: str) -> None:
    cursor = base64.urlsafe_b64encode(place.encode(errors="surrogatepass")).decode().rstrip("=")
    assert program.get("/alerts", params={"cursor": cursor}).status_code in (200, 422)
