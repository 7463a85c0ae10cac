"""
Somebody takes USDR over the Hyperlane route, and brings it back.

## What it does
A user sends up to two thousand USDR to the other chain; a relayer delivers the message with two validators' signatures;
some blocks later the user sends it back, and it is delivered at home.

## What it looks like
As at the other bridge: a mint far away, and a release of collateral at home for which there is no deposit there.
"""

from tocsin.exercise.activities._shared import allowed, some_of
from tocsin.exercise.activity import Activity, Doing, Far, Wait
from tocsin.exercise.play import Play
from tocsin.exercise.scene.hyperlane import TRANSFER, padded
from tocsin.exercise.scene.tokens import DOLLAR


def run(play: Play) -> Doing:
    """Send, deliver, wait, send back, deliver."""
    usdr, route, relayer = play.scene.tokens.usdr, play.scene.hyperlane, play.scene.people.relayer
    user = play.random.choice(play.scene.people.users)
    amount = some_of(play, usdr, user, 2_000 * DOLLAR)
    yield from allowed(play, usdr, user, route.collateral, amount)
    sent = yield route.collateral.by(user, TRANSFER, play.far.chain_id, padded(user), amount)
    yield Far(transaction=route.delivered(play.far, relayer, sent))
    yield Wait(blocks=play.random.randrange(1, 10))
    back = route.synthetic.by(user, TRANSFER, play.home.chain_id, padded(user), amount)
    sent = yield Far(transaction=back)
    yield route.delivered(play.home, relayer, sent)


activity = Activity(id="bridge-by-hyperlane", run=run, rate=2.5)
