"""A request with an Idempotency-Key whose process died: it is told how it ended, and nothing is done twice."""

import httpx
import pytest
import sqlalchemy as sa

from api_server import ApiServer
from tocsin.app.access.audit import Trace, draft, record
from tocsin.edge.store import answers
from tocsin.edge.store.schema.access import answers as kept
from tocsin.model.actor import Actor, ActorKind
from tocsin.web.ledger import SETTLED_SECONDS

BODY, KEY = {"name": "ci", "scopes": ["alert:read"]}, {"Idempotency-Key": "k"}


@pytest.fixture
def admin(api: ApiServer) -> httpx.Client:
    return api.client("admin")


def cut_off(api: ApiServer, request_id: str) -> None:
    """The answer to the one key is not there: the process of this request died before it kept it."""
    new = {"status": None, "body": b"", "headers": {answers.REQUEST_ID: request_id}}
    with api.desk.store.engine.begin() as connection:
        connection.execute(sa.update(kept).values(new))


def ask(admin: httpx.Client, **headers: str) -> httpx.Response:
    return admin.post("/keys", json=BODY, headers={**KEY, **headers})


def keys(admin: httpx.Client) -> int:
    return len(admin.get("/keys").json()["items"])


def test_at_first_it_may_still_be_done_and_when_to_ask_again_is_told(api: ApiServer, admin: httpx.Client) -> None:
    ask(admin)
    cut_off(api, "never-1")
    soon = ask(admin)
    assert soon.status_code == 409
    assert 0 < int(soon.headers["Retry-After"]) <= SETTLED_SECONDS


def test_what_never_began_is_done_now(api: ApiServer, admin: httpx.Client) -> None:
    ask(admin)
    cut_off(api, "never-1")
    api.clock.ahead += SETTLED_SECONDS + 1
    again = ask(admin)
    assert (again.status_code, keys(admin)) == (201, 2)
    assert ask(admin).content == again.content
    assert keys(admin) == 2


def test_what_was_done_is_said_to_be_and_not_done_again(api: ApiServer, admin: httpx.Client) -> None:
    ask(admin, **{"X-Request-ID": "request-1"})
    cut_off(api, "request-1")
    api.clock.ahead += SETTLED_SECONDS + 1
    again = ask(admin)
    assert (again.status_code, keys(admin)) == (409, 1)
    assert "was done, with status 201" in again.json()["detail"]
    assert "/audit?request_id=request-1" in again.json()["detail"]


def test_what_began_and_did_not_end_is_not_done_again(api: ApiServer, admin: httpx.Client) -> None:
    ask(admin)
    who = Actor(ActorKind.USER, "admin")
    record(api.desk, [draft(api.desk, who, "request_began", "/api/v1/keys", trace=Trace(request_id="died-1"))])
    cut_off(api, "died-1")
    api.clock.ahead += SETTLED_SECONDS + 1
    again = ask(admin)
    assert (again.status_code, keys(admin)) == (409, 1)
    assert "it was done, or not" in again.json()["detail"]


def test_an_answer_is_not_given_again_to_whoever_lost_the_right_to_it(api: ApiServer, admin: httpx.Client) -> None:
    other = api.client("admin", name="other")
    assert ask(other).status_code == 201
    assert ask(other).headers["idempotency-replayed"] == "true"
    admin.patch("/users/other", json={"roles": ["viewer"]})
    assert ask(other).status_code == 403
