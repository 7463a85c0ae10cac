"""docs/triage.md says what the tables in the code say, and its commands are ones there are."""

import re
from pathlib import Path

from tocsin.cli.commands.alerts import command
from tocsin.respond.triage.machine import TRANSITIONS, Act
from tocsin.respond.triage.suppression import parse
from tocsin.respond.triage.verdicts import DEFINITIONS

PAGE = (Path(__file__).parent.parent / "docs" / "triage.md").read_text()
WORDS = {"ack": Act.ACKNOWLEDGE, "verdict": Act.JUDGE}


def test_verdicts_are_defined_as_in_the_code() -> None:
    told = dict(re.findall(r"^\| `([a-z_]+)` \| ([A-Z][^|]+) \|$", PAGE, re.MULTILINE))
    assert told == {verdict.value: means for verdict, means in DEFINITIONS.items()}


def test_states_lead_where_the_table_says() -> None:
    rows = re.findall(r"^\| `([a-z]+)` \| ([a-z_, ]+) \| ([a-z_]+) \|$", PAGE, re.MULTILINE)
    assert len(rows) == 7
    for word, before, to in rows:
        allowed, leads = TRANSITIONS[WORDS.get(word) or Act(word)]
        assert leads == to
        if not before.startswith("all"):
            assert set(before.split(", ")) == allowed


def test_commands_and_expressions_of_the_page_are_there() -> None:
    there = {name for name, _ in command.subcommands}
    named = re.findall(r"tocsin alerts ([a-z]+)", PAGE)
    assert named
    assert set(named) <= there
    for expression in re.findall(r"suppress '([^']+)'", PAGE):
        parse(expression)
