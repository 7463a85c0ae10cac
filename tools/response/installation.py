"""A whole installation in a folder: settings, estate, channels, what is known; and `tocsin serve` on it."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

TOCSIN = Path(sys.executable).with_name("tocsin")
READY_SECONDS = 60.0

SETTINGS = """
[store]
url = "{store}"

[metrics]
listen = "127.0.0.1:0"

[outbox]
stdout = false

[estate]
file = "{folder}/estate.toml"
channels = "{folder}/channels.toml"

[known]
files = [{known}]

[evidence]
folder = "{folder}/evidence"
key = "{folder}/evidence/key.pem"

[serve]
listen = "127.0.0.1:{port}"
public_url = "http://127.0.0.1:{port}"
key = "{folder}/serve.key"
"""
CHAIN = """
[[chain]]
name = "{name}"
chain_id = {chain_id}
endpoints = ["{url}"]
start = {start}
poll_seconds = 0.5
requests_per_second = 10_000
keep_blocks = 64
"""
CHANNELS = """
[channel.mail]
kind = "email"
allow_private = true
host = "127.0.0.1"
port = {mail}
security = "plain"
sender = "tocsin@example.org"

[channel.hook]
kind = "webhook"
allow_private = true
url = "http://127.0.0.1:{web}/page"
key = "only for measuring on loopback"
"""
ESTATE = """
[[person]]
id = "ada"
name = "Ada"
clearance = "red"
contacts = [
  { channel = "mail", address = "ada@example.org" },
  { channel = "hook", address = "ada" },
]
"""


@dataclass(frozen=True, kw_only=True)
class Watched:
    """A chain to watch, from a block on."""

    name: str
    chain_id: int
    url: str
    start: int


@dataclass
class Running:
    """A `tocsin serve` process, and what it logs."""

    process: "subprocess.Popen[str]"
    lines: list[dict[str, Any]] = field(default_factory=list)
    said: threading.Condition = field(default_factory=threading.Condition)

    def read(self) -> None:
        """Keep every line of its log, until it ends."""
        for line in self.process.stderr or ():
            with self.said:
                self.lines.append(json.loads(line) if line.startswith("{") else {"event": line})
                self.said.notify_all()

    def wait_for(self, event: str, seconds: float = READY_SECONDS) -> dict[str, Any]:
        """The first line of this event. Fails loudly when it does not come."""
        with self.said:
            came = self.said.wait_for(lambda: self._first(event) or self.process.poll() is not None, timeout=seconds)
        found = self._first(event)
        if not came or found is None:
            raise SystemExit(f"tocsin serve did not say {event!r}: {self.lines[-20:]}")
        return found

    def _first(self, event: str) -> dict[str, Any] | None:
        return next((line for line in self.lines if line["event"] == event), None)


@dataclass(frozen=True, kw_only=True)
class Installation:
    """A folder with everything that `tocsin serve` needs."""

    folder: Path
    store: str
    port: int

    @property
    def settings(self) -> Path:
        """tocsin.toml."""
        return self.folder / "tocsin.toml"

    def write(self, chains: Sequence[Watched], known: Mapping[str, bytes], *, mail: int, web: int) -> None:
        """Write all files."""
        (self.folder / "known").mkdir(parents=True, exist_ok=True)
        for name, content in known.items():
            (self.folder / "known" / name).write_bytes(content)
        files = ", ".join(f'"{self.folder}/known/{name}"' for name in known)
        text = SETTINGS.format(store=self.store, folder=self.folder, known=files, port=self.port)
        watched = "".join(CHAIN.format(**vars(chain)) for chain in chains)
        self.settings.write_text(text + watched)
        (self.folder / "channels.toml").write_text(CHANNELS.format(mail=mail, web=web))
        (self.folder / "estate.toml").write_text(ESTATE)

    @contextmanager
    def serving(self) -> Iterator[Running]:
        """A running process; killed at the end of the block where it still runs."""
        command: list[str | Path] = [TOCSIN, "serve", "--config", self.settings]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
            running = Running(process)
            reader = threading.Thread(target=running.read, daemon=True)
            reader.start()
            try:
                yield running
            finally:
                process.terminate()
                _ended(process)
                reader.join(timeout=5)

    def tocsin(self, *arguments: str | Path) -> "subprocess.CompletedProcess[str]":
        """Run a command on these settings."""
        line = [TOCSIN, *arguments, "--config", self.settings]
        return subprocess.run(line, capture_output=True, text=True, timeout=120, check=False)

    def rows(self, query: str) -> list[dict[str, Any]]:
        """What the store answers."""
        engine = sa.create_engine(self.store.replace("postgresql://", "postgresql+psycopg://"))
        try:
            with engine.connect() as connection:
                return [dict(row) for row in connection.execute(sa.text(query)).mappings()]
        finally:
            engine.dispose()

    def wait_for(self, query: str, seconds: float) -> list[dict[str, Any]]:
        """The rows of a query, once there are any; none when none come for so long."""
        end = time.monotonic() + seconds
        while not (found := self.rows(query)) and time.monotonic() < end:
            time.sleep(0.05)
        return found


def _ended(process: "subprocess.Popen[str]") -> None:
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
