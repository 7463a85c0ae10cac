"""
Somebody's loan in Aave is liquidated after the price has fallen.

## What it does
A user borrows close to the limit, the price feed of WETH loses a twelfth, a keeper pays half of the loan and gets the
pledge at a discount, the price recovers, and the user closes what is left.

## What it looks like
A price that moves by much, and at once somebody who profits by it from the pledge of somebody else.
"""

from tocsin.exercise.activities._aave import PLEDGED, POOL, PRICE_SCALE, closed, liquidated, opened, priced, repaid
from tocsin.exercise.activity import Activity, Doing
from tocsin.exercise.play import Play

BORROWED, LEFT = 78, 92
"""Per cent of the pledge's worth, and of the price; liquidation begins at 82.5 % of what it is worth then."""


def run(play: Play) -> Doing:
    """Borrow, fall, liquidate, recover, close."""
    user = play.random.choice(play.scene.people.users)
    price = play.home.read(play.scene.aave.feeds["weth"], "latestAnswer")
    yield from opened(play, user, BORROWED)
    yield priced(play, LEFT, price)
    yield from liquidated(play, user, PLEDGED * price * BORROWED // 100 // PRICE_SCALE)
    yield priced(play, 100, price)
    yield from repaid(play, user)
    yield from closed(play, user, ("weth",))


activity = Activity(id="liquidation", run=run, rate=1, alone=POOL)
