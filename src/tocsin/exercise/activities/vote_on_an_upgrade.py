"""
Governance votes on an upgrade of its treasury, and makes it.

## What it does
The founder publishes a new implementation of the UUPS treasury; a holder proposes the upgrade; it is voted for, queued,
waits for the timelock's hour and is executed by a keeper.

## What it looks like
The code behind an address that holds millions is replaced by a contract that is minutes old.
"""

from tocsin.chain.contract import Transaction
from tocsin.exercise.activities._governance import GOVERNOR, decided
from tocsin.exercise.activity import Activity, Doing
from tocsin.exercise.play import Play


def run(play: Play) -> Doing:
    """Publish, decide and upgrade."""
    treasury, code = play.scene.proxies.uups, play.library.own("Treasury")
    published = yield Transaction(sender=play.scene.people.founder, to=None, data=code.creation(), target=code)
    data = treasury.encode("upgradeToAndCall", published.created, b"")
    yield from decided(play, treasury, data, f"Release {play.random.randbytes(4).hex()} of the treasury")


activity = Activity(id="vote-on-an-upgrade", run=run, rate=0.6, alone=GOVERNOR, is_long=True)
