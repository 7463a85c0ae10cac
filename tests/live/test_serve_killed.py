"""Killed in a storm, `tocsin serve` loses no alert, incident, page, clock or evidence; nor does its database killed."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from stores import server_binaries

ROOT = Path(__file__).parents[2]
SECONDS = 500
pytestmark = [pytest.mark.slow, pytest.mark.anvil]


@pytest.mark.parametrize("store", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def test_three_kills_lose_nothing_that_was_accepted(store: str, anvil_binary: Path) -> None:
    if store == "postgresql" and server_binaries() is None:
        pytest.skip("no PostgreSQL server binaries (Debian: apt-get install postgresql)")
    environment = {**os.environ, "TOCSIN_ANVIL": str(anvil_binary)}
    command = [sys.executable, ROOT / "tools" / "response", "kill", "--kills", "3", "--seed", "3", "--store", store]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, cwd=ROOT, env=environment) as measuring:
        try:
            told, errors = measuring.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            measuring.send_signal(signal.SIGINT)  # it stops what it has started
            told, errors = measuring.communicate()

    print(told)
    assert measuring.returncode == 0, told + errors
    assert "NOT KEPT" not in told
    accepted = [line for line in told.splitlines() if line.startswith("| alerts accepted by the API |")]
    assert accepted
    assert accepted != ["| alerts accepted by the API | 0 |"]
