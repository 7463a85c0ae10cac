"""The page about the API says what is so: its examples run, in order, against a real server."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from api_server import ApiServer, running, settings_for
from tocsin.edge.store.opening import open_store
from tocsin.respond.access.roles import ROLES

PAGE = Path(__file__).parents[2] / "docs" / "api.md"
OWN_ADDRESS = "http://127.0.0.1:8420"


def commands() -> list[str]:
    """What is typed in the page, in order."""
    blocks = re.findall(r"```console\n(.*?)```", PAGE.read_text(), re.DOTALL)
    joined = "".join(blocks).replace("\\\n", " ")
    return [line.removeprefix("$ ") for line in joined.splitlines() if line.startswith("$ ")]


def typed(command: str, api: ApiServer, folder: Path, shown: dict[str, str]) -> str:
    """Type one command; what it prints."""
    for word, value in shown.items():
        command = command.replace(word, value)
    words = shlex.split(command.replace(OWN_ADDRESS, f"http://{api.address}"))
    if words[0] == "tocsin":
        words = [sys.executable, "-c", "import sys; from tocsin.cli.main import main; sys.exit(main())", *words[1:]]
    ran = subprocess.run(
        words, cwd=folder, capture_output=True, text=True, check=False, env={**os.environ, "TOCSIN_USER": "root"}
    )
    assert ran.returncode == 0, f"{command}: {ran.stderr}"
    return ran.stdout.strip()


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_examples_of_the_page_run_as_they_stand(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/tocsin.db"
    (tmp_path / "tocsin.toml").write_text(f'[store]\nurl = "{url}"\n[serve]\nkey = "{tmp_path}/tocsin.key"\n')
    store, shown, answers = open_store(url), {}, []
    with running(store, settings_for(tmp_path)) as api:
        for command in commands():
            answer = typed(command, api, tmp_path, shown)
            if command.startswith("tocsin users add"):
                shown["TOKEN"] = answer
            elif "key-add" in command:
                shown["KEY"] = answer
            answers.append(answer)
    store.close()
    _, accepted, _, health, login, own, users, changed, audit = answers
    assert accepted == ""
    assert '"followers"' in health
    assert '"due":[]' in login
    assert '"id":"ada"' in own
    assert '"items":[' in users
    assert '"name":"Ada Lovelace"' in changed
    assert '"action":"user_changed"' in audit


def test_the_page_has_every_role() -> None:
    rows = re.findall(r"^\| ([a-z-]+) \| ", PAGE.read_text(), re.MULTILINE)
    assert set(ROLES) <= set(rows)
