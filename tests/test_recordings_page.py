"""The page about recordings shows what the program does."""

import re
import shlex
from pathlib import Path

import pytest

from tocsin.chain import codecs
from tocsin.chain.codecs.recording import parse
from tocsin.cli.main import main

PAGE = (Path(__file__).parents[1] / "docs" / "recordings.md").read_text()
SECTION = PAGE.partition("## A pasted trace")[2].partition("\n## ")[0]
WHOLE, _, WITH_LOGS = SECTION.partition("### Logs inside frames")


def test_the_pasted_trace_is_judged_as_the_page_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The frame on the page, saved under the name the page gives it, through the command on the page."""
    (frame,), (session,) = (re.findall(rf"```{kind}\n(.*?)```", WHOLE, re.DOTALL) for kind in ("json", "console"))
    command, _, shown = session.partition("\n")
    program, *arguments = shlex.split(command.removeprefix("$ "))
    monkeypatch.chdir(tmp_path)
    for name in ("COLUMNS", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    Path(arguments[1]).write_text(frame)

    assert program == "tocsin"
    assert main(arguments) == 0
    printed = capsys.readouterr().out

    assert [line.rstrip() for line in printed.splitlines()] == [line.rstrip() for line in shown.splitlines()]


def test_the_logs_inside_the_frame_of_the_page_are_read() -> None:
    (frame,) = re.findall(r"```json\n(.*?)```", WITH_LOGS, re.DOTALL)
    logs = codecs.tables([parse(frame.encode(), "page", 1)])["logs"]
    assert logs.select("log_index", "data").rows() == [(0x1F, b"")]


def test_every_shape_the_page_names_is_known() -> None:
    """The other way round is held by the suite of the shapes."""
    for method in ("debug_traceBlock", "trace_transaction", "trace_block", "trace_replayTransaction"):
        assert f"`{method}`" in SECTION
