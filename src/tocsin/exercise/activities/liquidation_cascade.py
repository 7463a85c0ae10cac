"""
A falling price liquidates several loans in Aave, one after the other.

## What it does
Three users borrow to different limits. The price feed of WETH falls in three steps; at each a keeper liquidates one of
them and sells the pledge on the Uniswap V2 pair. Then the price recovers and everybody closes what is left.

## What it looks like
A cascade: one account takes the pledges of several others within minutes, sells them at once, and profits each time.
"""

from tocsin.exercise.activities._aave import PLEDGED, POOL, PRICE_SCALE, closed, liquidated, opened, priced, repaid
from tocsin.exercise.activities._shared import allowed
from tocsin.exercise.activity import Activity, Doing
from tocsin.exercise.play import Play
from tocsin.exercise.scene.uniswap_v2 import NEVER

STEPS = ((78, 92), (74, 87), (70, 82))
"""Per cent that each user borrows of the pledge's worth, and per cent of the price at which they are liquidated."""
SOLD = PLEDGED // 2
"""Of the WETH that the keeper gets, a little more than half of the pledge."""


def run(play: Play) -> Doing:
    """Borrow, fall step by step, recover, close."""
    users = play.random.sample(play.scene.people.users, len(STEPS))
    price = play.home.read(play.scene.aave.feeds["weth"], "latestAnswer")
    for user, (borrowed, _) in zip(users, STEPS, strict=True):
        yield from opened(play, user, borrowed)
    for user, (borrowed, left) in zip(users, STEPS, strict=True):
        yield priced(play, left, price)
        yield from liquidated(play, user, PLEDGED * price * borrowed // 100 // PRICE_SCALE)
        yield from _sold(play)
    yield priced(play, 100, price)
    for user in users:
        yield from repaid(play, user)
        yield from closed(play, user, ("weth",))


def _sold(play: Play) -> Doing:
    weth, usdr = play.scene.tokens.weth, play.scene.tokens.usdr
    router, keeper = play.scene.uniswap_v2.router, play.scene.people.keeper
    yield from allowed(play, weth, keeper, router, SOLD)
    yield router.by(keeper, "swapExactTokensForTokens", SOLD, 0, [weth, usdr], keeper, NEVER)


activity = Activity(id="liquidation-cascade", run=run, rate=0.6, alone=POOL)
