"""Killed at any point, the pager goes on: each page is sent at least once, and says when it may be a repeat."""

import asyncio
import json
import tempfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channel_servers import HttpServer, http_server
from paged import House, house_of
from tocsin.app.paging.pager import Job
from tocsin.edge.store.opening import open_store

LAST_STEP = {"ada", "bo", "chen", "dee"}
POINTS = ("before the commit", "before sending", "after sending", "nowhere")


def killed(house: House, point: str) -> None:
    """One pass of a process that dies there; another one begins."""
    if point == "before the commit":
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("tocsin.edge.store.journal.acted_on", _die)
            patch.setattr("tocsin.app.paging.pager._is_due", lambda *_: True)
            with pytest.raises(KeyboardInterrupt):
                house.pager._transact(32)
    elif point == "nowhere":
        house.turn()
        return
    else:
        jobs = house.pager._transact(32).jobs
        if point == "after sending":
            asyncio.run(_send(house, jobs))
    house.restart()


def _die(*_: object) -> None:
    raise KeyboardInterrupt


async def _send(house: House, jobs: tuple[Job, ...]) -> None:
    """They arrive, and nobody lives to write it down."""
    await asyncio.gather(*(house.pager._told(job) for job in jobs))


def play(house: House, hooks: HttpServer, lives: list[tuple[str, int]]) -> None:
    incident = house.declare()
    for point, seconds in lives:
        killed(house, point)
        house.clock.now += seconds
    house.run_for(minutes=12, step_seconds=30)

    pages = house.pages()
    assert len({page.key for page in pages}) == len(pages)
    assert {page.person for page in pages} == LAST_STEP
    assert {page.incident for page in pages} == {incident.id}
    told = [(json.loads(request.body), request.path) for request in hooks.requests]
    assert {page.id for page in pages} == {each["id"] for each, _ in told}
    times = Counter((each["id"], path) for each, path in told)
    repeats = Counter((each["id"], path) for each, path in told if each["data"]["may_be_repeat"])
    assert all(repeats[way] >= count - 1 for way, count in times.items()), "what is sent again says so"


@settings(max_examples=8)
@given(st.lists(st.tuples(st.sampled_from(POINTS), st.integers(0, 200)), min_size=1, max_size=5))
def test_after_a_death_at_any_point_pages_go_on(lives: list[tuple[str, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder, http_server() as hooks:
        store = open_store(f"sqlite:///{folder}/tocsin.db")
        try:
            play(house_of(store, Path(folder), hooks), hooks, lives)
        finally:
            store.close()
