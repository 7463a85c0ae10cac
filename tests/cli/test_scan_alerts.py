"""Alerts of a scan: what findings make together counts for the exit code, and is written in the forms it has."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

RULE = """\
title: A call with the stage {stage}
id: staged-{stage}
status: stable
level: medium
logsource: {{product: evm, category: call}}
detection:
  root: {{depth: 0}}
  condition: root
tags: ["stage:{stage}"]
tests:
  - {{says: a root, matches: true, rows: [{{depth: 0}}]}}
  - {{says: none, matches: false, rows: [{{depth: 1}}]}}
"""


@pytest.fixture
def staged(workplace: Path) -> list[str]:
    """A scan of a transaction in which three rules see a stage each."""
    folder = workplace / "staged"
    folder.mkdir()
    for stage in ("funding", "preparation", "laundering"):
        (folder / f"{stage}.yml").write_text(RULE.format(stage=stage))
    names = "staged-funding,staged-preparation,staged-laundering"
    return ["scan", "transaction.json", "--rules", "staged", "--detectors", names]


def test_an_alert_that_is_worse_than_its_findings_fails_where_alerts_are_asked_for(
    staged: list[str], tocsin: Callable[..., Any]
) -> None:
    assert tocsin(*staged, "--fail-on", "high").code == 0
    assert tocsin(*staged, "--fail-on", "medium").code == 3
    assert tocsin(*staged, "--alerts", "--fail-on", "critical").code == 3
    assert tocsin(*staged, "--alerts").code == 0


def test_alerts_as_json_name_every_finding_and_stage(staged: list[str], tocsin: Callable[..., Any]) -> None:
    (alert,) = map(json.loads, tocsin(*staged, "--alerts", "--format", "json").out.splitlines())
    assert alert["severity"] == "critical"
    assert alert["stages"] == ["funding", "preparation", "laundering"]
    assert {reason["detector"] for reason in alert["reasons"]} == set(staged[-1].split(","))


def test_alerts_are_not_written_as_sarif(staged: list[str], tocsin: Callable[..., Any]) -> None:
    result = tocsin(*staged, "--alerts", "--format", "sarif")
    assert (result.code, result.out) == (2, "")
    assert "--format json" in result.err
