"""Pages are answered by their link, once, and by name; looking changes nothing."""

import json

import pytest

from paged import House
from tocsin.app.paging.answering import answer_link, answer_page, look_up, page_of, pages_of
from tocsin.edge.store.pages import Wanted
from tocsin.model.actor import TOCSIN, Actor, ActorKind
from tocsin.model.errors import NotAllowed, NotFound, WrongState
from tocsin.respond.incident.events import Acknowledged, PageAnswered, StatusChanged
from tocsin.respond.paging.page import PageState

ADA, BO = Actor(ActorKind.USER, "ada"), Actor(ActorKind.USER, "bo")


@pytest.fixture
def store_url(sqlite_url: str) -> str:
    """One database is enough here."""
    return sqlite_url


def token(house: House) -> str:
    link: str = json.loads(house.hooks.requests[-1].body)["data"]["acknowledge_link"]
    return link.rpartition("/")[2]


def test_looking_at_a_link_changes_nothing(house: House) -> None:
    incident = house.declare()
    house.turn()
    before = house.events(incident)

    for _ in range(3):
        asked = look_up(house.desk, token(house))

    assert (asked.title, asked.number, asked.person, asked.is_over) == ("Vault drained", "INC-2026-0001", "ada", False)
    assert house.events(incident) == before


def test_a_link_acknowledges_once(house: House) -> None:
    incident = house.declare()
    house.turn()
    answer_link(house.desk, token(house))
    house.turn()

    assert [e.via for e in house.events(incident) if isinstance(e, Acknowledged)] == ["link"]
    assert [e.person for e in house.events(incident) if isinstance(e, PageAnswered)] == ["ada"]
    assert [page.state for page in house.pages()] == [PageState.ANSWERED]
    with pytest.raises(WrongState, match="used already"):
        answer_link(house.desk, token(house))
    assert look_up(house.desk, token(house)).is_over


def test_a_link_is_good_until_its_end(house: House) -> None:
    house.declare()
    house.turn()
    house.clock.now += 24 * 3600

    for act in (look_up, answer_link):
        with pytest.raises(WrongState, match="no longer good"):
            act(house.desk, token(house))


def test_what_was_never_given_out_is_no_link(house: House) -> None:
    house.declare()
    house.turn()

    for wrong in ("", "x", token(house)[:-3], token(house) + "=", "A" * 10_000):
        with pytest.raises(NotFound):
            answer_link(house.desk, wrong)


def test_after_the_end_there_is_nothing_to_acknowledge(house: House) -> None:
    incident = house.declare()
    house.turn()
    house.record(incident, StatusChanged(before="active", after="closed"))

    assert look_up(house.desk, token(house)).says == "INC-2026-0001 is closed."
    with pytest.raises(WrongState):
        answer_link(house.desk, token(house))


def test_somebody_else_answers_for_himself(house: House) -> None:
    incident = house.declare()
    house.turn()
    (page,) = house.pages()
    answer_page(house.desk, BO, page.id, "cli")
    house.turn()

    assert [page.state for page in house.pages()] == [PageState.SUPERSEDED]
    assert [e.via for e in house.events(incident) if isinstance(e, Acknowledged)] == ["cli"]
    with pytest.raises(NotAllowed, match="only a person"):
        answer_page(house.desk, TOCSIN, page.id, "cli")


def test_pages_of_a_restricted_incident_are_there_for_those_who_are_told(house: House) -> None:
    house.declare(is_restricted=True, codename="Blue Heron")
    house.turn()
    (page,) = house.pages()

    assert pages_of(house.desk, ADA, Wanted(), limit=10) == (page,)
    assert pages_of(house.desk, BO, Wanted(), limit=10) == ()
    assert page_of(house.desk, ADA, page.id).attempts[0].outcome == "delivered"
    for act in (lambda: page_of(house.desk, BO, page.id), lambda: answer_page(house.desk, BO, page.id, "api")):
        with pytest.raises(NotFound):
            act()


def test_a_long_list_comes_in_parts(house: House) -> None:
    for number in range(6):
        house.clock.now += 1
        house.declare(is_restricted=number % 2 == 0, codename="c")
        house.turn()

    first = pages_of(house.desk, BO, Wanted(person="ada"), limit=2)
    rest = pages_of(house.desk, BO, Wanted(person="ada"), limit=2, before=first[-1].id)
    assert [page.created_at for page in (*first, *rest)] == sorted(
        (p.created_at for p in house.pages()[::2]), reverse=True
    )
