"""The range on the command line: real attacks on real nodes, told as a user sees them."""

import json
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tocsin.app.exercise.kept import SHIPPED
from tocsin.exercise.catalogue import scenarios

pytestmark = [pytest.mark.anvil, pytest.mark.slow]
PAGE = (Path(__file__).parents[2] / "docs" / "range.md").read_text()
KEYS = {"recall", "twins_quiet", "false_alerts_per_1000", "scenarios"}
SCENARIO_KEYS = {
    "id",
    "detected",
    "detectors",
    "seconds_to_detection",
    "blocks_to_detection",
    "savable_at_detection",
    "twin_quiet",
}
LOST = "5,000,000 USDR"


@pytest.fixture
def range_(
    tocsin: Callable[..., Any], environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Any]:
    """Run `tocsin range ...` where the range is set up."""
    monkeypatch.setenv("TOCSIN_ANVIL", environment["TOCSIN_ANVIL"])
    return lambda *arguments: tocsin("range", *arguments)


def test_an_attack_is_told_block_by_block(range_: Callable[..., Any]) -> None:
    ran = range_("run", "oracle-aave")
    assert ran.code == 0, ran.err
    assert "▶ borrows ten million" in ran.out
    assert f"Lost: {LOST}" in ran.out
    assert re.search(r"Seen by (price-manipulation|flash-loan-exploit)", ran.out)
    assert "the same attack reverts: 29" in ran.out


def test_an_attack_is_watched_while_it_happens(range_: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """The attack is raised before it is mined and again after, and nothing is left in the temporary directory."""
    monkeypatch.setattr(tempfile, "tempdir", str(Path.cwd() / "temporary"))
    Path("temporary").mkdir()
    ran = range_("run", "oracle-aave", "--live", "--block-seconds", "0.3")
    assert ran.code == 0, ran.err
    assert ran.out.index("Pending: A contract") < ran.out.index("attacker calls run")
    assert re.search(r"price-manipulation: .* \(\d+ ms after its block\)", ran.out)
    assert re.search(r"Pending: A contract acted on a distorted price.* \(pending, not mined yet\)", ran.out)
    assert f"Lost: {LOST}" in ran.out
    assert not list(Path("temporary").iterdir())


def test_the_honest_twin_is_quiet(range_: Callable[..., Any]) -> None:
    ran = range_("run", "oracle-aave", "--twin")
    assert ran.code == 0, ran.err
    assert "high" not in ran.out


def test_a_score_for_programs(range_: Callable[..., Any]) -> None:
    ran = range_("score", "oracle-aave", "--ordinary", "0", "--format", "json")
    assert ran.code == 0, ran.err
    score = json.loads(ran.out)
    (scenario,) = score["scenarios"]
    assert set(score) >= KEYS
    assert set(scenario) >= SCENARIO_KEYS
    assert (scenario["detected"], scenario["twin_quiet"], score["recall"]) == (True, True, 1.0)


def test_what_is_recorded_scores_as_what_was_played(range_: Callable[..., Any]) -> None:
    recorded = range_("record", "oracle-aave", "--out", "kept", "--ordinary", "20")
    assert recorded.code == 0, recorded.err
    from_files = range_("score", "oracle-aave", "--recorded", "--recordings", "kept", "--format", "json")
    played = range_("score", "oracle-aave", "--ordinary", "20", "--format", "json")
    assert json.loads(from_files.out) == json.loads(played.out)


def test_the_scenario_on_the_page_plays(range_: Callable[..., Any]) -> None:
    """A file of somebody's own runs and scores the same way; what is missed is exit code 1."""
    own, *_ = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    Path("stolen_treasurer.py").write_text(own)
    ran = range_("run", "./stolen_treasurer.py")
    assert ran.code == 0, ran.err
    assert "▶ pays himself" in ran.out
    scored = range_("score", "./stolen_treasurer.py", "--ordinary", "0")
    assert "stolen-treasurer" in scored.out
    assert scored.code == (0 if "MISSED" not in scored.out and "LOUD" not in scored.out else 1)


def test_what_is_shipped_is_every_scenario(tocsin: Callable[..., Any]) -> None:
    """The recordings that are shipped can be scored without node and npm, and none is missing."""
    ran = tocsin("range", "score", "--all", "--recorded", "--format", "json")
    assert {each["id"] for each in json.loads(ran.out)["scenarios"]} == set(scenarios())
    assert "not recorded" not in ran.err
    assert (SHIPPED / "ordinary").is_dir()
