"""The page for whoever begins: every command on it is run, beside a real `tocsin serve` and mail server."""

import re
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from channel_servers import MailServer, mail_server

PAGE = (Path(__file__).parents[2] / "docs" / "responding.md").read_text()
PATIENCE_SECONDS = 30.0


def blocks(language: str, heading: str) -> list[str]:
    section = PAGE[PAGE.index(f"## {heading}") :].partition("\n## ")[0]
    return re.findall(rf"```{language}\n(.*?)```", section, re.DOTALL)


def commands(heading: str) -> list[list[str]]:
    return [shlex.split(line[2:]) for block in blocks("console", heading) for line in block.splitlines()]


@contextmanager
def serving() -> Iterator[None]:
    """`tocsin serve` in this folder, until it is told to stop."""
    with Path("serve.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", "from tocsin.cli.main import main; raise SystemExit(main())", "serve"],
            stdout=log,
            stderr=log,
        )
        try:
            yield
        finally:
            process.terminate()
            assert process.wait(PATIENCE_SECONDS) == 0


def until(found: Callable[[], Any]) -> Any:
    """What it says, as soon as it says anything."""
    given_up = time.monotonic() + PATIENCE_SECONDS
    while not (said := found()):
        assert time.monotonic() < given_up, Path("serve.log").read_text()
        time.sleep(0.05)
    return said


def page_in(mail: MailServer) -> str:
    return next((each.text for each in mail.received if "the vault is drained" in each.text), "")


def begin(run: Callable[[str], None], folder: Path, monkeypatch: pytest.MonkeyPatch, mail: MailServer) -> None:
    """What the page has under its first heading, with this machine's free ports."""
    (folder / "tower").mkdir()
    monkeypatch.chdir(folder / "tower")
    run("Write the files")
    channel, contacts = blocks("toml", "Write the files")
    with Path("channels.toml").open("a") as file:
        file.write(channel.replace("2525", str(mail.port)))
    estate = Path("estate.toml")
    estate.write_text(re.sub(r"contacts = \[.*?\n\]\n", contacts, estate.read_text(), count=1, flags=re.DOTALL))
    settings = Path("tocsin.toml")
    free = '[metrics]\nlisten = "127.0.0.1:0"\n'
    settings.write_text(settings.read_text().replace('listen = "127.0.0.1:8420"', 'listen = "127.0.0.1:0"') + free)


def test_the_page_leads_to_a_paged_incident_and_out_of_it(
    tocsin: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From an empty folder: files, checks, a page by mail, the link that acknowledges, a report, the end."""

    def run(heading: str) -> None:
        for program, *arguments in commands(heading):
            if program != "tocsin":
                continue
            ran = tocsin(*arguments)
            assert ran.code == 0, f"{arguments}\n{ran.out}{ran.err}"

    with mail_server() as mail:
        begin(run, tmp_path, monkeypatch, mail)
        run("Would it work?")
        assert [each.recipients for each in mail.received] == [["ada@example.org"]] * 2
        assert commands("Serve") == [["tocsin", "serve"]]
        with serving():
            told = until(lambda: re.search(r'"url": "(http://\S+/api/v1)"', Path("serve.log").read_text()))
            run("Be paged")
            link = re.search(r"Acknowledge: \S+(/ack/\S+)", until(lambda: page_in(mail)))
            assert link is not None
            assert httpx.get(told[1] + link[1]).status_code == 200
            assert '"commander": "ada"' not in tocsin("incident", "show", "1", "--format", "json").out
            assert httpx.post(told[1] + link[1]).status_code == 200
            run("Work")
    assert "user:ada" in (tocsin("incident", "journal", "1").out)
    assert "Pause the vault" in Path("drill.md").read_text()
    run("End the drill")
    assert "closed" in tocsin("incident", "list", "--exercises", "--all").out
