"""The page about rules says what the program does: its files are written, its sessions are run."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "rules.md").read_text()
NAMED = re.compile(r"^`([\w./-]+)`:\n\n```(?:yaml|json)\n(.*?)```", re.MULTILINE | re.DOTALL)
RULES = [name for name, _ in NAMED.findall(PAGE) if name.startswith("rules/")]


@pytest.fixture
def written(workplace: Path) -> Path:
    """The workplace with every file that the page shows."""
    for name, text in NAMED.findall(PAGE):
        (workplace / name).parent.mkdir(exist_ok=True)
        (workplace / name).write_text(text)
    return workplace


def sessions() -> Iterator[tuple[str, int, list[str]]]:
    """Each command on the page, its exit code and what it shows."""
    for block in re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL):
        for part in block.split("$ ")[1:]:
            command, *shows = part.strip().splitlines()
            command, _, code = command.partition("  # exit ")
            yield command, int(code or 0), shows


def plain(text: str) -> str:
    """Without what a table or a narrow terminal does to it."""
    return " ".join(text.split())


def test_every_session_on_the_page(written: Path, tocsin: Callable[..., Any]) -> None:
    ran = 0
    for command, code, shows in sessions():
        program, *arguments = command.split()
        result = tocsin(*arguments)
        assert program == "tocsin"
        assert result.code == code, result.err
        for text in shows:
            assert plain(text) in plain(result.out + result.err)
        ran += 1
    assert ran >= 6


@pytest.mark.parametrize("name", RULES)
def test_every_rule_on_the_page_passes_its_tests(name: str, written: Path, tocsin: Callable[..., Any]) -> None:
    ran = tocsin("detectors", "test", name)
    assert ran.code == 0, ran.out
    assert "passes" in ran.out


def test_a_directory_is_tested_as_a_whole(written: Path, tocsin: Callable[..., Any]) -> None:
    ran = tocsin("detectors", "test", "rules")
    assert ran.code == 0, ran.out
    assert ran.out.count("passes") == len(RULES) + 1  # one file holds two rules


def test_a_test_that_does_not_hold_is_shown(written: Path, tocsin: Callable[..., Any]) -> None:
    path = written / "rules" / "large-transfer.yml"
    path.write_text(path.read_text().replace("matches: false", "matches: true"))
    ran = tocsin("detectors", "test", str(path))
    assert ran.code == 1
    assert "FAILS" in ran.out
    assert "example: exactly a thousand" in ran.out


def test_a_rule_that_matches_everything_is_taken_by_force(written: Path, tocsin: Callable[..., Any]) -> None:
    path = written / "all.yml"
    path.write_text(
        "title: All\nid: all\nlevel: low\nlogsource: {product: evm, category: log}\n"
        "detection: {s: {data: 0x}, condition: not s}\n"
    )
    refused = tocsin("rules", "check", "all.yml")
    assert refused.code == 2
    assert "would match nearly all of logs" in refused.err
    assert tocsin("rules", "check", "all.yml", "--force").code == 0


def test_what_is_not_there_or_not_text(written: Path, tocsin: Callable[..., Any]) -> None:
    assert tocsin("rules", "check", "networks").code == 2
    assert tocsin("rules", "show", "nowhere.yml").code == 2
    (written / "binary.yml").write_bytes(b"\xff\xfe\x00")
    assert "is not UTF-8 text" in tocsin("rules", "check", "binary.yml").err


def test_an_import_writes_over_nothing(written: Path, tocsin: Callable[..., Any]) -> None:
    arguments = ("rules", "import", "monitors/usdc.json", "--networks", "networks")
    assert tocsin(*arguments).code == 0
    text = (written / "rules" / "large-usdc-transfer.yml").read_text()
    again = tocsin(*arguments)
    assert again.code == 2
    assert "is there already" in again.err
    assert (written / "rules" / "large-usdc-transfer.yml").read_text() == text


def test_a_monitor_without_a_rule_is_exit_code_1(written: Path, tocsin: Callable[..., Any]) -> None:
    ran = tocsin("rules", "import", "monitors/usdc.json", "--out", "other")
    assert ran.code == 1
    assert "give --networks DIR" in plain(ran.out)
    assert not (written / "other").exists()
