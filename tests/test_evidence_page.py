"""The page about evidence says what is so: its commands run, and a bundle holds what its table says."""

import re
import shlex
import zipfile
from pathlib import Path

import pytest

from evidence_case import case
from tocsin.cli.main import main
from tocsin.edge.store.opening import open_store
from tocsin.respond.evidence.standalone import FAIL, OPEN, PASS

PAGE = (Path(__file__).parents[1] / "docs" / "evidence.md").read_text()
COMMANDS = re.findall(r"^\$ tocsin (.*)$", PAGE, re.MULTILINE)


def test_its_commands_run_in_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TOCSIN_USER", "ada")
    (tmp_path / "tocsin.toml").write_text('[store]\nurl = "sqlite:///tocsin.db"\n')
    (tmp_path / "drained.pcap").write_bytes(b"packets")
    store = open_store("sqlite:///tocsin.db")
    case(store, tmp_path).declare()
    store.close()

    assert [main(shlex.split(command)) for command in COMMANDS] == [0] * len(COMMANDS)

    with zipfile.ZipFile(tmp_path / "bundle.zip") as bundle:
        members = set(bundle.namelist())
    rows = [line for line in PAGE.splitlines() if line.startswith("| `")]
    told = {name for row in rows for name in re.findall(r"`([a-z_./]+)`", row.split("|")[1])}
    optional = {"chain/", "checkpoints/", "tsa/", "anchors.json"}
    assert {name.partition("/")[0] + "/" if "/" in name else name for name in members} == told - optional


def test_every_outcome_is_named() -> None:
    assert all(outcome in PAGE for outcome in (PASS, FAIL, OPEN))
