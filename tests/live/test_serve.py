"""`tocsin serve` as its operator meets it: block to page, an answer, a clock met, evidence; and a spare beside it."""

import json
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from ownable import Ownable
from watching import STOP_SECONDS, TOCSIN, wait_for

from channel_servers import HttpServer, MailServer, http_server, mail_server
from tocsin.edge.anvil import Anvil

pytestmark = [pytest.mark.anvil, pytest.mark.slow]

A_DAY_OF_BLOCKS = 7_300
"""So many blocks later a contract is established: while it is being set up, its owner may well change."""
SETTINGS = """
[store]
url = "sqlite:///{folder}/tocsin.db"

[metrics]
listen = "127.0.0.1:0"

[outbox]
stdout = false

[estate]
file = "{folder}/estate.toml"
channels = "{folder}/channels.toml"
check_hours = 0

[evidence]
folder = "{folder}/evidence"
key = "{folder}/evidence/key.pem"

[serve]
listen = "127.0.0.1:{port}"
public_url = "http://127.0.0.1:{port}"

[[chain]]
name = "local"
chain_id = {node.chain_id}
endpoints = ["{node.url}"]
start = {start}
poll_seconds = 0.1
requests_per_second = 10_000
"""
CHANNELS = """
[channel.mail]
kind = "email"
allow_private = true
host = "127.0.0.1"
port = {mail.port}
security = "plain"
sender = "tocsin@example.org"

[channel.hook]
kind = "webhook"
allow_private = true
url = "{web.url}/page"
key = "a key of this test alone"
"""
ESTATE = """
[[person]]
id = "ada"
name = "Ada"
clearance = "red"
contacts = [
  {{ channel = "mail", address = "ada@example.org" }},
  {{ channel = "hook", address = "ada" }},
]

[[contract]]
id = "vault"
name = "Vault"
owner = "ada"
criticality = "critical"
chain_id = {node.chain_id}
address = "{vault.address}"
"""


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@dataclass
class Served:
    """A running process, and what it said so far."""

    process: "subprocess.Popen[str]"
    said: list[str]

    def has_said(self, event: str) -> bool:
        return wait_for(lambda: any(json.loads(line)["event"] == event for line in self.said if line.startswith("{")))


@dataclass
class Home:
    folder: Path
    node: Anvil
    start: int

    def settings(self, name: str) -> Path:
        """Settings of one of the processes on the store: each has a port of its own."""
        path = self.folder / f"{name}.toml"
        path.write_text(SETTINGS.format(folder=self.folder, node=self.node, start=self.start, port=free_port()))
        return path

    @contextmanager
    def serving(self, settings: Path) -> Iterator[Served]:
        command = [TOCSIN, "serve", "--config", settings]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
            served = Served(process, [])
            assert process.stderr is not None
            Thread(target=served.said.extend, args=(process.stderr,), daemon=True).start()
            try:
                yield served
            finally:
                process.kill()

    def tocsin(self, settings: Path, *arguments: str) -> str:
        line = [TOCSIN, *arguments, "--config", settings]
        done = subprocess.run(line, capture_output=True, text=True, timeout=STOP_SECONDS, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def entries(self, kind: str) -> list[dict[str, Any]]:
        engine = sa.create_engine(f"sqlite:///{self.folder}/tocsin.db")
        try:
            with engine.connect() as connection:
                asked = sa.text("SELECT line FROM journal WHERE kind = :kind ORDER BY position")
                return [json.loads(row.line) for row in connection.execute(asked, {"kind": kind})]
        finally:
            engine.dispose()


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def web() -> Iterator[HttpServer]:
    with http_server() as server:
        yield server


def test_from_a_block_to_a_page_an_answer_and_evidence_with_a_spare_beside_it(
    anvil: Anvil, tmp_path: Path, mail: MailServer, web: HttpServer
) -> None:
    vault = Ownable.deployed(anvil)
    anvil.request("anvil_mine", hex(A_DAY_OF_BLOCKS), hex(12))
    start = int(anvil.request("eth_blockNumber"), 16) + 1
    home = Home(tmp_path, anvil, start)
    (tmp_path / "estate.toml").write_text(ESTATE.format(node=anvil, vault=vault))
    (tmp_path / "channels.toml").write_text(CHANNELS.format(mail=mail, web=web))
    first, spare = home.settings("first"), home.settings("spare")
    with home.serving(first) as one, home.serving(spare) as other:
        assert one.has_said("serving"), one.said
        assert other.has_said("serving"), other.said

        # when somebody takes the vault
        vault.hand_over(1)

        # then Ada is paged about one incident on both her ways, once, though two processes serve
        assert wait_for(lambda: bool(mail.received) and bool(web.requests)), one.said + other.said
        link = re.search(r"http://\S+/api/v1/ack/\S+", mail.received[0].text)
        assert link is not None

        # and opening the link changes nothing
        assert httpx.get(link[0]).status_code == 200
        assert home.entries("acknowledged") == []

        # and answering counts once, and stops the clock
        assert httpx.post(link[0]).is_success
        assert httpx.post(link[0]).is_error
        assert len(home.entries("acknowledged")) == 1
        assert wait_for(lambda: "response" in {entry["data"]["definition"] for entry in home.entries("clock_met")})

        # and evidence is captured, sealed and verified
        assert wait_for(lambda: bool(home.entries("evidence_added"))), one.said + other.said
        number = home.entries("declared")[0]["data"]["number"]
        bundle = str(tmp_path / "bundle.zip")
        home.tocsin(first, "evidence", "export", number, "--out", bundle, "--why", "a test")
        home.tocsin(first, "evidence", "verify", bundle)

        # and each stops gracefully, and every incident was told once on each way
        assert wait_for(lambda: len(mail.received) == len(web.requests) == len(home.entries("declared")))
        _stop(one)
        _stop(other)
    told = [json.loads(each.body)["subject"] for each in web.requests]
    assert sorted(told) == sorted(entry["stream"].removeprefix("incident:") for entry in home.entries("declared"))


def _stop(served: Served) -> None:
    served.process.send_signal(signal.SIGTERM)
    assert served.process.wait(STOP_SECONDS) == 0
    assert served.has_said("stopped")
