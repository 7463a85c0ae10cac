"""tocsin record against a node that stops in the middle, and goes on."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from node_server import CHAIN_ID, Chain, Node, over_http, status
from tocsin.chain.codecs import tables
from tocsin.cli.main import main
from tocsin.edge import recordings


@pytest.fixture
def node() -> Iterator[Node]:
    with over_http(Node(Chain(10)), path="/v2/0123456789-secret") as running:
        yield running


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def test_a_range_is_recorded_one_file_a_block_that_scans(
    node: Node, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["record", node.url, "--from", "3", "--to", "5", "--output", str(tmp_path)]) == 0
    assert names(tmp_path) == [f"{CHAIN_ID}-00000000{number}.json" for number in (3, 4, 5)]
    found = list(recordings.read(tmp_path))
    assert tables(found)["blocks"]["block_number"].to_list() == [3, 4, 5]
    assert json.loads((tmp_path / f"{CHAIN_ID}-000000003.json").read_bytes())["chain_id"] == CHAIN_ID
    assert "3 blocks recorded, 0 blocks already there." in capsys.readouterr().err


def test_without_an_end_it_goes_to_the_newest_block(node: Node, tmp_path: Path) -> None:
    assert main(["record", node.url, "--from", "8", "--output", str(tmp_path / "new"), "--gzip"]) == 0
    assert names(tmp_path / "new") == [f"{CHAIN_ID}-00000000{number}.json.gz" for number in (8, 9)]
    assert json.loads(gzip.decompress((tmp_path / "new" / f"{CHAIN_ID}-000000008.json.gz").read_bytes()))


def test_after_a_failure_it_goes_on_where_it_stopped(
    node: Node, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["record", node.url, "--from", "0", "--to", "5", "--output", str(tmp_path)]
    whole, node.chain = node.chain, Chain(3)
    assert main(arguments) == 1
    said = capsys.readouterr().err
    assert "there is no block 3" in said
    assert len(names(tmp_path)) == 3

    node.chain, node.asked = whole, []
    assert main(arguments) == 0
    assert "3 blocks recorded, 3 blocks already there." in capsys.readouterr().err
    assert len(names(tmp_path)) == 6


def test_a_node_that_cannot_give_calls_is_named_blind_and_its_key_is_not(
    node: Node, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    node.without("trace_block")
    node.tricks = [status(503), status(503)]
    arguments = ["record", node.url, "--from", "3", "--to", "3", "--output", str(tmp_path)]
    assert main([*arguments, "--chain-id", str(CHAIN_ID), "--with", "state_changes"]) == 0
    said = capsys.readouterr().err
    assert "no endpoint gives calls, state_changes" in said
    assert "secret" not in said


def test_a_second_node_stands_in(node: Node, tmp_path: Path) -> None:
    with over_http(Node(Chain(10))) as other:
        node.methods["eth_getBlockByNumber"] = lambda *_: None
        arguments = ["record", node.url, "--also", other.url, "--from", "3", "--to", "4", "--output", str(tmp_path)]
        assert main(arguments) == 0
    assert len(names(tmp_path)) == 2


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--chain-id", "1"], "is of chain"),
        (["--with", "swaps"], "there is only names, state_changes"),
        (["--to", "1"], "the range goes upwards"),
    ],
)
def test_wrong_usage_says_what_is_right(
    node: Node, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], says: str
) -> None:
    assert main(["record", node.url, "--from", "3", "--output", str(tmp_path), *arguments]) == 2
    assert says in capsys.readouterr().err
    assert names(tmp_path) == []
