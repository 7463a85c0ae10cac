"""
Somebody swaps on a Uniswap V2 pair, through the router.

## What it does
A user swaps some hundred dollars' worth of one token for another, and lets the router take it where it may not yet.

## What it looks like
The commonest transaction there is; now and then large enough to move the price by a little.
"""

from tocsin.exercise.activities._shared import allowed, some_of
from tocsin.exercise.activity import Activity, Doing
from tocsin.exercise.play import Play
from tocsin.exercise.scene.people import ETHER
from tocsin.exercise.scene.tokens import DOLLAR
from tocsin.exercise.scene.uniswap_v2 import NEVER


def run(play: Play) -> Doing:
    """Swap."""
    tokens, router = play.scene.tokens, play.scene.uniswap_v2.router
    user = play.random.choice(play.scene.people.users)
    given, wanted, most = play.random.choice(
        (
            (tokens.usdr, tokens.weth, 3_000 * DOLLAR),
            (tokens.weth, tokens.usdr, ETHER),
            (tokens.dair, tokens.usdr, 900 * ETHER),
            (tokens.usdr, tokens.dair, 900 * DOLLAR),
            (tokens.thin, tokens.usdr, 100 * ETHER),
        )
    )
    amount = some_of(play, given, user, most)
    yield from allowed(play, given, user, router, amount)
    yield router.by(user, "swapExactTokensForTokens", amount, 0, [given, wanted], user, NEVER)


activity = Activity(id="swap-on-uniswap-v2", run=run, rate=35)
