"""`tocsin init`: what it writes works as it is, and never takes the place of what is there."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def begun(tocsin: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which `tocsin init` was run."""
    assert tocsin("init", str(tmp_path / "new"), "--as", "ada").code == 0
    monkeypatch.chdir(tmp_path / "new")
    return tmp_path / "new"


@pytest.mark.usefixtures("begun")
def test_what_it_writes_works_as_it_is(tocsin: Callable[..., Any]) -> None:
    """Every file is read, everybody would be told, a test reaches, and who is on call is who began."""
    checked = tocsin("check")
    assert checked.code == 0, checked.out
    assert "failed" not in checked.out
    assert tocsin("oncall", "test").code == 0
    ran = tocsin("oncall", "check")
    assert (ran.code, "0 wrong, 0 to look at" in ran.err) == (0, True), ran.out + ran.err
    assert "ada" in tocsin("oncall", "now").out
    assert tocsin("channels", "check").code == 0


def test_what_is_there_is_left_as_it_is(tocsin: Callable[..., Any], begun: Path) -> None:
    """A second run says so, and writes what is missing alone."""
    (begun / "estate.toml").write_text("# mine")
    (begun / "oncall.toml").unlink()
    ran = tocsin("init", "--as", "bo")
    assert ran.code == 0
    assert (begun / "estate.toml").read_text() == "# mine"
    assert '"bo"' in (begun / "oncall.toml").read_text()
    assert "left as it is: estate.toml" in ran.err


def test_a_file_is_no_folder(tocsin: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ran = tocsin("init", str(tmp_path / "file"), "--as", "ada")
    assert (ran.code, "is no folder" in ran.err) == (2, True)


def test_a_wrong_file_of_response_hides_no_other(tocsin: Callable[..., Any], begun: Path) -> None:
    """The check says what is wrong with each, and goes on."""
    (begun / "channels.toml").write_text("[channel.console]\nkind = 'consol'\n")
    oncall = (begun / "oncall.toml").read_text()
    (begun / "oncall.toml").write_text(oncall.replace('people = ["ada"]', 'people = ["adda"]'))
    ran = tocsin("check", "--format", "json")
    assert ran.code == 1
    told = " ".join(ran.out.split())
    assert "did you mean 'console'" in told
    assert "'adda' is nobody of the estate; did you mean 'ada'?" in told
    assert '"name": "clocks", "state": "ok"' in told
