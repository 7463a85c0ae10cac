"""
Somebody's swap fails, because the price is not what they ask for.

## What it does
A user asks the Uniswap V2 router for a twentieth more than the pair would give. The transaction reverts: it is the only
one of the ordinary ones that does.

## What it looks like
A failed transaction, which leaves nothing but its fee.
"""

from tocsin.exercise.activities._shared import allowed, some_of
from tocsin.exercise.activity import Activity, Doing
from tocsin.exercise.play import Play
from tocsin.exercise.scene.tokens import DOLLAR
from tocsin.exercise.scene.uniswap_v2 import NEVER


def run(play: Play) -> Doing:
    """Ask for too much."""
    tokens, router = play.scene.tokens, play.scene.uniswap_v2.router
    user = play.random.choice(play.scene.people.users)
    path = [tokens.usdr, tokens.weth]
    amount = some_of(play, tokens.usdr, user, 3_000 * DOLLAR)
    yield from allowed(play, tokens.usdr, user, router, amount)
    _, quoted = play.home.read(router, "getAmountsOut", amount, path)
    yield router.by(user, "swapExactTokensForTokens", amount, quoted * 21 // 20, path, user, NEVER)


activity = Activity(id="swap-that-fails", run=run, rate=3)
