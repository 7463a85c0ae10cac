"""What is found in a recording is what was found live: the questions asked then are answered from it."""

import json
import time
from pathlib import Path

import pytest

from ownable import Ownable
from tocsin.cli.main import main
from tocsin.edge import recordings
from tocsin.edge.anvil import Anvil

MINING_SECONDS = 0.3
ARGUMENTS = ("--format", "json", "--detectors", "control-change,proxy-upgrade")


def wait_for(node: Anvil, height: int) -> None:
    while int(node.request("eth_blockNumber"), 16) < height:
        time.sleep(MINING_SECONDS)


def scanned(capsys: pytest.CaptureFixture[str], *source: str) -> list[dict[str, object]]:
    capsys.readouterr()
    assert main(["scan", *source, *ARGUMENTS]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.anvil
def test_a_scan_of_the_recording_finds_what_a_scan_of_the_node_found(
    anvil: Anvil, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ownable = Ownable.deployed(anvil)
    ownable.hand_over(3)
    wait_for(anvil, 4)
    block = ("--from", "1", "--to", "4")
    live = scanned(capsys, anvil.url, *block)
    assert len(live) == 3

    whole, bare = tmp_path / "whole", tmp_path / "bare"
    assert main(["record", anvil.url, *block, "--output", str(whole), "--with", "state_changes"]) == 0
    assert main(["record", anvil.url, *block, "--output", str(bare), "--with", "state_changes", "--no-lookups"]) == 0
    assert any(recording.lookups for recording in recordings.read(whole))
    assert not any(recording.lookups for recording in recordings.read(bare))
    assert scanned(capsys, str(whole)) == live
    assert scanned(capsys, str(bare)) != live
