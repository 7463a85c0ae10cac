"""
Somebody takes USDR over the bridge, and brings it back.

## What it does
A user locks up to two thousand USDR at home; a relayer brings three validators' signatures and mints it far away; some
blocks later the user burns it there, and a relayer releases it at home.

## What it looks like
A mint out of nothing on one chain and a release to somebody who deposited nothing on the other, for those who look at
one chain only.
"""

from tocsin.exercise.activities._shared import allowed, some_of
from tocsin.exercise.activity import Activity, Doing, Far, Wait
from tocsin.exercise.play import Play
from tocsin.exercise.scene.tokens import DOLLAR


def run(play: Play) -> Doing:
    """Lock, mint, wait, burn, release."""
    usdr, bridge, relayer = play.scene.tokens.usdr, play.scene.bridge, play.scene.people.relayer
    user = play.random.choice(play.scene.people.users)
    amount = some_of(play, usdr, user, 2_000 * DOLLAR)
    yield from allowed(play, usdr, user, bridge.home, amount)
    locked = yield bridge.home.by(user, "lock", user, amount)
    yield Far(transaction=bridge.minted(play.far, relayer, locked))
    yield Wait(blocks=play.random.randrange(1, 10))
    burned = yield Far(transaction=bridge.far.by(user, "burn", user, amount))
    yield bridge.released(play.home, relayer, burned)


activity = Activity(id="bridge-and-return", run=run, rate=2.5)
