"""The page about incidents says what the program does: every command on it is run, every table on it is current."""

import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tocsin.cli.moments import moment, zoned
from tocsin.model.errors import Unacceptable
from tocsin.respond.incident.classification import TABLE
from tocsin.respond.incident.ledger import ACCOUNTS
from tocsin.respond.incident.machine import STATUS_TABLE
from tocsin.respond.incident.roles import ROLES
from tocsin.respond.incident.types import TYPES

PAGE = (Path(__file__).parents[2] / "docs" / "incidents.md").read_text()
COMMANDS = [line[2:] for block in re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]
NOW = 1_796_000_000.0  # 2026-11-30T00:53:20Z


@pytest.fixture
def incident(tocsin: Callable[..., Any], tmp_path: Path) -> Callable[..., Any]:
    """`tocsin incident …` as ada, on a store of its own."""
    config = tmp_path / "incidents.toml"
    config.write_text(f'[store]\nurl = "sqlite:///{tmp_path}/incidents.db"\n')

    def run(*arguments: str) -> Any:
        named = ["--as", "ada"] if "--as" not in arguments else []
        return tocsin("incident", *arguments, *named, "--config", str(config))

    return run


def test_every_command_on_the_page_does_what_it_should(incident: Callable[..., Any]) -> None:
    """From declaring to reopening, as the page tells it."""
    for command in COMMANDS:
        program, group, *arguments = shlex.split(command)
        assert (program, group) == ("tocsin", "incident")
        ran = incident(*arguments)
        assert ran.code == 0, f"{command}\n{ran.err}"

    first = json.loads(incident("show", "1", "--format", "json").out)
    assert (first["status"], first["priority"], first["roles"]["commander"]) == ("active", "P1", "ada")
    assert first["lines"]["l1"]["versions"][0]["time_zone"] == "UTC+01:00"
    told = json.loads(incident("funds", "1", "--format", "json").out)
    figures = told["holdings"][0]["figures"]
    assert figures["recovered"]["amount"] == "1000000000000000000000"
    assert figures["taken"]["transactions"] == ["0x9e1c"]
    assert "BLUE HERON" in incident("list").out
    assert "BLUE HERON" not in incident("list", "--as", "eve").out
    assert "there is no incident '4'" in incident("show", "4", "--as", "eve").err


def test_the_screen_has_what_whoever_is_woken_needs(incident: Callable[..., Any]) -> None:
    """And every command it proposes is one that is there."""
    incident("declare", "Vault\x1b[31m drained", "--type", "exploit", "--loss")

    shown = incident("show", "1").out

    for text in (
        "INC-2026-0001",
        "P1 critical",
        "Vault\\u001b[31m drained",
        "not acknowledged",
        "nothing is known yet",
    ):
        assert text in shown.replace("INC-" + shown.partition("INC-")[2][:4], "INC-2026")
    proposed = re.findall(r"^ +(tocsin incident .+)$", shown, re.MULTILINE)
    assert proposed[0].startswith("tocsin incident ack INC-")
    _, _, *arguments = shlex.split(proposed[0])
    assert incident(*arguments).code == 0


def test_what_is_missing_for_closing_is_told_with_what_to_type(incident: Callable[..., Any]) -> None:
    incident("declare", "Slow node", "--type", "performance")
    for arguments in (("ack", "1"), ("phase", "1", "post"), ("status", "1", "stable"), ("status", "1", "resolved")):
        assert incident(*arguments).code == 0

    ran = incident("close", "1")

    assert ran.code == 2
    assert "tocsin incident describe INC-" in ran.err
    assert "tocsin incident review INC-" in ran.err


def test_a_file_of_another_tool_is_taken_over(incident: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "lines.jsonl").write_text(
        '{"datetime": "2026-11-29T22:00:00Z", "timestamp_desc": "log", "message": "Login from elsewhere"}\n'
    )
    incident("declare", "Odd login", "--type", "suspicious-activity")

    ran = incident("timeline", "1", "--import", str(tmp_path / "lines.jsonl"))

    assert ran.code == 0, ran.err
    assert "Login from elsewhere" in incident("timeline", "1").out
    assert incident("timeline", "1", "--import", str(tmp_path / "absent.csv")).code == 2


def test_the_tables_on_the_page_are_current() -> None:
    for row in TABLE:
        types = "all others" if row.id == "elsewhere" else ", ".join(sorted(row.types))
        assert re.search(
            rf"^\| `{row.id}` \| {re.escape(row.says)}.* \| {re.escape(types)} \| {row.priority} \|$", PAGE, re.M
        )
    for kind in TYPES.values():
        assert f"| `{kind.id}` | {kind.category} | {kind.words} |" in PAGE
    for name, says in {**ROLES, **ACCOUNTS}.items():
        assert f"| `{name}` | {says} |" in PAGE
    for way in STATUS_TABLE:
        assert f"| {way.before} | {way.after} | {way.says} |{' yes' if way.needs_reason else ''} |" in PAGE


@pytest.mark.parametrize(
    ("typed", "seconds"),
    [
        ("now", 0),
        ("20m ago", -1_200),
        ("-20m", -1_200),
        ("+2h", 7_200),
        ("00:53", -20),
        ("0:53", -20),
        ("00:54", 40 - 86_400),
        ("2026-11-30T00:53:20Z", 0),
        ("2026-11-30T01:53:20+01:00", 0),
    ],
)
def test_times_are_read_as_they_are_typed(typed: str, seconds: float) -> None:
    assert moment(typed, NOW) == NOW + seconds


@pytest.mark.parametrize("typed", ["", "yesterday", "25:00", "2026-11-30T00:53", "-5", "999999999d ago"])
def test_what_is_no_time_is_refused(typed: str) -> None:
    with pytest.raises(Unacceptable):
        zoned(typed, NOW)
