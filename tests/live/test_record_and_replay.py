"""What is found in a recording is what was found live: the questions asked then are answered from it."""

import json
import time
from pathlib import Path

import pytest
from ownable import Ownable

from mining import mined
from tocsin.chain.signatures import topic
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


TRANSFER = topic("Transfer(address,address,uint256)").hex()
TOKEN = "6042600c60003960426000f3" + "36600510601157" + "60126000526020" + "6000f3" + "5b6001600052"
TOKEN += f"60bb60aa7f{TRANSFER}60206000a300"
"""Creates a token: told no more than a selector it answers 18, told more it logs that one unit was transferred."""


@pytest.mark.anvil
def test_tokens_have_the_names_in_a_recording_that_they_had_live(
    anvil: Anvil, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    token = mined(anvil, data=f"0x{TOKEN}")["contractAddress"]
    hash_ = mined(anvil, to=token, data="0x" + "00" * 36)["transactionHash"]
    assert main(["record", anvil.url, "--from", "2", "--to", "2", "--output", str(tmp_path), "--with", "names"]) == 0
    for source in (anvil.url, str(tmp_path)):
        capsys.readouterr()
        assert main(["explain", source, "--tx", hash_, "--format", "json"]) == 0
        told = json.loads(capsys.readouterr().out)["tokens"]
        assert told == [{"token_address": token, "claimed_symbol": "", "claimed_decimals": 18}]
