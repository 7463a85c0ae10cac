"""What protects the API whatever the store is: problems, pages, hosts, origins, headers, bounds."""

import http.client
from collections.abc import Callable, Iterator
from typing import Annotated

import httpx
import pytest
from fastapi import APIRouter
from hypothesis import given
from hypothesis import strategies as st

from api_server import PASSWORD, ApiServer, running, settings_for
from tocsin.edge.store.opening import open_store
from tocsin.model import errors
from tocsin.model.errors import ExtensionError, StoreFull, TocsinError
from tocsin.web import api as web_api
from tocsin.web.asking import Caller, Page, _opened, _sealed, needs
from tocsin.web.problems import STATUSES, of_error, status_of


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    """One server for all: nothing here depends on what is in the store."""
    folder = tmp_path_factory.mktemp("protection")
    store = open_store(f"sqlite:///{folder}/tocsin.db")
    with running(store, settings_for(folder)) as made:
        yield made
    store.close()


def test_every_class_of_error_has_a_status_by_its_class() -> None:
    told = {
        kind.__name__: status_of(kind("words", 1.0) if kind is errors.TooOften else kind("words"))
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, TocsinError)
    }
    assert {name: told[name].value for name in ("NotFound", "NotAllowed", "Unauthenticated", "WrongState")} == {
        "NotFound": 404,
        "NotAllowed": 403,
        "Unauthenticated": 401,
        "WrongState": 409,
    }
    assert (told["Outdated"], told["Unacceptable"], told["MalformedInput"]) == (412, 422, 400)
    assert (told["StoreFull"], told["StoreUnavailable"], told["RateLimited"]) == (503, 503, 502)
    assert told["SettingError"] == 500
    assert all(status in STATUSES.values() or status == 500 for status in told.values())


def test_what_asks_later_is_told_when() -> None:
    assert of_error(StoreFull("full"), "r").headers["retry-after"] == "5"
    assert of_error(errors.TooOften("wait", 7.2), "r").headers["retry-after"] == "7"
    assert of_error(errors.Unauthenticated("who"), "r").headers["www-authenticate"] == "Bearer"


def test_a_problem_is_one_of_rfc_9457(api: ApiServer) -> None:
    answer = api.client("admin").get("/users/nobody")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told["type"] == "urn:tocsin:problem:not-found"
    assert (told["title"], told["status"]) == ("Not Found", 404)
    assert told["request_id"] == answer.headers["x-request-id"]


def test_what_is_wrong_with_a_body_is_told_without_repeating_it(api: ApiServer) -> None:
    secret = "hunter2" * 200
    answer = api.anonymous().post("/session", json={"user": "ada", "password": secret})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["where"] == "body.password"
    assert "hunter2" not in answer.text


@given(st.text(min_size=1))
def test_a_cursor_comes_back_as_it_was(place: str) -> None:
    if place.isprintable():
        assert _opened(_sealed(place)) == place


@given(st.lists(st.integers(), max_size=20), st.integers(min_value=1, max_value=10))
def test_there_is_a_next_part_exactly_when_there_is_more(items: list[int], limit: int) -> None:
    page = Page("", limit)
    listing = page.listing(items[: page.fetch], str)
    assert (listing.next is not None) is (len(items) > limit)
    assert listing.items == items[:limit]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"X-Tocsin-Request": "1"}, 204),
        ({}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1:8420"}, 204),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 204),
        ({"Origin": "https://evil.example", "X-Tocsin-Request": "1"}, 403),
    ],
)
def test_another_site_cannot_act_with_the_cookie(api: ApiServer, headers: dict[str, str], status: int) -> None:
    ada = api.client("viewer", name="ada")
    del ada.headers["X-Tocsin-Request"]
    assert ada.delete("/session", headers=headers).status_code == status


def test_another_site_cannot_log_a_browser_in(api: ApiServer) -> None:
    api.user("eve", "viewer")
    forged = api.anonymous(Origin="https://evil.example")
    assert forged.post("/session", json={"user": "eve", "password": PASSWORD}).status_code == 403


def test_a_host_that_is_not_ours_is_not_answered(api: ApiServer) -> None:
    assert api.anonymous(Host="evil.example").get("/health/live").status_code == 421
    assert api.anonymous(Host="localhost:1").get("/health/live").status_code == 200


def test_a_browser_is_told_to_trust_nothing(api: ApiServer) -> None:
    headers = api.anonymous().get("/health/live").headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert (headers["x-content-type-options"], headers["x-frame-options"]) == ("nosniff", "DENY")
    assert (headers["referrer-policy"], headers["cache-control"]) == ("no-referrer", "no-store")
    assert "server" not in headers


def test_bodies_are_bounded(api: ApiServer) -> None:
    admin = api.client("admin")
    large = {"id": "bob", "roles": [], "name": "x" * 1_100_000}
    assert admin.post("/users", json=large).status_code == 413
    assert admin.post("/users", json=large, headers={"Idempotency-Key": "x"}).status_code == 413


def test_a_request_id_that_could_forge_a_log_is_not_taken(api: ApiServer) -> None:
    nobody = api.anonymous()
    assert nobody.get("/health/live", headers={"X-Request-ID": "ticket-4711"}).headers["x-request-id"] == "ticket-4711"
    forged = nobody.get("/health/live", headers={"X-Request-ID": 'a"} {"level": "error'})
    assert "level" not in forged.headers["x-request-id"]


def test_the_character_of_code_nought_is_refused_wherever_it_stands(api: ApiServer) -> None:
    admin = api.client("admin")
    assert admin.post("/users", json={"id": "bob", "name": "a\0b", "roles": []}).status_code == 422
    assert admin.get("/users/a%00b").status_code == 422
    assert admin.get("/audit", params={"actor": "a\0b"}).status_code == 422


def test_what_is_no_http_or_json_is_no_defect(api: ApiServer) -> None:
    admin = api.client("admin")
    for content in (b"", b"[", b"null", b"\xff\xfe", b"[" * 50_000, b'{"id": "\\ud800"}'):
        answer = admin.post("/users", content=content, headers={"Content-Type": "application/json"})
        assert answer.status_code in (400, 422), content[:20]
    connection = http.client.HTTPConnection(api.address.host, api.address.port, timeout=10)
    connection.request("GET", "/api/v1/version", headers={"Cookie": 'tocsin="\x01;;;=; tocsin'})
    assert connection.getresponse().status == 401
    connection.close()


def test_the_reference_is_there_for_people_and_from_nowhere_else(api: ApiServer) -> None:
    page = api.anonymous().get("/docs").text
    assert "GET /api/v1/audit" in page
    assert "http://" not in page
    assert "https://" not in page
    assert "<script" not in page


def test_health_says_little_to_those_who_are_unknown(api: ApiServer) -> None:
    nobody = api.anonymous()
    assert nobody.get("/health/live").json() == {"status": "ok"}
    assert nobody.get("/health/ready").json() == {"status": "ok"}
    assert nobody.get("/health").status_code == 401
    assert api.client("viewer").get("/health").json()["alerts"] == []


def test_a_route_that_does_not_say_what_it_needs_stops_the_start() -> None:
    router = APIRouter()

    def silent() -> None: ...

    def twice(_a: Annotated[Caller, needs("self")], _b: Annotated[Caller, needs("alert:read")]) -> None: ...

    routes: list[Callable[..., None]] = [silent, twice]
    for function in routes:
        router.add_api_route(f"/{function.__name__}", function)
    for route in router.routes:
        with pytest.raises(ExtensionError, match="exactly one needs"):
            web_api._declare(route)


def test_answers_of_the_client_are_not_followed_by_ours(api: ApiServer) -> None:
    """Two requests on one connection are two: nothing of a refused body is read as the next request."""
    with httpx.Client(base_url=api.url) as client:
        large = client.post("/session", content=b"x" * 1_200_000, headers={"Content-Type": "application/json"})
        assert large.status_code == 413
        assert client.get("/health/live").status_code == 200
