"""
Somebody swaps on a Uniswap V3 pool, through the router.

## What it does
A user swaps up to three thousand dollars' worth of WETH for USDR or the other way.

## What it looks like
Common. The pool is paid in a callback: it calls the router again before the swap is done.
"""

from tocsin.exercise.activities._shared import allowed, some_of
from tocsin.exercise.activity import Activity, Doing
from tocsin.exercise.play import Play
from tocsin.exercise.scene.people import ETHER
from tocsin.exercise.scene.tokens import DOLLAR
from tocsin.exercise.scene.uniswap_v2 import NEVER
from tocsin.exercise.scene.uniswap_v3 import FEE


def run(play: Play) -> Doing:
    """Swap."""
    tokens, router = play.scene.tokens, play.scene.uniswap_v3.router
    user = play.random.choice(play.scene.people.users)
    ways = ((tokens.usdr, tokens.weth, 3_000 * DOLLAR), (tokens.weth, tokens.usdr, ETHER))
    given, wanted, most = play.random.choice(ways)
    amount = some_of(play, given, user, most)
    yield from allowed(play, given, user, router, amount)
    yield router.by(user, "exactInputSingle", (given, wanted, FEE, user, NEVER, amount, 0, 0))


activity = Activity(id="swap-on-uniswap-v3", run=run, rate=20)
