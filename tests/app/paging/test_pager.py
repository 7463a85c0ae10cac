"""The pager, with a virtual clock, on both databases, through a real HTTP server."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from channel_servers import HttpServer, answer
from paged import House, house_of
from tocsin.edge.store import journal, pages
from tocsin.edge.store.opening import Store
from tocsin.model.actor import TOCSIN
from tocsin.respond.incident.events import (
    PageFailed,
    PageQueued,
    PagingStopped,
    StatusChanged,
)
from tocsin.respond.journal import Draft
from tocsin.respond.paging.page import PageState


def test_a_p1_that_nobody_acknowledges_goes_up_level_by_level(house: House) -> None:
    """Reference: incident response, 4.5, test 1."""
    incident = house.declare()
    house.turn()
    assert house.told() == [(0, "hook/ada")]

    house.run_for(minutes=11)

    hooks = [told for told in house.told() if told[1].startswith("hook/")]
    assert hooks == [(2, "hook/ada"), (5, "hook/bo"), (10, "hook/chen"), (10, "hook/dee")]
    queued = [(e.step, e.person) for e in house.events(incident) if isinstance(e, PageQueued)]
    assert queued == [(0, "ada"), (1, "ada"), (2, "bo"), (3, "chen"), (3, "dee")]


def test_an_acknowledgement_cancels_what_is_pending(house: House) -> None:
    incident = house.declare()
    house.turn()
    house.clock.now += 60
    house.acknowledge(incident, "ada")
    house.turn()
    house.told()

    house.run_for(minutes=25)

    assert house.told() == []
    assert PagingStopped(policy="critical", reason="ada acknowledged") in house.events(incident)
    assert [p.state for p in house.pages()] == [PageState.ANSWERED]


def test_closing_cancels_everything(house: House) -> None:
    incident = house.declare()
    house.turn()
    house.record(incident, StatusChanged(before="active", after="resolved"))
    house.turn()
    house.told()

    house.run_for(minutes=12)

    assert house.told() == []
    assert {p.state for p in house.pages()} == {PageState.SUPERSEDED}


def test_a_process_that_was_away_pages_at_once_and_skips_nothing(house: House) -> None:
    """Reference: incident response, 4.5, test 2."""
    incident = house.declare()
    house.turn()
    house.told()

    house.restart()
    house.clock.now += 9 * 60
    house.turn()

    assert {told for told in house.told() if told[1].startswith("hook")} == {(9, "hook/ada"), (9, "hook/bo")}
    house.run_for(minutes=1)
    assert (10, "hook/chen") in house.told()
    queued = [(e.step, e.person) for e in house.events(incident) if isinstance(e, PageQueued)]
    assert queued == [(0, "ada"), (1, "ada"), (2, "bo"), (3, "chen"), (3, "dee")]


def test_a_channel_that_fails_is_tried_again_then_the_next_way_then_the_next_people(house: House) -> None:
    """Reference: incident response, 4.5, test 8: every attempt is a row."""
    house.hooks.always = answer(500)
    incident = house.declare()
    house.run_for(minutes=1.5, step_seconds=5)

    page = house.pages(person="ada")[-1]
    tried = [(a.channel, a.outcome) for a in pages.attempts(house.store.engine, page.id)]
    assert [channel for channel, _ in tried] == ["hook"] * 4 + ["spare"] * 4
    assert {outcome for _, outcome in tried} == {"busy"}
    assert page.state is PageState.FAILED
    assert any(isinstance(e, PageFailed) and e.person == "ada" for e in house.events(incident))
    assert {"paging:channel:hook", "paging:channel:spare", "paging:person:ada"} <= set(house.alerts())

    queued = [e for e in house.events(incident) if isinstance(e, PageQueued)]
    assert queued[1].step == 1  # it does not wait for its time
    house.hooks.always = None
    house.run_for(minutes=1)
    assert "paging:channel:hook" not in house.alerts()
    assert "paging:person:ada" not in house.alerts()


def test_killed_between_claim_and_answer_it_is_sent_again_and_says_so(house: House) -> None:
    house.declare()
    claimed = house.pager._transact(32)
    assert len(claimed.jobs) == 1

    house.restart()
    house.turn()
    assert house.told() == []  # the other process may still be alive
    house.run_for(minutes=0.5)

    (request,) = house.hooks.requests
    assert json.loads(request.body)["data"]["may_be_repeat"] is True
    (page,) = house.pages()
    assert [a.outcome for a in pages.attempts(house.store.engine, page.id)] == ["unknown", "delivered"]


def test_what_was_not_committed_is_done_again_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed before the commit: no page, no entry; the next pass does it."""
    incident = house.declare()

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("tocsin.app.paging.escalating.Turn.enter", killed)
    with pytest.raises(KeyboardInterrupt):
        house.pager._transact(32)
    monkeypatch.undo()
    assert house.pages() == ()

    house.restart()
    house.turn()
    assert house.told() == [(0, "hook/ada")]
    assert len([e for e in house.events(incident) if isinstance(e, PageQueued)]) == 1


def test_two_pagers_do_not_page_twice(house: House) -> None:
    other = replace(house.pager, sending=set(), directory=None)
    house.declare()
    jobs = [*house.pager._transact(32).jobs, *other._transact(32).jobs]

    assert len(jobs) == 1


def test_everybody_signs_for_himself_and_a_quorum_is_enough(store: Store, hooks: HttpServer, tmp_path: Path) -> None:
    plan = """
    [[policy]]
    id = "signers"
    step = [
      { to = ["person:dee"] },
      { to = ["signers:treasury"], mode = "quorum", needed = 2, again = "1 min" },
    ]
    [[when]]
    policy = "signers"
    """
    house = house_of(store, tmp_path, hooks, plan=plan)
    incident = house.declare()
    house.turn()
    assert house.told() == [(0, "hook/ada"), (0, "hook/bo"), (0, "hook/chen"), (0, "hook/dee")]

    house.acknowledge(incident, "dee")
    house.acknowledge(incident, "ada")
    house.run_for(minutes=1, step_seconds=30)
    assert house.told() == [(1, "hook/bo"), (1, "hook/chen")]

    house.acknowledge(incident, "chen")
    house.run_for(minutes=5, step_seconds=30)
    assert house.told() == []


def test_an_entry_that_cannot_be_acted_on_stops_nobody_elses_pages(house: House) -> None:
    of_nothing = Draft(stream="incident:none", kind="declared", actor=TOCSIN, occurred_at=1.0, data={"newer": 1})
    with house.store.engine.begin() as connection:
        journal.append(connection, [of_nothing], now=house.clock.now)
    house.declare()
    house.turn()

    assert house.told() == [(0, "hook/ada")]
    assert "incident:none, entry 1 (declared)" in house.alerts()["paging:defect"]
