"""Pages and schedules over the API, and the link of a page in a browser."""

import io
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from api_server import ApiServer, running, settings_for
from paged import BEGIN, ESTATE, PLAN
from tocsin.app.paging.pager import Pager
from tocsin.app.telling.file import NOTHING
from tocsin.app.telling.teller import Remembered, Teller
from tocsin.edge.logs import logger
from tocsin.edge.sending.sender import Sender
from tocsin.edge.store import incidents
from tocsin.edge.store.opening import open_store
from tocsin.model.actor import TOCSIN
from tocsin.model.priority import Priority
from tocsin.respond.incident.events import Declared, RestrictionChanged


@pytest.fixture
def server(sqlite_url: str, tmp_path: Path) -> Iterator[ApiServer]:
    (tmp_path / "estate.toml").write_text(ESTATE)
    (tmp_path / "oncall.toml").write_text(PLAN)
    store = open_store(sqlite_url)
    files = f'[estate]\nfile = "{tmp_path}/estate.toml"\non_call = "{tmp_path}/oncall.toml"'
    with running(store, settings_for(tmp_path, files)) as made:
        yield made
    store.close()


def paged(server: ApiServer, title: str = "Vault <b>drained</b>", tlp: str = "amber") -> str:
    """The path of the link in the page of a new incident."""
    desk = server.desk
    declared = Declared(
        number="",
        title=title,
        type="exploit",
        priority=Priority.P1,
        because=("funds were lost",),
        rule="loss",
        detected_at=desk.clock(),
        tlp=tlp,
    )
    with desk.store.engine.begin() as connection:
        told = {"actor": TOCSIN, "occurred_at": desk.clock(), "now": desk.clock()}
        incidents.declare(connection, incident=desk.new_id(), events=[declared], **told)
    teller = Teller(NOTHING, Sender().send, desk.clock, Remembered())
    pager = Pager(desk=desk, teller=teller, log=logger(io.StringIO(), ()))
    (job, *_) = [*pager._transact(32).jobs, *pager._transact(32).jobs]
    return job.message.acknowledge_link.partition("/api/v1")[2]


def browser(server: ApiServer) -> httpx.Client:
    """Somebody who is not logged in, as browsers send a form."""
    own = f"http://{server.address}"
    headers = {"Origin": own, "Sec-Fetch-Site": "same-origin"}
    made = httpx.Client(base_url=f"{own}/api/v1", headers=headers)
    server.clients.append(made)
    return made


def test_opening_a_link_changes_nothing_and_its_button_answers_once(server: ApiServer) -> None:
    path, page = paged(server), browser(server)
    commander = server.client("commander")
    for _ in range(3):
        shown = page.get(path)
    assert (shown.status_code, shown.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "Vault &lt;b&gt;drained&lt;/b&gt;" in shown.text
    assert '<form method="post">' in shown.text
    assert "same-origin" in shown.headers["referrer-policy"]
    assert commander.get("/pages", params={"open": True}).json()["items"][0]["person"] == "ada"

    answered = page.post(path)
    assert (answered.status_code, "ada has it" in answered.text) == (200, True)
    assert commander.get("/pages", params={"open": True}).json()["items"] == []

    again = page.post(path)
    assert (again.status_code, "used already" in again.text) == (409, True)
    assert "<form" not in page.get(path).text


def test_what_the_person_may_not_be_told_stands_behind_no_link(server: ApiServer) -> None:
    shown = browser(server).get(paged(server, title="Key of Ada stolen", tlp="red"))

    assert shown.status_code == 200
    assert "stolen" not in shown.text
    assert "INC-" in shown.text


@pytest.mark.parametrize("token", ["x", "%00", "A" * 200, "A" * 400, "<script>"])
def test_a_link_that_is_none_is_refused_in_plain_words(server: ApiServer, token: str) -> None:
    paged(server)
    page = browser(server)
    for answer in (page.get(f"/ack/{token}"), page.post(f"/ack/{token}")):
        assert answer.status_code in (404, 422)
        assert "<script>" not in answer.text


def test_a_page_is_shown_with_its_attempts_and_acknowledged_by_a_person(server: ApiServer) -> None:
    paged(server)
    commander, program = server.client("commander"), server.program("page:read", "page:write")
    page = commander.get("/pages").json()["items"][0]
    whole = commander.get(f"/pages/{page['id']}").json()
    assert [attempt["outcome"] for attempt in whole["attempts"]] == ["sending"]

    assert program.post(f"/pages/{page['id']}/acknowledgement").status_code == 403
    assert commander.post(f"/pages/{page['id']}/acknowledgement").status_code == 201
    assert commander.post("/pages/none/acknowledgement").status_code == 404


def test_schedules_overrides_and_swaps(server: ApiServer) -> None:
    ada, bo = server.client("commander", name="ada"), server.client("commander", name="bo")
    now = server.desk.clock()
    assert ada.get("/oncall").json() == [
        {"schedule": "first", "people": ["ada"]},
        {"schedule": "second", "people": ["bo"]},
    ]
    span = {"begins": now - 60, "ends": now + 3_600}

    made = ada.post("/oncall/schedules/first/overrides", json={"person": "dee", "reason": "ill", **span})
    assert made.status_code == 201
    assert ada.get("/oncall").json()[0]["people"] == ["dee"]
    assert ada.delete(f"/oncall/overrides/{made.json()['id']}").status_code == 204
    assert ada.get("/oncall/overrides").json() == []

    asked = ada.post("/oncall/schedules/first/swaps", json={"takes": "bo", **span}).json()
    decision = f"/oncall/swaps/{asked['id']}/decision"
    assert ada.post(decision, json={"state": "taken"}).status_code == 403
    assert ada.get("/oncall").json()[0]["people"] == ["ada"]
    assert bo.post(decision, json={"state": "taken"}).json()["state"] == "taken"
    assert ada.get("/oncall").json()[0]["people"] == ["bo"]
    assert bo.post(decision, json={"state": "declined"}).status_code == 409

    shown = ada.get("/oncall/schedules/first", params={"days": 1}).json()
    assert [(s["people"], s["ends"] - s["begins"]) for s in shown["shifts"]][1:] != []
    assert shown["gaps"] == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"person": "zoe"}, 422),
        ({"person": ""}, 422),
        ({"person": "dee", "ends": BEGIN - 1e9}, 422),
        ({"person": "dee", "ends": 1e300}, 422),
        ({"person": "dee", "more": 1}, 422),
    ],
)
def test_an_override_that_cannot_be_meant_is_refused(server: ApiServer, body: dict[str, object], status: int) -> None:
    now = server.desk.clock()
    whole = {"begins": now, "ends": now + 60, **body}
    assert server.client("commander").post("/oncall/schedules/first/overrides", json=whole).status_code == status


def test_a_calendar_goes_out_and_in(server: ApiServer) -> None:
    ada = server.client("commander", name="ada")
    sent = ada.get("/oncall/schedules/second/calendar", params={"days": 7})
    assert sent.headers["content-type"] == "text/calendar; charset=utf-8"

    taken = ada.post("/oncall/schedules/first/calendar", json={"content": sent.text, "days": 7})
    assert (taken.status_code, [each["person"] for each in taken.json()]) == (201, ["bo"])
    assert ada.get("/oncall").json()[0]["people"] == ["bo"]
    assert ada.post("/oncall/schedules/first/calendar", json={"content": "x"}).status_code == 422


def test_a_program_that_is_called_like_a_person_gets_none_of_his_pages(server: ApiServer) -> None:
    paged(server)
    page = server.client("responder", name="ada").get("/pages").json()["items"][0]
    person = page["person"]
    with server.desk.store.engine.begin() as connection:
        told = RestrictionChanged(is_restricted=True, codename="BLUE HERON", reason="an insider")
        now = server.desk.clock()
        incidents.record(connection, page["incident"], [told], actor=TOCSIN, occurred_at=now, now=now)

    his, program = server.client("responder", name=person), server.program("page:read", name=person)
    assert his.get(f"/pages/{page['id']}").status_code == 200
    assert program.get(f"/pages/{page['id']}").status_code == 404
    assert program.get("/pages").json()["items"] == []
