"""
Somebody lends in Aave and takes it back later.

## What it does
A user supplies up to two thousand USDR, and withdraws it some blocks later with what it bore.

## What it looks like
A deposit and a withdrawal that is a little larger.
"""

from tocsin.exercise.activities._aave import POOL, closed
from tocsin.exercise.activities._shared import allowed, some_of
from tocsin.exercise.activity import Activity, Doing, Wait
from tocsin.exercise.play import Play
from tocsin.exercise.scene.tokens import DOLLAR


def run(play: Play) -> Doing:
    """Supply, wait, withdraw."""
    usdr, pool = play.scene.tokens.usdr, play.scene.aave.pool
    user = play.random.choice(play.scene.people.users)
    amount = some_of(play, usdr, user, 2_000 * DOLLAR)
    yield from allowed(play, usdr, user, pool, amount)
    yield pool.by(user, "supply", usdr, amount, user, 0)
    yield Wait(blocks=play.random.randrange(1, 4))
    yield from closed(play, user, ("usdr",))


activity = Activity(id="lend-on-aave", run=run, rate=6, alone=POOL)
