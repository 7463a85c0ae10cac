"""Clocks at the command line, on a store of its own, with the time that it is."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tocsin.edge import clock
from tocsin.edge.store import incidents
from tocsin.edge.store.opening import open_store
from tocsin.model.actor import TOCSIN
from tocsin.model.priority import Priority
from tocsin.respond.incident import events

SETTINGS = '[store]\nurl = "sqlite:///here.db"\n[respond]\nregimes = ["gdpr", "mas"]\n'
NUMBER = "INC-2026-0001"


@pytest.fixture
def incident(tocsin: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> str:
    """An incident that was declared twenty minutes ago, in the folder that commands run in."""
    monkeypatch.setenv("TOCSIN_USER", "ada")
    Path("tocsin.toml").write_text(SETTINGS)
    at = clock.now() - 1_200
    told = events.Declared(
        number="",
        title="Drain",
        type="exploit",
        priority=Priority.P1,
        because=("value is leaving",),
        rule="loss",
        detected_at=at,
    )
    store = open_store("sqlite:///here.db")
    with store.engine.begin() as connection:
        state = incidents.declare(connection, incident="i", events=[told], actor=TOCSIN, occurred_at=at, now=at)
    store.close()
    return state.number


def test_open_clocks_are_shown_with_what_is_late_first(tocsin: Callable[..., Any], incident: str) -> None:
    ran = tocsin("clocks", "list")
    assert ran.code == 0
    assert ran.out.index(f"{incident}:acknowledge") < ran.out.index(f"{incident}:response")
    assert "breached: 15 min" in ran.out
    assert "4 clocks open, 2 late" in ran.err


def test_what_programs_read_has_the_seconds_left(tocsin: Callable[..., Any], incident: str) -> None:
    ran = tocsin("clocks", "list", "--format", "json", "--incident", incident)
    clocks = {each["definition"]: each for each in map(json.loads, ran.out.splitlines())}
    assert clocks["response"]["state"] == "breached"
    assert -330 < clocks["response"]["seconds_left"] <= -300
    assert clocks["contain"]["is_open"] is True


def test_a_duty_from_its_trigger_to_its_submission(tocsin: Callable[..., Any], incident: str) -> None:
    ran = tocsin("clocks", "show", incident)
    assert "Undecided" in ran.err
    assert "not legal advice" in ran.err
    ran = tocsin("clocks", "trigger", incident, "aware", "--why", "names of customers were read", "--at", "10m ago")
    assert ran.code == 0, ran.err
    assert "71 h" not in ran.out  # in days
    assert "2 d 23 h left" in ran.out
    ran = tocsin("clocks", "submit", incident, "gdpr-33", "--what", "form on the authority's site")
    assert "met after 10 min" in ran.out
    ran = tocsin("clocks", "not-reportable", incident, "mas", "--why", "no service there")
    assert ran.code == 0
    assert "mas-psn05" not in ran.out + ran.err


def test_pausing_resuming_waiving(tocsin: Callable[..., Any], incident: str) -> None:
    ran = tocsin("clocks", "pause", f"{incident}:response", "--while", "external_party", "--reason", "r")
    assert ran.code == 2
    assert "may not stand still" in ran.err
    ran = tocsin(
        "clocks", "pause", f"{incident}:contain", "--while", "external_party", "--reason", "the bridge answers"
    )
    assert ran.code == 0, ran.err
    assert "is paused" in ran.err
    assert "is running" in tocsin("clocks", "resume", f"{incident}:contain").err
    ran = tocsin("clocks", "waive", f"{incident}:response", "--reason", "a test of the line")
    assert "waived after a breach" in ran.err
    assert "is waived" in tocsin("clocks", "show", f"{incident}:response").out or ran.code == 0


def test_the_rules_say_how_long_from_when_and_how_well_they_are_known(
    tocsin: Callable[..., Any], incident: str
) -> None:
    ran = tocsin("clocks", "rules", "--format", "json")
    rules = {each["id"]: each for each in map(json.loads, ran.out.splitlines())}
    assert rules["dora-initial"]["how_long"] == "4h, and at most 24h from aware"
    assert rules["dora-initial"]["runs"] is False
    assert rules["gdpr-33"]["runs"] is True
    assert rules["sec-8k"]["how_long"] == "4 business days, until 17:30 in America/New_York"
    assert rules["response"]["how_long"] == "P1 15m, P2 1h, P3 4h, P4 24h"
    assert rules["circia-incident"]["is_in_force"] is False
    shown = tocsin("clocks", "rules")
    assert "not in force" in shown.out
    assert "not legal advice" in shown.err


@pytest.mark.parametrize(
    ("at", "says"), [("2026-03-02T10:00", "no zone"), ("soon", "no moment"), ("2031-01-01T00:00Z", "future")]
)
def test_a_moment_that_is_none_is_named(tocsin: Callable[..., Any], incident: str, at: str, says: str) -> None:
    ran = tocsin("clocks", "trigger", incident, "aware", "--why", "w", "--at", at)
    assert ran.code == 2
    assert says in ran.err
