"""Live updates: who is connected sees what happens, once, in order, and only what he may see."""

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from api_server import ApiServer
from tocsin.app.serving import feed as feeds
from tocsin.app.serving.feed import Client, Feed
from tocsin.edge.store import journal
from tocsin.model.actor import TOCSIN, Actor, ActorKind
from tocsin.respond.access.caller import Caller
from tocsin.respond.access.roles import ROLES
from tocsin.respond.access.sight import may_see
from tocsin.respond.journal import Draft, Entry

ON_SQLITE = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)


def enter(api: ApiServer, *streams: str) -> list[int]:
    """Something happens in each of these streams; at which positions."""
    drafts = [
        Draft(stream=name, kind="said", actor=TOCSIN, occurred_at=1.0, data={"says": "a\nb\n\nid: 9"})
        for name in streams
    ]
    with api.desk.store.engine.begin() as connection:
        entries = journal.append(connection, drafts, now=2.0)
    api.desk.ring()
    return [entry.position for entry in entries]


@contextmanager
def listening(client: httpx.Client, **headers: str) -> Iterator[Iterator[dict[str, object]]]:
    """The events as they come; connected when the block begins."""
    with client.stream("GET", "/events", headers=headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.iter_lines()
        assert next(lines).startswith("retry:")
        yield (json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: "))


def test_what_happens_is_told_at_once_in_order_to_whoever_may_see_it(api: ApiServer) -> None:
    with listening(api.client("viewer")) as events:
        told = enter(api, "alert:a", "audit", "evidence:e", "incident:i", "unheard-of:x", "estate")
        seen = [next(events) for _ in range(3)]
    assert [event["stream"] for event in seen] == ["alert:a", "incident:i", "estate"]
    assert [event["position"] for event in seen] == [told[0], told[3], told[5]]
    assert seen[0]["data"] == {"says": "a\nb\n\nid: 9"}, "no text ends an event"


def test_who_comes_back_misses_nothing_and_sees_nothing_twice(api: ApiServer) -> None:
    first, *rest = enter(api, *(f"alert:{number}" for number in range(1_200)))
    viewer = api.client("viewer")
    with listening(viewer, **{"Last-Event-ID": str(first)}) as events:
        (new,) = enter(api, "alert:new")
        seen = [next(events)["position"] for _ in range(len(rest) + 1)]
    assert seen == [*rest, new]
    assert viewer.get("/events", headers={"Last-Event-ID": "x"}).status_code == 422


@ON_SQLITE
def test_it_ends_with_the_session(api: ApiServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tocsin.web.routes.events.HEARTBEAT_SECONDS", 0.1)
    ada, other = api.client("viewer", name="ada"), api.client("viewer", name="ada")
    with listening(ada) as events:
        other.delete("/session/list")
        assert list(events) == []


@ON_SQLITE
def test_nobody_opens_streams_without_end(api: ApiServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "MOST_OF_ONE", 1)
    viewer = api.client("viewer")
    with listening(viewer):
        assert viewer.get("/events").status_code == 429
        with listening(api.client("auditor")):
            pass


def caller(*scopes: str, name: str = "ada") -> Caller:
    return Caller(actor=Actor(ActorKind.USER, name), scopes=frozenset(scopes), session="s")


def entry(stream: str, position: int = 0) -> Entry:
    return Entry(
        stream=stream,
        kind="said",
        actor=TOCSIN,
        occurred_at=1.0,
        position=position,
        sequence=1,
        recorded_at=1.0,
        previous="",
    )


def test_a_restricted_incident_is_seen_by_its_viewers_alone() -> None:
    viewers = {"incident:secret": frozenset({"ada"})}
    assert may_see(caller("incident:read"), entry("incident:secret"), viewers)
    assert not may_see(caller("incident:read", name="eve"), entry("incident:secret"), viewers)
    assert not may_see(caller(name="ada"), entry("incident:secret"), viewers)
    program = Caller(actor=Actor(ActorKind.SERVICE, "ada"), scopes=frozenset({"incident:read"}), key="k")
    assert not may_see(program, entry("incident:secret"), viewers), "a program called like a viewer is none"
    assert may_see(program, entry("incident:open"), viewers)


@pytest.mark.parametrize("role", ROLES)
def test_nobody_sees_a_stream_without_its_scope(role: str) -> None:
    who = caller(*ROLES[role])
    assert may_see(who, entry("audit"), {}) is ("audit:read" in ROLES[role])
    assert may_see(who, entry("evidence:e"), {}) is ("evidence:read" in ROLES[role])
    assert not may_see(who, entry("pager:p"), {})


def test_who_reads_too_slowly_is_cut_off_and_keeps_what_came_before() -> None:
    client = Client(caller=caller("alert:read"), waiting=asyncio.Queue(2))
    for position in range(4):
        client.tell(entry("alert:a", position), {})
    assert client.is_cut
    assert [client.waiting.get_nowait().position for _ in range(client.waiting.qsize())] == [0, 1]


@ON_SQLITE
def test_who_has_gone_is_forgotten(api: ApiServer) -> None:
    feed: Feed = api.application.state.feed
    with listening(api.client("viewer")):
        assert len(feed.clients) == 1
    gone = threading.Event()
    for _ in range(200):
        if not feed.clients:
            gone.set()
            break
        enter(api, "alert:a")
        threading.Event().wait(0.02)
    assert gone.is_set()
