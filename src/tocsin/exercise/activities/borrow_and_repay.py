"""
Somebody borrows in Aave against a pledge and pays back later.

## What it does
A user pledges three WETH, borrows half of their worth in USDR, pays back some blocks later and takes the pledge out.

## What it looks like
A loan against collateral, as every exploit of a lending market begins, at prices nobody moved.
"""

from tocsin.exercise.activities._aave import POOL, closed, opened, repaid
from tocsin.exercise.activity import Activity, Doing, Wait
from tocsin.exercise.play import Play


def run(play: Play) -> Doing:
    """Pledge, borrow, wait, repay, take out."""
    user = play.random.choice(play.scene.people.users)
    yield from opened(play, user, play.random.randrange(20, 60))
    yield Wait(blocks=play.random.randrange(1, 4))
    yield from repaid(play, user)
    yield from closed(play, user, ("weth",))


activity = Activity(id="borrow-and-repay", run=run, rate=4, alone=POOL)
