"""
Somebody saves in a vault and takes it out later.

## What it does
A user deposits up to four thousand USDR in the ERC-4626 vault, and redeems the shares some blocks later.

## What it looks like
A deposit and a redemption of nearly the same amount. Shares have six decimals more than USDR, so that their number
looks like a mint of millions.
"""

from tocsin.exercise.activities._shared import allowed, some_of
from tocsin.exercise.activity import Activity, Doing, Wait
from tocsin.exercise.play import Play
from tocsin.exercise.scene.tokens import DOLLAR


def run(play: Play) -> Doing:
    """Deposit, wait, redeem."""
    usdr, vault = play.scene.tokens.usdr, play.scene.services.vault
    user = play.random.choice(play.scene.people.users)
    amount = some_of(play, usdr, user, 4_000 * DOLLAR)
    yield from allowed(play, usdr, user, vault, amount)
    deposited = yield vault.by(user, "deposit", amount, user)
    (event,) = vault.events("Deposit", deposited)
    yield Wait(blocks=play.random.randrange(1, 10))
    yield vault.by(user, "redeem", event["shares"], user, user)


activity = Activity(id="save-in-a-vault", run=run, rate=4)
