"""What follows a page where a channel can use it, and what a clock that warns pages, on both databases."""

import json

import pytest

from channel_servers import HttpServer, answer
from paged import KEY, House
from tocsin.app.telling.file import parse_channels
from tocsin.app.telling.teller import Remembered, Teller
from tocsin.edge.sending.sender import Sender
from tocsin.edge.store import pages
from tocsin.model.priority import Priority
from tocsin.respond.incident.events import ClockStarted, ClockWarned, Merged, RoleAssigned, StatusChanged
from tocsin.respond.incident.incident import Incident

CHANNELS = """
[channel.hook]
kind = "pagerduty"
allow_private = true
url = "{url}/duty"
routing_key = "R0UT1NG"

[channel.spare]
kind = "webhook"
allow_private = true
url = "{url}/spare"
key = "{key}"
"""


@pytest.fixture
def duty(house: House) -> House:
    """The same organisation; its people are paged through a service that can take pages back."""
    file = parse_channels(CHANNELS.format(url=house.hooks.url, key=KEY), "channels.toml", {})
    house.pager.teller = Teller(file, Sender().send, house.clock, Remembered())
    return house


def actions(hooks: HttpServer) -> list[tuple[str, str]]:
    """What was asked of the service about which incident, then forgotten."""
    bodies = [json.loads(request.body) for request in hooks.requests if request.path == "/duty"]
    hooks.requests.clear()
    return [(body["event_action"], body["dedup_key"]) for body in bodies]


def test_who_was_paged_is_told_that_somebody_has_it_and_that_it_is_over(duty: House) -> None:
    incident = duty.declare()
    duty.turn()
    assert actions(duty.hooks) == [("trigger", incident.id)]

    duty.acknowledge(incident, "ada")
    duty.turn()
    assert actions(duty.hooks) == [("acknowledge", incident.id)]

    duty.acknowledge(incident, "bo")
    duty.turn()
    assert actions(duty.hooks) == [], "it was said already"

    duty.record(incident, StatusChanged(before="active", after="resolved"))
    duty.record(incident, StatusChanged(before="resolved", after="closed"))
    duty.turn()
    assert actions(duty.hooks) == [("resolve", incident.id)]


def test_notes_are_attempts_and_no_pages(duty: House) -> None:
    incident = duty.declare()
    duty.turn()
    duty.acknowledge(incident, "ada")
    duty.turn()

    (page,) = duty.pages()
    tried = pages.attempts(duty.store.engine, page.id)
    assert [(each.channel, each.outcome) for each in tried] == [("hook", "sent"), ("hook", "sent")]
    assert page.state == "answered"
    told = [event for event in duty.events(incident) if type(event).__name__ == "PageSent"]
    assert len(told) == 1


def test_only_those_who_were_paged_hear_of_it(duty: House) -> None:
    incident = duty.declare(Priority.P2)
    duty.acknowledge(incident, "bo")
    duty.turn()

    assert actions(duty.hooks) == []


def test_a_note_that_is_not_taken_is_tried_again_and_wakes_nobody(duty: House) -> None:
    incident = duty.declare()
    duty.turn()
    duty.hooks.tricks[:] = [answer(500), answer(500)]
    duty.acknowledge(incident, "ada")
    duty.run_for(minutes=1)

    asked = actions(duty.hooks)
    assert asked == [("trigger", incident.id)] + [("acknowledge", incident.id)] * 3
    assert {page.person for page in duty.pages()} == {"ada"}


def test_a_note_that_is_never_taken_is_given_up_and_told(duty: House) -> None:
    incident = duty.declare()
    duty.turn()
    duty.hooks.always = answer(500)
    duty.acknowledge(incident, "ada")
    duty.run_for(minutes=5)

    assert len(actions(duty.hooks)) == 1 + 4
    assert "paging:channel:hook" in duty.alerts()
    assert [page.state for page in duty.pages()] == ["answered"], "the page itself had been taken"


def test_what_goes_on_elsewhere_is_taken_back(duty: House) -> None:
    incident, other = duty.declare(), duty.declare(Priority.P4)
    duty.turn()
    actions(duty.hooks)
    duty.record(incident, Merged(into=other.id, reason="the same attack"))
    duty.turn()

    assert actions(duty.hooks) == [("resolve", incident.id)]


def test_a_channel_that_makes_nothing_of_notes_gets_none(house: House) -> None:
    incident = house.declare()
    house.turn()
    house.told()
    house.acknowledge(incident, "ada")
    house.turn()

    assert house.told() == []


def _warn(house: House, incident: Incident) -> None:
    now = house.clock.now
    started = ClockStarted(clock="c:contain", definition="contain", started_at=now, due_at=now + 600)
    house.record(incident, started, ClockWarned(clock="c:contain", definition="contain", due_at=now + 600))
    house.turn()


def test_a_clock_that_is_about_to_be_breached_pages_who_leads(house: House) -> None:
    incident = house.declare()
    house.acknowledge(incident, "ada")
    house.record(incident, RoleAssigned(role="commander", person="chen"), by="chen")
    house.turn()
    house.told()

    _warn(house, incident)
    house.run_for(minutes=1)

    assert house.told() == [(0, "hook/chen")]
    (page,) = house.pages(person="chen")
    assert page.reason.startswith("the clock contain is due 2026-06-01 08:10:00 UTC")


def test_without_a_leader_it_pages_who_acknowledged(house: House) -> None:
    incident = house.declare()
    house.turn()
    house.acknowledge(incident, "bo")
    house.turn()
    house.told()

    _warn(house, incident)

    assert house.told() == [(0, "hook/bo")]


def test_where_nobody_has_it_it_pages_the_first_step(house: House) -> None:
    incident = house.declare(Priority.P2)
    house.turn()
    house.run_for(minutes=2)
    house.told()

    _warn(house, incident)

    assert [person for _, person in house.told()] == ["hook/bo"]
