"""Killed in a storm, `tocsin serve` loses no alert, incident, page, clock or evidence; nor does its database killed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from stores import server_binaries

ROOT = Path(__file__).parents[2]
SECONDS = 180
pytestmark = [pytest.mark.slow, pytest.mark.anvil]


@pytest.mark.parametrize("store", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def test_three_kills_lose_nothing_that_was_accepted(store: str, anvil_binary: Path) -> None:
    if store == "postgresql" and server_binaries() is None:
        pytest.skip("no PostgreSQL server binaries (Debian: apt-get install postgresql)")
    environment = {**os.environ, "TOCSIN_ANVIL": str(anvil_binary)}
    command = [sys.executable, ROOT / "tools" / "response", "kill", "--kills", "3", "--seed", "3", "--store", store]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=SECONDS, check=False, cwd=ROOT, env=environment
    )

    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "NOT KEPT" not in done.stdout
    accepted = [line for line in done.stdout.splitlines() if line.startswith("| alerts accepted by the API |")]
    assert accepted != ["| alerts accepted by the API | 0 |"]
