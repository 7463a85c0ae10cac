"""The page on paging: its on-call file is read, and covers every moment of a year."""

import re
from pathlib import Path

from tocsin.respond.oncall.shifts import DAY_SECONDS, gaps
from tocsin.respond.paging.policy import Mode
from tocsin.respond.paging.reading import parse

PAGE = Path(__file__).parents[1] / "docs" / "paging.md"
BEGIN = 1_780_300_800.0
"""2026-06-01."""


def test_the_example_is_read_and_leaves_no_gap() -> None:
    _, text = re.findall(r"```toml\n(.*?)```", PAGE.read_text(), re.DOTALL)
    plan = parse(text, "docs/paging.md")

    assert {rule.policy for rule in plan.rules} == set(plan.policies)
    for schedule in plan.schedules.values():
        assert gaps(schedule, BEGIN, BEGIN + 366 * DAY_SECONDS) == ()


def test_every_mode_and_target_has_its_words() -> None:
    page = PAGE.read_text()

    for mode in Mode:
        assert f"| `{mode}` |" in page
    for target in ("person:ID", "schedule:ID", "team:ID", "role:NAME", "signers:ID", "everyone"):
        assert f"`{target}`" in page
