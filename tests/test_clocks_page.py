"""The page about clocks says what is so: its files are read, its commands exist, its table is the table."""

import re
import tomllib
from pathlib import Path

import pytest

from tocsin.app.clocks.timekeeper import rules_of
from tocsin.app.settings import parse as settings
from tocsin.cli.main import load
from tocsin.model.priority import Priority
from tocsin.respond.clocks.clock import State
from tocsin.respond.clocks.definition import Waiting
from tocsin.respond.clocks.internal import TARGETS
from tocsin.respond.clocks.policy import parse
from tocsin.respond.clocks.words import target
from tocsin.respond.numbers.durations import DURATIONS
from tocsin.respond.obligation import NOT_LEGAL_ADVICE

PAGE = (Path(__file__).parents[1] / "docs" / "clocks.md").read_text()
FILES = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
COMMANDS = re.findall(r"^\$ tocsin (clocks|numbers) ?([a-z-]*)(.*)$", PAGE, re.MULTILINE)


def test_the_table_of_targets_is_the_one_that_is_used() -> None:
    for name, limits in TARGETS.items():
        cells = [target(limits[priority]) if priority in limits else "" for priority in Priority]
        (row,) = (line for line in PAGE.splitlines() if line.startswith(f"| `{name}` |"))
        assert [cell.strip() for cell in row.split("|")[4:8]] == cells


def test_the_files_are_read(tmp_path: Path) -> None:
    named, own = FILES
    (tmp_path / "clocks.toml").write_text(own)
    text = named.replace("clocks.toml", str(tmp_path / "clocks.toml"))
    rules = rules_of(settings(text, "tocsin.toml", {}))
    assert {"gdpr-33", "dora-final", "insurer", "contain"} <= set(rules.by_id)
    assert rules.calendar.countries == ("CH-ZH",)
    assert parse(own, "clocks.toml").targets["contain"].warn_percent == 50
    assert set(tomllib.loads(own)["target"]) == {"contain", "update"}


@pytest.mark.parametrize(("command", "rest"), [(one, f"{two}{three}") for one, two, three in COMMANDS])
def test_the_commands_are_there_with_their_options(command: str, rest: str) -> None:
    known = load(command)
    name = rest.split(" ", maxsplit=1)[0]
    taken = known.commands[name] if command == "clocks" else known
    options = {option for parameter in taken.params for option in parameter.opts}
    assert set(re.findall(r"(--[a-z-]+)", rest)) <= options


def test_every_state_every_number_and_everything_one_may_wait_for_is_named() -> None:
    assert all(state.value in PAGE for state in State)
    assert all(f"`{each.value}`" in PAGE for each in Waiting)
    assert all(f"| {each.short} |" in PAGE for each in DURATIONS)
    assert NOT_LEGAL_ADVICE in PAGE.replace("\n", " ")
