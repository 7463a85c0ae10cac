"""`tocsin watch` as its operator meets it: a process with settings, signals, logs, metrics and a store."""

import json
import signal
import subprocess
from pathlib import Path

import httpx
import pytest
from gate import gate_to
from ownable import Ownable
from watching import STOP_SECONDS, TOCSIN, Installation, next_event, wait_for

from tocsin.edge.anvil import Anvil, running

pytestmark = pytest.mark.anvil

OTHER_CHAIN_ID = 31_338
KEY = "0123456789abcdef-a-key-in-a-path"
DEAD = f"http://127.0.0.1:9/v3/{KEY}"
"""Nobody listens on the discard port."""


def scraped(url: str) -> dict[str, float]:
    """The samples of the metrics endpoint by name and labels."""
    lines = httpx.get(url).text.splitlines()
    samples = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    return {name: float(value) for name, value in samples}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_gracefully(anvil: Anvil, tmp_path: Path, number: signal.Signals) -> None:
    installation = Installation.on(anvil, tmp_path)
    with installation.watching() as process:
        next_event(process, "watching")
        process.send_signal(number)
        assert next_event(process, "stopping")["signal"] == number.name
        next_event(process, "stopped")
        assert process.wait(STOP_SECONDS) == 0


def test_two_chains_are_watched_at_once_and_health_is_told(anvil: Anvil, anvil_binary: Path, tmp_path: Path) -> None:
    with running(anvil_binary, OTHER_CHAIN_ID) as other:
        installation = Installation.on(anvil, tmp_path)
        with installation.settings.open("a") as settings:
            chain = f'[[chain]]\nname = "other"\nchain_id = {OTHER_CHAIN_ID}\nstart = 0\npoll_seconds = 0.1\n'
            settings.write(f'{chain}endpoints = ["{DEAD}", "{other.url}"]\n')
        Ownable.deployed(anvil).hand_over(3)
        Ownable.deployed(other).hand_over(2)

        with installation.watching() as process:
            url = next_event(process, "metrics")["url"]
            assert wait_for(lambda: len(installation.standing()) == 5)
            assert wait_for(lambda: scraped(url).get("tocsin_outbox_pending") == 0)
            assert wait_for(lambda: 'tocsin_health_alerts_open{kind="endpoint"}' in scraped(url))
            health = scraped(url)
            process.terminate()
            logs = process.communicate(timeout=STOP_SECONDS)[1]

    for name, blocks in (("local", 5), ("other", 4)):
        assert health[f'tocsin_blocks_done_total{{chain="{name}"}}'] == blocks
        assert health[f'tocsin_blocks_dropped_total{{chain="{name}"}}'] == 0
        assert health[f'tocsin_lag_blocks{{chain="{name}"}}'] == 0
        assert 0 <= health[f'tocsin_lag_seconds{{chain="{name}"}}'] < STOP_SECONDS
    assert health[f'tocsin_endpoint_up{{chain="other",endpoint="{other.url}"}}'] == 1
    assert health['tocsin_endpoint_up{chain="other",endpoint="http://127.0.0.1:9/***"}'] == 0
    assert sum(v for name, v in health.items() if name.startswith("tocsin_findings_total")) >= 5
    assert_nowhere(KEY, logs, str(health), str(installation.notices()), str(installation.health_alerts()))
    assert all(json.loads(line) for line in logs.splitlines())


def assert_nowhere(secret: str, *texts: str) -> None:
    for text in texts:
        assert secret not in text


@pytest.mark.slow
def test_a_node_that_goes_away_is_an_alert_until_it_is_back_and_no_block_is_missed(
    anvil: Anvil, tmp_path: Path
) -> None:
    contract = Ownable.deployed(anvil)
    with gate_to(anvil.url) as gate:
        installation = Installation.on(anvil, tmp_path)
        installation.settings.write_text(installation.settings.read_text().replace(anvil.url, gate.url))
        with installation.watching() as process:
            contract.hand_over(1)
            assert wait_for(lambda: len(installation.standing()) == 1)
            gate.shut()
            contract.hand_over(3)
            alert = next_event(process, "health alert opened")
            gate.is_open = True
            assert wait_for(lambda: len(installation.standing()) == 4)
            next_event(process, "health alert closed")

    assert alert["kind"] in {"rpc", "heads", "endpoint"}
    assert [number for number, _ in installation.done_blocks()] == list(range(6))


def test_a_chain_that_begins_above_its_head_is_not_called_done(anvil: Anvil, tmp_path: Path) -> None:
    installation = Installation.on(anvil, tmp_path)
    installation.settings.write_text(installation.settings.read_text().replace("start = 0", "start = 99"))
    installation.catch_up()
    assert "waits for its first block, 99; the head is 0, below it" in installation.run("check", "--format=json").stdout


def test_catching_up_has_failed_when_not_all_could_be_told(anvil: Anvil, tmp_path: Path) -> None:
    installation = Installation.on(anvil, tmp_path)
    Ownable.deployed(anvil).hand_over(2)
    (tmp_path / "notices.jsonl").mkdir()

    done = installation.run("watch", "--once")
    assert (done.returncode, "2 notices are not told yet" in done.stderr) == (1, True)
    assert "IsADirectoryError" in done.stderr

    (tmp_path / "notices.jsonl").rmdir()
    assert installation.run("watch", "--once").returncode == 0
    assert len(installation.notices()) == 2


def test_an_endpoint_of_another_chain_is_refused(anvil: Anvil, tmp_path: Path) -> None:
    installation = Installation.on(anvil, tmp_path)
    text = installation.settings.read_text().replace(str(anvil.chain_id), "1")
    installation.settings.write_text(text)

    command = [TOCSIN, "watch", "--config", installation.settings, "--once"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=STOP_SECONDS, check=False)

    assert (done.returncode, f"is of chain {anvil.chain_id}, not 1" in done.stderr) == (2, True)


def test_check_tells_what_works_and_what_does_not(anvil: Anvil, tmp_path: Path) -> None:
    installation = Installation.on(anvil, tmp_path)
    Ownable.deployed(anvil).hand_over(1)
    installation.catch_up()
    with installation.settings.open("a") as settings:
        settings.write(f'[[chain]]\nname = "dead"\nchain_id = 1\nendpoints = ["{DEAD}"]\n')

    command = [TOCSIN, "check", "--config", installation.settings, "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=STOP_SECONDS, check=False)

    checks = [json.loads(line) for line in done.stdout.splitlines()]
    states = {(check["area"], check["name"]): (check["state"], check["detail"]) for check in checks}
    assert done.returncode == 1
    assert states["local", anvil.url][0] == "ok"
    assert states["local", "progress"] == ("ok", "done to block 2, 0 behind the head")
    assert states["store", "outbox"] == ("ok", "0 notices to tell")
    assert states["dead", "http://127.0.0.1:9/***"][0] == "failed"
    assert_nowhere(KEY, done.stdout, done.stderr)
