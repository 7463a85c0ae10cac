"""A real `tocsin watch` process on settings of its own, and what it left in its store."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tocsin.edge.anvil import Anvil
from tocsin.edge.store.opening import open_store
from tocsin.edge.store.schema.watching import blocks, findings, health_alerts, outbox

TOCSIN = Path(sys.executable).with_name("tocsin")
STOP_SECONDS = 60

SETTINGS = """
[store]
url = "{store}"

[metrics]
listen = "127.0.0.1:0"

[outbox]
stdout = false
file = "{folder}/notices.jsonl"

[[chain]]
name = "local"
chain_id = {node.chain_id}
endpoints = ["{node.url}"]
start = 0
keep_blocks = 10_000
poll_seconds = 0.1
requests_per_second = 10_000
"""


@dataclass(frozen=True)
class Installation:
    """One folder with settings; by default its store is a SQLite file."""

    folder: Path
    store_url: str

    @classmethod
    def on(cls, node: Anvil, folder: Path, store_url: str = "") -> "Installation":
        """Settings that watch this node from its first block."""
        made = cls(folder, store_url or f"sqlite:///{folder}/tocsin.db")
        made.settings.write_text(SETTINGS.format(store=made.store_url, folder=folder, node=node))
        return made

    @property
    def settings(self) -> Path:
        return self.folder / "tocsin.toml"

    @contextmanager
    def watching(self, *options: str) -> Iterator["subprocess.Popen[str]"]:
        """A running process; it is killed, if nobody has stopped it, at the end of the `with` block."""
        command = [TOCSIN, "watch", "--config", self.settings, *options]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            try:
                yield process
            finally:
                process.kill()

    def run(self, command: str, *options: str) -> "subprocess.CompletedProcess[str]":
        """Run a command on these settings to its end."""
        line = [TOCSIN, command, "--config", self.settings, *options]
        return subprocess.run(line, capture_output=True, text=True, timeout=STOP_SECONDS, check=False)

    def catch_up(self) -> None:
        """Watch to the head and stop."""
        done = self.run("watch", "--until-caught-up")
        assert done.returncode == 0, done.stderr

    def notices(self) -> list[dict[str, Any]]:
        """What was told, repeats and all."""
        path = self.folder / "notices.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def rows(self, query: "sa.Select[Any]") -> list[Any]:
        """What the store answers."""
        store = open_store(self.store_url)
        try:
            with store.engine.begin() as connection:
                return list(connection.execute(query).all())
        finally:
            store.close()

    def standing(self) -> list[tuple[int, str, str]]:
        """Height, block hash and transaction of every finding of a change of control that is not taken back."""
        columns = findings.c
        mine = (columns.detector == "control-change", columns.retracted_at.is_(None))
        found = self.rows(sa.select(columns.block_number, columns.block_hash, columns.transaction_hash).where(*mine))
        return [tuple(row) for row in found]

    def done_blocks(self) -> list[tuple[int, str]]:
        """Height and hash of every block done, lowest first."""
        return [tuple(row) for row in self.rows(sa.select(blocks.c.number, blocks.c.hash).order_by(blocks.c.number))]

    def health_alerts(self) -> list[tuple[object, ...]]:
        """Every health alert there was."""
        return [tuple(row) for row in self.rows(sa.select(health_alerts))]

    def untold(self) -> int:
        """How many notices nobody was told."""
        return len(self.rows(sa.select(outbox.c.sequence).where(outbox.c.delivered_at.is_(None))))


def next_event(process: "subprocess.Popen[str]", name: str) -> dict[str, Any]:
    """The process's next log event of this name."""
    assert process.stderr is not None
    for line in process.stderr:
        if (event := json.loads(line))["event"] == name:
            return dict(event)
    raise AssertionError(f"the process ended without saying {name!r}")


def wait_for(holds: Callable[[], bool]) -> bool:
    """Whether it comes to hold before patience ends."""
    deadline = time.monotonic() + STOP_SECONDS
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.05)
    return holds()
