"""What goes wrong while the range is up leaves neither processes nor files behind."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tocsin.app.exercise.arena import arena
from tocsin.exercise.catalogue import scenarios
from tocsin.model.errors import EndpointUnavailable, ToolMissing

pytestmark = pytest.mark.anvil
PATIENCE_SECONDS = 30.0
TOCSIN = Path(sys.executable).with_name("tocsin")
BROUGHT_UP = """
import os, time
from tocsin.app.exercise.arena import arena
with arena(os.environ) as made:
    print(*(chain.node.process.pid for chain in made.chains), flush=True)
    time.sleep(600)
"""


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory for temporary files, empty."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_a_node_that_dies_in_the_middle_of_a_play_is_told_and_leaves_nothing(
    environment: dict[str, str], temporary: Path
) -> None:
    scenario = scenarios()["vault-inflation"]

    with arena(environment) as made:
        targets = scenario.prepare(made.play)
        made.home.node.process.kill()
        made.home.node.process.wait()
        with pytest.raises(EndpointUnavailable, match="gave no answer"):
            scenario.attack(made.play, targets)

    assert made.far.node.process.poll() is not None
    assert not list(temporary.iterdir())


def test_without_anvil_it_says_how_to_get_it(environment: dict[str, str], tmp_path: Path) -> None:
    nothing = {**environment, "XDG_CACHE_HOME": str(tmp_path), "PATH": str(tmp_path), "TOCSIN_ANVIL": ""}

    with pytest.raises(ToolMissing, match="tocsin range setup"), arena(nothing):
        pass


def test_two_ranges_do_not_meet(environment: dict[str, str]) -> None:
    with arena(environment) as one, arena(environment) as other:
        assert {chain.node.url for chain in one.chains}.isdisjoint(chain.node.url for chain in other.chains)
        assert [chain.state_root() for chain in one.chains] == [chain.state_root() for chain in other.chains]


def test_nodes_do_not_outlive_whoever_is_killed(environment: dict[str, str]) -> None:
    command = [sys.executable, "-c", BROUGHT_UP]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as started:
        assert started.stdout is not None
        nodes = [int(each) for each in started.stdout.readline().split()]
        started.kill()

    assert len(nodes) == len(set(nodes)) == 2
    eventually(lambda: not any(map(is_running, nodes)))


@pytest.mark.slow
def test_ctrl_c_stops_a_live_run_and_cleans_up(environment: dict[str, str], tmp_path: Path) -> None:
    command = [str(TOCSIN), "range", "run", "oracle-aave", "--live", "--block-seconds", "0.5"]
    surroundings = {**environment, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(command, env=surroundings, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        assert "ordinary transactions" in run.stdout.readline()
        run.send_signal(signal.SIGINT)
        _, errors = run.communicate(timeout=PATIENCE_SECONDS)

    assert run.returncode == 130
    assert "Error" not in errors
    assert not list(tmp_path.iterdir())


def is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{process}/stat").read_text().split()[2] != "Z"


def eventually(holds: Callable[[], bool]) -> None:
    """Wait until it holds."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)
