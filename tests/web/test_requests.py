"""What every request gets: pages, idempotency, audit, limits, readiness."""

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from api_server import ApiServer, much, running, settings_for
from tocsin.app.access import users as access_users
from tocsin.edge.store import journal
from tocsin.edge.store.opening import Store
from tocsin.model.errors import StoreFull
from tocsin.respond.access.attempts import Buckets
from tocsin.respond.journal import AUDIT
from tocsin.web.asking import MOST_ITEMS
from tocsin.web.limits import Limits

ON_SQLITE = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
"""What does not depend on the database is tried on one."""


def of_audit(api: ApiServer) -> list[tuple[str, str, object]]:
    entries = journal.stream(api.desk.store.engine, AUDIT)
    return [(entry.kind, str(entry.actor), entry.data.get("object")) for entry in entries]


@ON_SQLITE
def test_a_defect_is_logged_and_told_without_details(api: ApiServer, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("of /etc/secret")

    monkeypatch.setattr(access_users, "users", broken)
    answer = api.client("admin").get("/users", headers={"X-Request-ID": "my-request-1"})
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "my-request-1" in answer.json()["request_id"]
    logged = json.loads(api.log.getvalue().splitlines()[-1])
    assert (logged["request_id"], logged["path"]) == ("my-request-1", "/api/v1/users")
    assert "ZeroDivisionError" in logged["exception"]


def test_pages_follow_one_another_without_holes(api: ApiServer) -> None:
    names = sorted(f"user{number:02}" for number in range(25))
    for name in names:
        api.user(name, "viewer")
    admin = api.client("admin", name="zz-admin")
    seen, cursor = [], ""
    while cursor is not None:
        part = admin.get("/users", params={"limit": 10, "cursor": cursor}).json()
        seen += [user["id"] for user in part["items"]]
        cursor = part["next"]
    assert seen == [*names, "zz-admin"]
    assert admin.get("/users", params={"limit": MOST_ITEMS + 1}).status_code == 422
    assert admin.get("/users", params={"cursor": "%%%"}).status_code == 422


def test_the_same_key_does_it_once_and_answers_the_same(api: ApiServer) -> None:
    admin = api.client("admin")
    body = {"name": "ci", "scopes": ["alert:read"]}
    first = admin.post("/keys", json=body, headers={"Idempotency-Key": "a"})
    again = admin.post("/keys", json=body, headers={"Idempotency-Key": "a"})
    other = admin.post("/keys", json={**body, "name": "cd"}, headers={"Idempotency-Key": "a"})

    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 422)
    assert again.content == first.content
    assert again.headers["idempotency-replayed"] == "true"
    assert len(admin.get("/keys").json()["items"]) == 1
    with api.desk.store.engine.begin() as connection:
        kept = connection.execute(sa.text("SELECT body FROM answers")).scalar_one()
    assert first.json()["secret"].encode() not in bytes(kept)

    api.clock.ahead += 25 * 3600
    admin = api.client("admin")
    assert admin.post("/keys", json=body, headers={"Idempotency-Key": "a"}).status_code == 201
    assert len(admin.get("/keys").json()["items"]) == 2


@ON_SQLITE
def test_keys_of_two_callers_are_two(api: ApiServer) -> None:
    for name in ("one", "two"):
        body = {"name": name, "scopes": ["alert:read"]}
        made = api.client("admin", name=name).post("/keys", json=body, headers={"Idempotency-Key": "same"})
        assert made.json()["key"]["name"] == name


def test_what_is_asked_at_the_same_time_with_one_key_is_done_once(api: ApiServer) -> None:
    admin = api.client("admin")

    def ask(_: int) -> int:
        body = {"id": "bob", "roles": ["viewer"]}
        return admin.post("/users", json=body, headers={"Idempotency-Key": "b"}).status_code

    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(ask, range(16)))
    assert set(got) <= {201, 409}
    assert 201 in got
    assert [entry for entry in of_audit(api) if entry[0] == "user_added"] == [("user_added", "user:admin", "user:bob")]


@ON_SQLITE
def test_what_was_refused_may_be_tried_again_with_its_key(api: ApiServer) -> None:
    viewer = api.client("viewer", name="ada")
    body, headers = {"name": "ci", "scopes": ["alert:read"]}, {"Idempotency-Key": "c"}
    assert viewer.post("/keys", json=body, headers=headers).status_code == 403
    api.client("admin").patch("/users/ada", json={"roles": ["admin"]})
    assert viewer.post("/keys", json=body, headers=headers).status_code == 201


def test_every_write_is_in_the_audit_before_and_after(api: ApiServer) -> None:
    admin = api.client("admin")
    headers = {"X-Request-ID": "request-77", "traceparent": f"00-{'ab' * 16}-{'cd' * 8}-01"}
    answer = admin.post("/users", json={"id": "bob", "roles": ["viewer"]}, headers=headers)
    told = [entry for entry in of_audit(api) if entry[1] == "user:admin"]
    assert [kind for kind, *_ in told] == ["request_began", "user_added", "request_ended"]
    found = api.client("auditor").get("/audit", params={"request_id": "request-77"}).json()["items"]
    assert len(found) == 3
    ended, added, began = found
    assert began["data"]["scope"] == "user:write"
    assert added["object"] == "user:bob"
    assert {entry["address"] for entry in found} == {"127.0.0.1"}
    assert ended["after"] == hashlib.sha256(answer.content).hexdigest()
    assert ended["data"]["trace_id"] == "ab" * 16


@ON_SQLITE
def test_every_denial_is_in_the_audit(api: ApiServer) -> None:
    api.client("viewer", name="eve").get("/users")
    api.anonymous().get("/users")
    assert [entry for entry in of_audit(api) if entry[0] == "request_refused"] == [
        ("request_refused", "user:eve", "/api/v1/users"),
        ("request_refused", "service:anonymous", "/api/v1/users"),
    ]


@ON_SQLITE
def test_nothing_is_done_that_cannot_be_recorded(api: ApiServer, monkeypatch: pytest.MonkeyPatch) -> None:
    admin = api.client("admin")

    def away(*_: object, **__: object) -> None:
        raise StoreFull("no room")

    monkeypatch.setattr(journal, "append", away)
    answer = admin.post("/users", json={"id": "bob", "roles": ["viewer"]})
    refused = api.client("viewer", name="eve").get("/users")
    monkeypatch.undo()

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert refused.status_code == 503
    assert admin.get("/users/bob").status_code == 404


def test_the_audit_is_asked_by_who_what_and_when(api: ApiServer) -> None:
    for name in ("ada", "bob"):
        api.client("viewer", name=name).get("/users")
    api.clock.ahead += 1000
    api.client("viewer", name="ada").get("/keys")
    auditor = api.client("auditor")

    def found(**asked: object) -> list[str]:
        return [entry["object"] for entry in auditor.get("/audit", params=asked).json()["items"]]  # type: ignore[arg-type] # numbers and texts

    assert found(actor="user:ada") == ["/api/v1/keys", "/api/v1/users"]
    assert found(object="/api/v1/users", actor="user:bob") == ["/api/v1/users"]
    assert found(since=api.clock() - 500) == ["/api/v1/keys"]
    assert found(until=api.clock() - 500, actor="user:ada") == ["/api/v1/users"]
    assert found(action="nothing") == []
    first = auditor.get("/audit", params={"limit": 1}).json()
    second = auditor.get("/audit", params={"limit": 1, "cursor": first["next"]}).json()
    assert first["items"][0]["sequence"] == second["items"][0]["sequence"] + 1


@ON_SQLITE
def test_who_asks_too_much_waits(store: Store, tmp_path: Path) -> None:
    few = Buckets(per_second=0.01, burst=3.0)
    with running(store, settings_for(tmp_path), limits=Limits(callers=few, addresses=much(), denials=much())) as api:
        viewer = api.client("viewer")
        got = [viewer.get("/version").status_code for _ in range(5)]
        waits = viewer.get("/version")
        assert api.client("auditor").get("/version").status_code == 200
    assert got == [200, 200, 200, 429, 429]
    assert int(waits.headers["retry-after"]) > 1


@ON_SQLITE
def test_who_is_denied_too_often_no_longer_fills_the_audit(store: Store, tmp_path: Path) -> None:
    few = Buckets(per_second=0.001, burst=3.0)
    with running(store, settings_for(tmp_path), limits=Limits(callers=much(), addresses=much(), denials=few)) as api:
        nobody = api.anonymous()
        got = [nobody.get("/users").status_code for _ in range(6)]
        assert len(of_audit(api)) == 3
    assert got == [401, 401, 401, 429, 429, 429]


def test_a_follower_that_is_far_behind_makes_it_unready(api: ApiServer) -> None:
    with api.desk.store.engine.begin() as connection:
        connection.execute(sa.text("INSERT INTO followers (name, position) VALUES ('pager', 0)"))
        connection.execute(sa.text("UPDATE journal_size SET size = 20000"))
    assert api.anonymous().get("/health/ready").status_code == 503
    told = api.client("viewer").get("/health").json()["followers"]
    assert told == [{"name": "pager", "behind": 20_000}]
