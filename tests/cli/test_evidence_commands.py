"""Evidence from the command line, as somebody would use it: a real file, a real bundle, a real node for the anchor."""

import json
import re
import zipfile
from pathlib import Path

import pytest

from evidence_case import case
from tocsin.cli.main import main
from tocsin.edge.anvil import Anvil
from tocsin.edge.store.opening import open_store

SETTINGS = """
[store]
url = "sqlite:///tocsin.db"

[[chain]]
name = "local"
chain_id = {chain_id}
endpoints = ["{url}"]
"""


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with settings, an incident and a file, in which somebody called ada works."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TOCSIN_USER", "ada")
    (tmp_path / "tocsin.toml").write_text(SETTINGS.format(chain_id=1, url="http://127.0.0.1:1"))
    store = open_store("sqlite:///tocsin.db")
    case(store, tmp_path).declare()
    store.close()
    (tmp_path / "drained.pcap").write_bytes(b"packets" * 100)
    return tmp_path


def said(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    assert main(["evidence", *arguments]) == code, capsys.readouterr()
    told = capsys.readouterr()
    return told.out + told.err


def add(capsys: pytest.CaptureFixture[str]) -> str:
    told = said(capsys, "add", "drained.pcap", "-i", "1", "-w", "to see how it was done", "--format", "json")
    identity: str = json.loads(told)["id"]
    return identity


def test_from_a_file_to_a_bundle_that_verifies(there: Path, capsys: pytest.CaptureFixture[str]) -> None:
    identity = add(capsys)

    assert identity in said(capsys, "list", "-i", "INC-2026-0001")
    said(capsys, "get", identity, "--out", "copy.pcap", "-w", "for the report")
    assert (there / "copy.pcap").read_bytes() == b"packets" * 100
    assert "for the report" in said(capsys, "show", identity)
    told = said(capsys, "export", "1", "--out", "bundle.zip", "-w", "police asked")
    (there / "key.txt").write_text(re.findall(r"tocsin/journal/\S+", told)[0])

    assert "VERIFIED" in said(capsys, "verify", "bundle.zip", "--key", "key.txt")
    assert "1 piece as kept; the journal is as it was signed" in said(capsys, "verify")


def test_a_changed_bundle_fails_and_says_what(there: Path, capsys: pytest.CaptureFixture[str]) -> None:
    identity = add(capsys)
    said(capsys, "export", "1", "--out", "bundle.zip", "-w", "police asked")
    raw = (there / "bundle.zip").read_bytes()
    (there / "bundle.zip").write_bytes(raw.replace(b"packetspackets", b"packetspackeds"))

    told = said(capsys, "verify", "bundle.zip", "--format", "json", code=1)

    failed = [line for line in map(json.loads, told.splitlines()) if line["outcome"] == "FAIL"]
    assert {line["what"] for line in failed} == {f"evidence/{identity}.pcap", f"evidence {identity}"}


def test_what_fails_is_shown_by_file_and_what_passes_is_counted(
    there: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    identity = add(capsys)
    said(capsys, "export", "1", "--out", "bundle.zip", "-w", "police asked")
    raw = (there / "bundle.zip").read_bytes()
    (there / "forged.zip").write_bytes(raw.replace(b"packetspackets", b"packetspackeds"))

    fine, everything = (said(capsys, "verify", "bundle.zip", *more) for more in ((), ("--all",)))
    forged = said(capsys, "verify", "forged.zip", code=1)

    assert "manifest.json" not in fine
    assert "UNCHANGED since it was signed" in fine
    assert "manifest.json" in everything
    lines = [line.rstrip() for line in forged.splitlines()]
    assert lines[0] == f"FAIL  evidence/{identity}.pcap  0 of 1 check passed"
    assert lines[1] == "      FAIL  was changed: its SHA-256 is not the one of the manifest"
    assert "FAILED: 2 of" in forged


def test_what_is_on_hold_is_not_destroyed(there: Path, capsys: pytest.CaptureFixture[str]) -> None:
    identity = add(capsys)

    said(capsys, "hold", identity, "-w", "court order 7")
    assert "legal hold" in said(capsys, "destroy", identity, "-w", "tidying", code=2)
    said(capsys, "hold", identity, "--lift", "-w", "lifted")
    said(capsys, "release", identity, "--to", "LKA 42", "-w", "court asked")
    said(capsys, "destroy", identity, "-w", "tidying")
    assert "destroyed" in said(capsys, "list")


def test_a_reason_is_asked_for(there: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "--why" in said(capsys, "add", "drained.pcap", code=2)


def test_everything_that_is_kept_is_verified(there: Path, capsys: pytest.CaptureFixture[str]) -> None:
    identity = add(capsys)
    (place,) = [path for path in (there / "evidence" / "sha256").rglob("*") if path.is_file()]
    place.unlink()

    assert f"evidence {identity}: its bytes are gone" in said(capsys, "verify", code=1)


def test_a_checkpoint_is_shown_to_be_given_away(there: Path, capsys: pytest.CaptureFixture[str]) -> None:
    add(capsys)

    told = json.loads(said(capsys, "checkpoint", "--format", "json"))

    assert told["note"].splitlines()[1] == str(told["size"])
    assert told["key"].startswith("tocsin/journal/")
    assert "time_stampers" in said(capsys, "time-stamp", code=2)


@pytest.mark.anvil
def test_a_checkpoint_is_anchored_on_a_chain_and_read_back(
    there: Path, capsys: pytest.CaptureFixture[str], anvil: Anvil
) -> None:
    (there / "tocsin.toml").write_text(SETTINGS.format(chain_id=anvil.chain_id, url=anvil.url))
    account = anvil.request("eth_accounts")[0]
    add(capsys)

    unsigned = json.loads(said(capsys, "anchor", "--chain", "local", "--from", account).splitlines()[0])
    sent = anvil.request("eth_sendTransaction", {**unsigned, "gas": "0x20000"})
    anvil.request("anvil_mine")
    assert f"transaction {sent}" in said(capsys, "anchor", "--chain", "local", "--transaction", sent)
    add(capsys)
    said(capsys, "anchor", "--chain", "local", "--from", account, "--send")
    said(capsys, "export", "1", "--out", "bundle.zip", "-w", "police asked")

    with zipfile.ZipFile(there / "bundle.zip") as bundle:
        anchors = json.loads(bundle.read("anchors.json"))["anchors"]
    assert anchors[0]["transaction_hash"] == sent
    assert len(anchors) == 2
    assert "UNCHANGED" in said(capsys, "verify", "bundle.zip")
    other = anvil.request("eth_sendTransaction", {"from": account, "to": account})
    anvil.request("anvil_mine")
    assert "no checkpoint" in said(capsys, "anchor", "--chain", "local", "--transaction", other, code=1)
