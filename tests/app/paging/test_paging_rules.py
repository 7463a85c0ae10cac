"""What the pager does about what happens to an incident, with a virtual clock, through a real HTTP server."""

import json
from pathlib import Path

import pytest

from channel_servers import HttpServer, answer, drop
from paged import ESTATE, PLAN, House, house_of
from tocsin.app.paging.pager import Job
from tocsin.edge.store.opening import Store
from tocsin.model.priority import Priority
from tocsin.respond.incident.events import (
    AlertUnlinked,
    Classified,
    ClockBreached,
    NoteWritten,
    PageSent,
    PagingStopped,
    RoleAssigned,
    StatusChanged,
)

PAGES_ONE_WAY = ESTATE.replace('  { channel = "spare", address = "ada", after_seconds = 90 },\n', "")


@pytest.fixture
def store_url(sqlite_url: str) -> str:
    """One database is enough here: `test_pager.py` has both."""
    return sqlite_url


def test_a_program_cannot_acknowledge(house: House) -> None:
    incident = house.declare()
    house.turn()
    house.acknowledge(incident, "")  # as tocsin itself
    house.run_for(minutes=3)

    assert [told for told in house.told() if told[0] == 2] == [(2, "hook/ada")]


def test_a_reopened_incident_is_told_again(house: House) -> None:
    incident = house.declare()
    house.acknowledge(incident, "ada")
    house.record(incident, StatusChanged(before="active", after="closed"))
    house.turn()
    assert house.told() == []

    house.record(incident, StatusChanged(before="closed", after="reopened", reason="it goes on"))
    house.turn()

    assert house.told() == [(0, "hook/ada")]


def test_the_second_way_comes_after_its_delay_while_nobody_answers(house: House) -> None:
    house.declare()
    house.turn()
    house.told()
    house.run_for(minutes=1.75)

    assert house.told() == [(1.5, "spare/ada")]


def test_a_channel_that_refuses_is_not_tried_again(house: House) -> None:
    house.hooks.tricks = [answer(404)]
    house.declare()
    house.turn()

    assert house.told() == [(0, "hook/ada"), (0, "spare/ada")]


def test_a_channel_is_given_the_time_it_asks_for(house: House) -> None:
    house.hooks.tricks = [answer(429, Retry_After="40")]
    house.declare()
    house.turn()
    assert house.told() == [(0, "hook/ada"), (0, "spare/ada")]  # the next way does not wait so long
    house.run_for(minutes=0.5)
    assert house.told() == []
    house.run_for(minutes=0.25)
    assert house.told() == [(0.75, "hook/ada")]


def test_who_may_have_got_it_is_told_that_it_may_be_a_repeat(house: House) -> None:
    house.hooks.tricks = [drop]
    incident = house.declare()
    house.turn()
    house.run_for(minutes=0.25)

    sent = [json.loads(r.body) for r in house.hooks.requests]
    assert [each["data"]["may_be_repeat"] for each in sent] == [False, True]
    assert sent[0]["id"] == sent[1]["id"]
    assert [e.may_be_repeat for e in house.events(incident) if isinstance(e, PageSent)] == [True]


def test_a_raised_priority_is_told_anew_though_somebody_has_it(house: House) -> None:
    incident = house.declare(Priority.P2)
    house.turn()
    assert house.told() == [(0, "hook/bo")]
    house.clock.now += 20 * 60
    house.acknowledge(incident, "bo")
    house.record(incident, Classified(type="exploit", priority=Priority.P1, because=("funds were lost",), rule="loss"))
    house.turn()

    assert (20, "hook/ada") in house.told()


def test_a_lowered_priority_ends_the_louder_policy(house: House) -> None:
    incident = house.declare()
    house.turn()
    house.clock.now += 60
    house.record(incident, Classified(type="other", priority=Priority.P3, because=("no loss",), rule=""), by="ada")
    house.turn()
    house.told()
    house.run_for(minutes=12)

    assert not [told for told in house.told() if told[1] in ("hook/chen", "hook/dee")]
    assert [e.policy for e in house.events(incident) if isinstance(e, PagingStopped)] == ["critical"]


def test_each_of_a_multi_ack_step_is_told_until_he_answers(store: Store, hooks: HttpServer, tmp_path: Path) -> None:
    plan = """
    [[policy]]
    id = "all"
    step = [{ to = ["person:ada", "person:dee"], mode = "multi_ack", again = "2 min" }]
    [[when]]
    policy = "all"
    """
    house = house_of(store, tmp_path, hooks, plan=plan, estate=PAGES_ONE_WAY)
    incident = house.declare()
    house.turn()
    house.acknowledge(incident, "ada")
    house.run_for(minutes=4.5, step_seconds=30)
    assert house.told() == [(0, "hook/ada"), (0, "hook/dee"), (2, "hook/dee"), (4, "hook/dee")]

    house.acknowledge(incident, "dee")
    house.run_for(minutes=5, step_seconds=30)
    assert house.told() == []


def test_without_a_plan_everybody_is_told_and_it_is_an_alarm(store: Store, hooks: HttpServer, tmp_path: Path) -> None:
    house = house_of(store, tmp_path, hooks, plan="")
    house.declare()
    house.turn()

    assert {who for _, who in house.told()} == {"hook/ada", "hook/bo", "hook/chen", "hook/dee"}
    assert "no policy is set up" in house.alerts()["paging:default"]


def test_that_nobody_can_be_told_is_an_alarm(store: Store, hooks: HttpServer, tmp_path: Path) -> None:
    house = house_of(store, tmp_path, hooks, plan="", estate="")
    house.declare()
    house.turn()

    assert "nobody can be told" in house.alerts()["paging:nobody"]


def test_a_step_that_reaches_nobody_brings_the_next_one_now(store: Store, hooks: HttpServer, tmp_path: Path) -> None:
    plan = PLAN.replace('people = ["ada"]', 'people = ["zoe"]')
    house = house_of(store, tmp_path, hooks, plan=plan)
    incident = house.declare()
    house.turn()

    assert house.told() == [(0, "hook/bo")]
    skipped = [e for e in house.events(incident) if isinstance(e, PagingStopped)]
    assert [(e.step, e.reason) for e in skipped] == [
        (0, "nobody to tell: schedule:first: zoe is nobody of the estate"),
        (1, "nobody to tell: schedule:first: zoe is nobody of the estate"),
    ]
    assert "paging:step:critical:0" in house.alerts()


def test_a_restricted_incident_is_told_by_its_codename(house: House) -> None:
    house.declare(is_restricted=True, codename="Blue Heron", tlp="red")
    house.turn()

    (request,) = house.hooks.requests
    told = json.loads(request.body)["data"]
    assert told["title"] == "Blue Heron"
    assert "Vault" not in request.body.decode()
    assert "WETH" not in request.body.decode()
    assert told["acknowledge_link"].startswith("http://127.0.0.1:8420/api/v1/ack/")


def test_what_is_too_confidential_for_the_person_is_left_out_but_he_is_told(house: House) -> None:
    house.declare(tlp="red")
    house.turn()

    (request,) = house.hooks.requests
    assert "Vault" not in request.body.decode()
    assert json.loads(request.body)["data"]["title"].startswith("INC-2026-")


def test_a_p1_without_progress_is_told_again(house: House) -> None:
    incident = house.declare()
    house.turn()
    house.acknowledge(incident, "ada")
    house.turn()
    house.told()
    house.clock.now += 20 * 60
    house.record(incident, NoteWritten(note="n", text="pausing"), by="ada")
    house.run_for(minutes=15, step_seconds=60)
    assert house.told() == []

    house.run_for(minutes=16, step_seconds=60)

    assert (50, "hook/ada") in house.told()


def test_after_all_rounds_it_is_an_alarm_that_nobody_answered(house: House) -> None:
    incident = house.declare(Priority.P3)
    house.turn()
    assert "paging:unanswered:INC-2026-0001" in house.alerts()

    house.acknowledge(incident, "bo")
    house.turn()
    assert "paging:unanswered:INC-2026-0001" not in house.alerts()


def test_a_breached_clock_is_told_to_whoever_leads(house: House) -> None:
    incident = house.declare()
    house.acknowledge(incident, "ada")
    house.record(incident, RoleAssigned(role="commander", person="dee"), by="dee")
    house.turn()
    house.told()
    breached = ClockBreached(clock="c", definition="containment", due_at=1.0, noticed_at=2.0)
    house.record(incident, breached)
    house.turn()

    assert house.told() == [(0, "hook/dee")]


def test_who_is_given_a_role_hears_of_it(house: House) -> None:
    incident = house.declare()
    house.acknowledge(incident, "ada")
    house.turn()
    house.told()
    house.record(incident, RoleAssigned(role="scribe", person="dee"), by="ada")
    house.record(incident, RoleAssigned(role="commander", person="ada"), by="ada")
    house.turn()

    assert house.told() == [(0, "hook/dee")]


def test_a_plan_that_is_changed_counts_at_once_and_a_wrong_one_not_at_all(house: House) -> None:
    file = house.folder / "oncall.toml"
    file.write_text(PLAN.replace('people = ["ada"]', 'people = ["dee"]'))
    house.declare()
    house.turn()
    assert house.told() == [(0, "hook/dee")]

    file.write_text("schedule = 1")
    house.declare()
    house.turn()
    assert house.told() == [(0, "hook/dee")]
    assert "oncall.toml" in house.alerts()["paging:files"]


def test_other_entries_ask_for_nothing(house: House) -> None:
    incident = house.declare(Priority.P4)
    house.turn()
    house.told()
    house.record(incident, AlertUnlinked(alert="a", reason="another"))
    house.turn()

    assert house.told() == []


def test_a_channel_that_hangs_holds_up_nobody_on_another(house: House) -> None:
    """So many pages hang that all there is room for would be taken; the other channel is told meanwhile."""
    for _ in range(40):
        house.declare()
    claims: list[Job] = []
    for _ in range(4):
        jobs = house.pager._transact(32 - len(claims)).jobs
        claims += jobs
        house.pager.by_channel.update(job.claim.channel for job in jobs)
    assert house.pager.by_channel == {"hook": 16}

    house.clock.now += 90
    later = house.pager._transact(32 - len(claims)).jobs

    assert {job.claim.channel for job in later} == {"spare"}


def test_what_cannot_be_put_into_words_wakes_somebody_all_the_same(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("tocsin.app.paging.jobs.page_message", broken)
    house.declare()
    house.turn()

    (request,) = house.hooks.requests
    told = json.loads(request.body)["data"]
    assert (told["address"], told["title"], told["priority"]) == ("ada", "An incident", "P1")
    assert "/ack/" in told["acknowledge_link"]
    assert "ZeroDivisionError" in house.alerts()["paging:defect"]
