"""Working through alerts at the command line, as somebody would."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from findings_made import finding, write
from tocsin.edge.store.opening import open_store
from tocsin.model.finding import Severity


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tocsin: Callable[..., Any]) -> Callable[..., Any]:
    """The command in a folder with settings and two findings that wait."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TOCSIN_USER", "ada")
    Path("tocsin.toml").write_text('[respond]\nopen_from = "critical"\n')
    store = open_store("sqlite:///tocsin.db")
    some = [
        finding(1, transaction="0x0a", attacker="mallory"),
        finding(1, transaction="0x0b", severity=Severity.MEDIUM),
    ]
    write(store, 1, *some, at=time.time())
    store.close()
    return lambda *words: tocsin("alerts", *words)


def listed(run: Callable[..., Any], *words: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run("list", "--format", "json", *words).out.splitlines()]


def test_what_waits_is_shown_scored_before_anybody_triages_it(run: Callable[..., Any]) -> None:
    assert [each["state"] for each in listed(run)] == ["waiting", "waiting"]
    assert "2 not triaged yet" in run("list").err

    assert run("intake").code == 0
    assert [each["state"] for each in listed(run)] == ["new", "new"]
    assert len(listed(run, "--min-severity", "high")) == 1


def test_an_alert_is_taken_judged_and_counts_in_the_quality(run: Callable[..., Any]) -> None:
    run("intake")
    worst, _ = listed(run)
    ending = worst["alert"][-10:]
    assert "in_triage, with ada" in run("take", ending).err
    refused = run("verdict", "false_positve", ending)
    assert (refused.code, "did you mean false_positive" in refused.err) == (2, True)
    assert run("verdict", "false_positive", ending, "-r", "a router").code == 0
    shown = run("show", ending).out
    assert "a router" in shown
    assert "reopen" in shown
    (row,) = [json.loads(line) for line in run("quality", "--format", "json").out.splitlines()]
    assert (row["alerts"], row["verdicts"], row["unjudged"]) == (2, {"false_positive": 1}, 1)


def test_merged_alerts_are_taken_apart_and_one_is_escalated(run: Callable[..., Any]) -> None:
    run("intake")
    worst, other = (each["alert"] for each in listed(run))
    assert run("merge", other, "--into", worst).code == 0
    assert [each["times"] for each in listed(run)] == [2]
    assert run("unmerge", other).code == 0
    assert "escalated" in run("escalate", worst).err
    assert {each["state"] for each in listed(run)} == {"escalated", "in_triage"}


def test_a_suppression_of_what_is_high_asks_for_somebody_else(run: Callable[..., Any]) -> None:
    made = run("suppress", "detector = large-profit", "--days", "3", "--reason", "noise")
    assert "tocsin alerts approve" in made.err
    (rule,) = [json.loads(line) for line in run("suppressions", "--format", "json").out.splitlines()]
    assert run("approve", rule["suppression"]).code == 2
    assert run("approve", rule["suppression"], "--as", "bob").code == 0
    run("intake")
    assert listed(run) == []
    assert len(listed(run, "--state", "suppressed")) == 2
    assert run("end", rule["suppression"], "--reason", "it hid too much").code == 0
    assert "did you mean 'detector'" in run("suppress", "detektor = x", "--days", "1", "-r", "x").err


def test_somebody_writes_an_alert_of_what_no_detector_saw(run: Callable[..., Any]) -> None:
    assert run("report", "Somebody phoned", "--severity", "high", "--type", "phishing").code == 0
    found = [each for each in listed(run) if each["state"] != "waiting"]
    assert [(each["source"], each["title"]) for each in found] == [("people", "Somebody phoned")]
