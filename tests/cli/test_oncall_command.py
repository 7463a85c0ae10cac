"""On call and pages at the command line, as somebody who is on call would type it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from channel_servers import HttpServer, http_server
from paged import ESTATE, KEY, PLAN

Tocsin = Callable[..., Any]
FILES = '[store]\nurl = "sqlite:///here.db"\n[estate]\nfile = "estate.toml"\non_call = "oncall.toml"\n'
LATER = ("--from", "2150-06-01T09:00", "--to", "2150-06-02T09:00")


@pytest.fixture
def told(tocsin: Tocsin, monkeypatch: pytest.MonkeyPatch) -> Tocsin:
    """A folder with an estate, a plan, and nobody who was ever paged."""
    monkeypatch.setenv("TOCSIN_USER", "ada")
    Path("tocsin.toml").write_text(FILES)
    Path("estate.toml").write_text(ESTATE)
    Path("oncall.toml").write_text(PLAN)
    return tocsin


@pytest.fixture
def hooks(told: Tocsin) -> Any:
    with http_server() as server:
        Path("tocsin.toml").write_text(FILES + 'channels = "channels.toml"\n')
        shared = f'kind = "webhook"\nallow_private = true\nurl = "{server.url}"\nkey = "{KEY}"\n'
        Path("channels.toml").write_text(f"[channel.hook]\n{shared}[channel.spare]\n{shared}")
        yield server


def test_who_is_on_call_is_said(told: Tocsin) -> None:
    ran = told("oncall", "now", "--format", "json")
    assert [json.loads(line) for line in ran.out.splitlines()] == [
        {"schedule": "first", "people": ["ada"]},
        {"schedule": "second", "people": ["bo"]},
    ]
    assert "ada" in told("oncall", "show", "first", "--days", "7").out
    assert told("oncall", "gaps").code == 0


def test_a_gap_is_told_and_fails(told: Tocsin) -> None:
    hours = 'people = ["ada"]\nhours = [{ days = "mon-fri" }]'
    Path("oncall.toml").write_text(PLAN.replace('people = ["ada"]', hours))
    ran = told("oncall", "gaps", "first", "--days", "7")

    assert (ran.code, "1 gap" in ran.err or "2 gaps" in ran.err) == (1, True)


def test_an_override_is_made_shown_and_taken_back(told: Tocsin) -> None:
    ran = told("oncall", "override", "first", "bo", *LATER, "--instead-of", "ada", "--reason", "dentist")
    assert ran.code == 0, ran.err
    override = ran.err.split()[1].rstrip(":")
    assert "dentist" in told("oncall", "show", "first").out

    assert told("oncall", "remove", override).code == 0
    assert "dentist" not in told("oncall", "show", "first").out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("frist", "bo", *LATER), "did you mean 'first'"),
        (("first", "boo", *LATER), "did you mean 'bo'"),
        (("first", "bo", "--to", "2001-01-01T00:00"), "must end after"),
        (("first", "bo", "--to", "soon"), "is no moment"),
    ],
)
def test_what_cannot_be_meant_is_named(told: Tocsin, arguments: tuple[str, ...], says: str) -> None:
    ran = told("oncall", "override", *arguments)
    assert (ran.code, says in ran.err) == (2, True), ran.err


def test_a_swap_holds_once_it_is_taken(told: Tocsin) -> None:
    ran = told("oncall", "swap", "first", "bo", *LATER)
    decide = ran.err.split("tocsin ")[1].split()
    refused = told(*decide)
    assert (refused.code, "only bo may decide" in refused.err) == (2, True)

    assert told(*decide, "--as", "bo").code == 0
    assert "taken" in told("oncall", "show", "first").out


def test_a_calendar_goes_out_and_comes_in(told: Tocsin) -> None:
    assert told("oncall", "export", "second", "--output", "second.ics").code == 0
    ran = told("oncall", "import", "second.ics", "--schedule", "first")
    assert (ran.code, "1 override made" in ran.err) == (0, True), ran.err
    assert '["bo"]' in told("oncall", "now", "--format", "json").out.splitlines()[0]

    Path("wrong.ics").write_text("hello")
    wrong = told("oncall", "import", "wrong.ics", "--schedule", "first")
    assert (wrong.code, "not iCalendar" in wrong.err) == (2, True), wrong.err


def test_contacts_are_tested_checked_and_signers_counted(told: Tocsin, hooks: HttpServer) -> None:
    untested = told("oncall", "check")
    assert (untested.code, "not tested" in " ".join(untested.out.split())) == (0, True), untested.out

    ran = told("oncall", "test")
    assert (ran.code, len(hooks.requests)) == (0, 7), ran.err
    assert told("oncall", "check", "--format", "json").out == ""

    reach = told("oncall", "reach")
    assert (reach.code, "0 of 2, missed" in reach.out) == (1, True)


def test_without_channels_the_check_fails(told: Tocsin) -> None:
    ran = told("oncall", "check")
    assert (ran.code, "no channel is set up" in " ".join(ran.out.split())) == (1, True), ran.out


def test_no_pages_are_shown_as_none(told: Tocsin) -> None:
    assert "0 pages." in told("pages", "list").err
    shown = told("pages", "show", "none")
    assert (shown.code, "there is no page 'none'" in shown.err) == (2, True)
