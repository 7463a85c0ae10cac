"""
Somebody swaps on a Uniswap V2 pair, through the router.

## What it does
A user approves the router once more and swaps some hundred dollars' worth of one token for another.

## What it looks like
The commonest transaction there is; now and then large enough to move the price by a little.
"""

from tocsin.exercise.activity import Activity, Doing
from tocsin.exercise.play import Play
from tocsin.exercise.scene.people import ETHER
from tocsin.exercise.scene.tokens import DOLLAR
from tocsin.exercise.scene.uniswap_v2 import NEVER


def run(play: Play) -> Doing:
    """Approve and swap."""
    tokens, router = play.scene.tokens, play.scene.uniswap_v2.router
    user = play.random.choice(play.scene.people.users)
    given, wanted, amount = play.random.choice(
        (
            (tokens.usdr, tokens.weth, play.random.randrange(10, 3_000) * DOLLAR),
            (tokens.weth, tokens.usdr, play.random.randrange(1, 100) * ETHER // 100),
            (tokens.dair, tokens.usdr, play.random.randrange(10, 900) * ETHER),
            (tokens.usdr, tokens.dair, play.random.randrange(10, 900) * DOLLAR),
        )
    )
    yield given.by(user, "approve", router, amount)
    yield router.by(user, "swapExactTokensForTokens", amount, 0, [given, wanted], user, NEVER)


activity = Activity(id="swap-on-uniswap-v2", run=run, rate=25)
