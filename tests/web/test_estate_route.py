"""The estate over the API: listed in parts, changed at the version that was seen, and asked what an address is."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from api_server import ApiServer, running, settings_for
from estates import ACME, ORACLE
from tocsin.edge.store.opening import open_store
from tocsin.respond.estate.reading import parse as parse_estate

BASE = "/estate"
HOST = {"kind": "host", "owner": "protocol", "criticality": "high", "depends_on": ["guardian"]}


@pytest.fixture
def server(sqlite_url: str, tmp_path: Path) -> Iterator[ApiServer]:
    (tmp_path / "estate.toml").write_text(ACME)
    store = open_store(sqlite_url)
    with running(store, settings_for(tmp_path, f'[estate]\nfile = "{tmp_path}/estate.toml"')) as made:
        yield made
    store.close()


@pytest.fixture
def api(server: ApiServer) -> httpx.Client:
    return server.program("estate:read", "estate:write")


def test_the_items_come_in_parts_each_once(api: httpx.Client) -> None:
    found, cursor = [], ""
    while cursor is not None:
        part = api.get(f"{BASE}/items", params={"limit": 4, "cursor": cursor}).json()
        found += [item["id"] for item in part["items"]]
        cursor = part["next"]

    assert found == sorted(["acme", "ada", "ben", "protocol", "guardian", "acm", "feed", "vault", "front-end"])
    only = api.get(f"{BASE}/items", params={"kind": "person"}).json()["items"]
    assert [item["id"] for item in only] == ["ada", "ben"]


def test_an_item_is_put_seen_changed_and_removed(api: httpx.Client) -> None:
    put = api.put(f"{BASE}/items/signing-host", json=HOST, headers={"If-Match": '"0"'})
    assert (put.status_code, put.headers["ETag"], put.json()["changed_by"]) == (200, '"1"', "service:program")

    seen = api.get(f"{BASE}/items/signing-host")
    assert (seen.headers["ETag"], seen.json()["depends_on"]) == ('"1"', ["guardian"])

    late = api.put(f"{BASE}/items/signing-host", json=HOST, headers={"If-Match": '"0"'})
    assert (late.status_code, late.headers["content-type"]) == (412, "application/problem+json")

    assert api.delete(f"{BASE}/items/signing-host", headers={"If-Match": '"1"'}).status_code == 204
    assert api.get(f"{BASE}/items/signing-host").status_code == 404
    assert api.delete(f"{BASE}/items/feed").status_code == 409, "the vault hangs on it"


def test_what_cannot_be_meant_is_told_with_the_nearest_right_spelling(api: httpx.Client) -> None:
    refused = api.put(f"{BASE}/items/signing-host", json={**HOST, "owner": "protocl"})

    assert refused.status_code == 422
    assert "did you mean 'protocol'?" in refused.json()["detail"]
    assert api.put(f"{BASE}/items/signing-host", json={**HOST, "colour": "red"}).status_code == 422


def test_how_people_are_reached_is_told_to_those_who_may_change_it(api: httpx.Client, server: ApiServer) -> None:
    reader = server.program("estate:read", name="reader")

    assert api.get(f"{BASE}/items/ada").json()["contacts"][0]["address"] == "12345"
    assert reader.get(f"{BASE}/items/ada").json()["contacts"] is None
    assert "12345" not in reader.get(f"{BASE}/items").text
    assert reader.get(f"{BASE}/file").status_code == 403
    assert reader.put(f"{BASE}/items/x", json=HOST).status_code == 403


def test_an_address_is_told_with_what_hangs_on_it(api: httpx.Client) -> None:
    told = api.get(f"{BASE}/hit", params={"address": ORACLE, "chain_id": 1}).json()

    assert (told["directly"], told["depending"]) == (["feed"], ["vault", "front-end"])
    assert (told["criticality"], told["owners"]) == ("critical", ["acme", "protocol"])
    assert told["says"][0].startswith("ETH price (oracle, low) is hit")
    assert api.get(f"{BASE}/hit", params={"address": "vault"}).status_code == 422


def test_what_a_get_gives_can_be_put_again(api: httpx.Client) -> None:
    extra = ("id", "version", "changed_at", "changed_by", "holdings")
    for item in ("vault", "ada", "protocol", "guardian"):
        seen = api.get(f"{BASE}/items/{item}").json()
        again = api.put(f"{BASE}/items/{item}", json={name: seen[name] for name in seen if name not in extra})
        assert again.status_code == 200, again.text

    assert parse_estate(api.get(f"{BASE}/file").text, "file") == parse_estate(ACME, "estate.toml")
