"""A real node as a child process: it answers, it is alone, and it leaves nothing behind."""

import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from tocsin.edge.anvil import Anvil, find_anvil, running
from tocsin.model.errors import EndpointRefused, EndpointUnavailable

CHAIN_ID = 424_242
DEATH_SECONDS = 10


@pytest.mark.anvil
def test_a_node_answers_with_the_chain_it_was_given(anvil: Anvil) -> None:
    assert anvil.request("eth_chainId") == hex(anvil.chain_id)


@pytest.mark.anvil
def test_what_the_node_refuses_is_an_error_by_name(anvil: Anvil) -> None:
    with pytest.raises(EndpointRefused, match="no_such_method"):
        anvil.request("no_such_method")


@pytest.mark.anvil
def test_no_web_page_may_talk_to_the_node(anvil: Anvil) -> None:
    answer = httpx.post(anvil.url, json={}, headers={"Origin": "https://evil.example"})

    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.anvil
def test_after_the_block_the_node_and_its_files_are_gone(anvil_binary: Path) -> None:
    with running(anvil_binary, CHAIN_ID) as node:
        assert node.log.parent.is_dir()

    assert node.process.poll() is not None
    assert not node.log.parent.exists()


@pytest.mark.anvil
@pytest.mark.skipif(sys.platform != "linux", reason="a child that dies with its parent is a thing of Linux")
def test_a_node_does_not_outlive_a_parent_that_is_killed(anvil_binary: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from tocsin.edge.anvil import running\n"
        "with running(Path(sys.argv[1]), 1) as node: print(node.url, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program, anvil_binary], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        url = parent.stdout.readline().strip()
        parent.kill()

    assert _is_gone(url)


def test_a_program_that_is_no_node_is_an_error_that_shows_its_log(tmp_path: Path) -> None:
    pretender = tmp_path / "anvil"
    pretender.write_text("#!/bin/sh\necho no room for me here\nexit 1\n")
    pretender.chmod(0o755)

    with pytest.raises(EndpointUnavailable, match="no room for me here"), running(pretender, CHAIN_ID):
        pass


def test_a_missing_binary_is_an_error_by_name(tmp_path: Path) -> None:
    with pytest.raises(EndpointUnavailable, match="cannot be started"), running(tmp_path / "absent", CHAIN_ID):
        pass


def test_the_binary_that_the_operator_names_comes_first(tmp_path: Path) -> None:
    named, on_path = tmp_path / "mine", tmp_path / "anvil"
    for binary in (named, on_path):
        binary.touch(mode=0o755)
    places = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "PATH": str(tmp_path)}

    assert find_anvil({**places, "TOCSIN_ANVIL": str(named)}) == named
    assert find_anvil(places) == on_path
    assert find_anvil({**places, "PATH": ""}) is None


def _is_gone(url: str) -> bool:
    deadline = time.monotonic() + DEATH_SECONDS
    while time.monotonic() < deadline:
        try:
            httpx.post(url, json={})
        except httpx.TransportError:
            return True
        time.sleep(0.05)
    return False
