"""A page says who can contain what is hit, and what hangs on it; to whoever may not know, it says nothing."""

import msgspec

from incident_case import material
from tocsin.model.priority import Priority
from tocsin.respond.message import Message
from tocsin.respond.paging.page import Page, PageState
from tocsin.respond.paging.wording import BARE, page_message

CASE = material()
PAGE = Page(
    id="p1",
    incident=CASE.incident.id,
    person="ada",
    policy="protocol",
    step=1,
    round=1,
    priority=Priority.P1,
    reason="",
    state=PageState.PENDING,
    created_at=0.0,
)


def paged(clearance: str, tlp: str = "amber") -> Message:
    return page_message(
        msgspec.structs.replace(CASE.incident, tlp=tlp),
        PAGE,
        base="https://tocsin.example",
        token="t",  # noqa: S106 - of a test
        clearance=clearance,
        may_be_repeat=False,
        estate=CASE.estate,
    )


def test_the_first_calls_stand_in_the_page() -> None:
    facts = paged("amber").facts

    assert ("Hit", "Vault") in facts
    assert ("Depends on it", "app.acme.example") in facts
    assert [value for name, value in facts if name == "Contain"] == [
        "guardian can pause Vault: pause(), takes about 10 minutes",
        "Protocol team can move the funds to safety (Vault): only when the pause fails",
    ]
    assert ("Runbook", "https://wiki.example.org/vault") in facts


def test_whoever_may_not_know_is_told_nothing_of_it() -> None:
    told = paged("green", tlp="red")

    assert (told.text, told.facts) == (BARE, ())
