"""
Somebody adds liquidity to a pair and takes it out again some blocks later.

## What it does
A user adds DAIR and USDR to their pair, waits, and removes what they added.

## What it looks like
Just-in-time liquidity without the swap in between, and, when it is removed, a small rug pull.
"""

from tocsin.exercise.activities._shared import allowed, some_of
from tocsin.exercise.activity import Activity, Doing, Wait
from tocsin.exercise.play import Play
from tocsin.exercise.scene.tokens import DOLLAR
from tocsin.exercise.scene.uniswap_v2 import NEVER

DAIR_PER_USDR = 10**12
"""In base units: they have eighteen decimals and six."""


def run(play: Play) -> Doing:
    """Add, wait, remove."""
    tokens, uniswap = play.scene.tokens, play.scene.uniswap_v2
    user = play.random.choice(play.scene.people.users)
    dollars = some_of(play, tokens.usdr, user, 5_000 * DOLLAR)
    others = min(dollars * DAIR_PER_USDR, play.home.read(tokens.dair, "balanceOf", user) // 2)
    for token in (tokens.dair, tokens.usdr):
        yield from allowed(play, token, user, uniswap.router, others)
    pool = (tokens.dair, tokens.usdr)
    yield uniswap.router.by(user, "addLiquidity", *pool, others, dollars, 0, 0, user, NEVER)
    yield Wait(blocks=play.random.randrange(3, 12))
    shares = play.home.read(uniswap.dair_usdr, "balanceOf", user)
    yield from allowed(play, uniswap.dair_usdr, user, uniswap.router, shares)
    yield uniswap.router.by(user, "removeLiquidity", *pool, shares, 0, 0, user, NEVER)


activity = Activity(id="provide-liquidity", run=run, rate=3, alone="liquidity")
