"""
Somebody wraps ether, and unwraps it.

## What it does
A user deposits up to a whole ether into WETH, and sometimes withdraws it again.

## What it looks like
A payment to a contract, and one from it: what a bank's deposit and withdrawal look like.
"""

from tocsin.exercise.activity import Activity, Doing, Wait
from tocsin.exercise.play import Play
from tocsin.exercise.scene.people import ETHER


def run(play: Play) -> Doing:
    """Wrap, and in half of the cases unwrap."""
    weth, user = play.scene.tokens.weth, play.random.choice(play.scene.people.users)
    amount = play.random.randrange(1, 100) * ETHER // 100
    yield weth.by(user, "deposit", value=amount)
    if play.random.choice((True, False)):
        yield Wait(blocks=2)
        yield weth.by(user, "withdraw", amount)


activity = Activity(id="wrap-ether", run=run, rate=8)
