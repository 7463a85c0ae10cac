"""
The owners of the Safe upgrade the treasury behind the transparent proxy, as planned.

## What it does
The founder publishes a new implementation; some blocks later the Safe lets the proxy's administrator put it in place.

## What it looks like
The code behind an address that holds two million USDR is replaced by a contract that is minutes old.
"""

from tocsin.chain.contract import Transaction
from tocsin.exercise.activities._safe import SAFE
from tocsin.exercise.activity import Activity, Doing, Wait
from tocsin.exercise.play import Play


def run(play: Play) -> Doing:
    """Publish, wait, upgrade."""
    safe, proxies, code = play.scene.safe, play.scene.proxies, play.library.own("Treasury")
    published = yield Transaction(sender=play.scene.people.founder, to=None, data=code.creation(), target=code)
    yield Wait(blocks=play.random.randrange(1, 5))
    upgrade = proxies.administrator.encode("upgradeAndCall", proxies.transparent, published.created, b"")
    yield safe.executes(play.home, proxies.administrator, upgrade)


activity = Activity(id="upgrade-by-the-safe", run=run, rate=0.6, alone=SAFE)
