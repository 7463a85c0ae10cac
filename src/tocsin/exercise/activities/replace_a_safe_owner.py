"""
An owner of the Safe changes to a new key for some time.

## What it does
The Safe replaces its third owner by that owner's new key, and some blocks later the other way: the old device was
found. The threshold stays.

## What it looks like
An owner nobody knows on a Safe that holds millions: the preparation of a takeover by an insider.
"""

from tocsin.chain.contract import Account
from tocsin.exercise.activities._safe import SAFE
from tocsin.exercise.activities._shared import fresh
from tocsin.exercise.activity import Activity, Doing, Wait
from tocsin.exercise.play import Play


def run(play: Play) -> Doing:
    """Replace, wait, replace again."""
    owner, new = play.scene.safe.owners[2], fresh(play, "new key of safe owner 3")
    yield from _replaced(play, owner, new)
    yield Wait(blocks=play.random.randrange(5, 15))
    yield from _replaced(play, new, owner)


def _replaced(play: Play, owner: Account, new: Account) -> Doing:
    safe = play.scene.safe
    play.knowledge.announce(play.home, safe.wallet, "CHG-3: a new key for an owner", becomes=new)
    in_order = play.home.read(safe.wallet, "getOwners")
    before = in_order[in_order.index(owner.address) - 1]
    yield safe.executes(play.home, safe.wallet, safe.wallet.encode("swapOwner", before, owner, new))


activity = Activity(id="replace-a-safe-owner", run=run, rate=0.6, alone=SAFE)
