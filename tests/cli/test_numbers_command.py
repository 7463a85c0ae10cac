"""Numbers at the command line."""

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tocsin.cli.render.numbers import to_csv
from tocsin.edge import clock
from tocsin.edge.store import incidents
from tocsin.edge.store.opening import open_store
from tocsin.model.actor import TOCSIN, Actor, ActorKind
from tocsin.model.priority import Priority
from tocsin.respond.incident import events
from tocsin.respond.numbers.figures import Wanted, figures
from tocsin.respond.numbers.subjects import Gathered
from tocsin.respond.triage.quality import Judged, quality

SETTINGS = '[store]\nurl = "sqlite:///here.db"\n[estate]\nfile = "estate.toml"\n'
ESTATE = """
[[person]]
id = "ada"
name = "Ada"

[[team]]
id = "core"
name = "Core"
members = ["ada"]

[[host]]
id = "gateway"
name = "The gateway"
owner = "ada"
criticality = "high"
"""


@pytest.fixture
def told(tocsin: Callable[..., Any]) -> None:
    """Two incidents: one of the core team, answered in time; an exercise that nobody answered."""
    Path("tocsin.toml").write_text(SETTINGS)
    Path("estate.toml").write_text(ESTATE)
    at = clock.now() - 7_200
    declare(at, "real", events.AssetsIdentified(assets=("gateway",), directly=("gateway",)))
    declare(at, "drill", exercise="=spring")


def declare(at: float, name: str, *more: events.Event, exercise: str = "") -> None:
    first = events.Declared(
        number="",
        title="Drain",
        type="exploit",
        priority=Priority.P1,
        because=("value is leaving",),
        rule="loss",
        detected_at=at,
        began_at=at - 60,
        exercise=exercise,
    )
    ada = Actor(ActorKind.USER, "ada")
    store = open_store("sqlite:///here.db")
    with store.engine.begin() as connection:
        told = [first, *more]
        incidents.declare(connection, incident=name, events=told, actor=TOCSIN, occurred_at=at, now=at)
        if not exercise:
            answer = [events.Acknowledged(via="cli")]
            incidents.record(connection, name, answer, actor=ada, occurred_at=at + 120, now=at + 120)
    store.close()


def test_numbers_for_people(tocsin: Callable[..., Any], told: None) -> None:
    ran = tocsin("numbers")
    assert ran.code == 0, ran.err
    assert "MTTD" in ran.out
    assert "1 incident (P1 1" in ran.out
    assert "100%" in ran.out


def test_numbers_for_programs_and_spreadsheets(tocsin: Callable[..., Any], told: None) -> None:
    ran = tocsin("numbers", "--format", "json", "--by", "month", "--team", "core")
    (month,) = map(json.loads, ran.out.splitlines())
    assert month["durations"]["acknowledge"] == {"count": 1, "median": 180.0, "mean": 180.0, "p90": 180.0}
    response = {each["clock"]: each for each in month["clocks"]}["response"]
    assert (response["met"], response["share_met"]) == (1, 1.0)

    ran = tocsin("numbers", "--format", "csv", "--exercises")
    rows = list(csv.DictReader(io.StringIO(ran.out)))
    breached = [row for row in rows if row["name"] == "response" and row["number"] == "breached"]
    assert [row["value"] for row in breached] == ["1"]


def test_what_is_not_there_is_named(tocsin: Callable[..., Any], told: None) -> None:
    ran = tocsin("numbers", "--team", "cor")
    assert (ran.code, "did you mean 'core'" in ran.err) == (2, True)
    ran = tocsin("numbers", "--from", "2026-03-01T10:00")
    assert (ran.code, "no zone" in ran.err) == (2, True)
    ran = tocsin("numbers", "--from", "2000-01-01", "--to", "2000-02-01")
    assert "0 incidents" in ran.out


def test_a_name_that_a_spreadsheet_would_run_is_text() -> None:
    hostile = Judged(detector="=HYPERLINK(1)", verdict="benign", reason="r", alerts=1, oldest=0.0)
    (empty,) = figures(Gathered(), Wanted(), now=1.0)
    written = to_csv([replace(empty, quality=tuple(quality([hostile], now=1.0)))])
    names = {row["name"] for row in csv.DictReader(io.StringIO(written)) if row["subject"] == "source"}
    assert names == {"'=HYPERLINK(1)"}
