"""Killed with SIGKILL at any moment, triage loses nothing and does nothing twice."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter

import pytest

from findings_made import finding, write
from stores import store
from tocsin.edge.store import journal
from tocsin.edge.store.opening import Store
from tocsin.edge.store.triage import waiting
from triage_room import Room

__all__ = ["store"]
FINDINGS, ATTACKERS = 400, 12
PROGRAM = """
import sys
from tocsin.edge.store.opening import open_store
from triage_room import Room
room = Room(open_store(sys.argv[1]), open_from="high")
triage = room.triage(at_once=7)
print("ready", flush=True)
while triage.pass_now():
    pass
"""


def start(url: str) -> "subprocess.Popen[str]":
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    started = subprocess.Popen([sys.executable, "-c", PROGRAM, url], env=environment, stdout=subprocess.PIPE, text=True)
    assert started.stdout is not None
    assert started.stdout.readline() == "ready\n"
    return started


@pytest.mark.slow
def test_killed_again_and_again_it_ends_where_it_would_have(store: Store, store_url: str) -> None:
    some = [finding(1, transaction=f"0x{n:03x}", attacker=f"m{n % ATTACKERS}") for n in range(FINDINGS)]
    write(store, 1, *some, at=time.time())
    for moment in (0.05, 0.15):
        running = start(store_url)
        time.sleep(moment)
        running.send_signal(signal.SIGKILL)
        running.communicate()
    last = start(store_url)
    assert last.wait(60) == 0
    last.communicate()

    room = Room(store)
    alerts = room.alerts()
    assert waiting(store.engine) == 0
    assert Counter((each.times, each.findings) for each in alerts) == Counter(
        (len(range(n, FINDINGS, ATTACKERS)),) * 2 for n in range(ATTACKERS)
    )
    assert len(room.incidents()) == ATTACKERS
    for alert in alerts:
        kinds = [entry.kind for entry in journal.stream(store.engine, f"alert:{alert.id}")]
        assert kinds == ["alert_opened", "alert_moved"]
        assert list(room.incident(alert.incident).alerts) == [alert.id]
