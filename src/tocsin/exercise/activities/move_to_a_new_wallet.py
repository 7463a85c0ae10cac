"""
Somebody moves everything they have to a new wallet.

## What it does
A user fills a wallet with three tokens and ether, and some blocks later moves all of it to another, new one: the old
phone is given away.

## What it looks like
A stolen key: every token of an account leaves within a minute, to an address nobody has seen.
"""

from tocsin.chain.contract import pay
from tocsin.exercise.activities._shared import fresh, some_of
from tocsin.exercise.activity import Activity, Doing, Wait
from tocsin.exercise.play import Play
from tocsin.exercise.scene.people import ETHER
from tocsin.exercise.scene.tokens import DOLLAR

FUNDS, LEFT = 3 * ETHER, ETHER // 10
"""Ether moved in, and what the old wallet keeps for fees."""


def run(play: Play) -> Doing:
    """Fill, wait, empty."""
    tokens, user = play.scene.tokens, play.random.choice(play.scene.people.users)
    old, new = fresh(play, "old wallet"), fresh(play, "new wallet")
    yield pay(user, old, FUNDS)
    for token, most in ((tokens.usdr, 5_000 * DOLLAR), (tokens.dair, 2_000 * ETHER), (tokens.weth, ETHER)):
        yield token.by(user, "transfer", old, some_of(play, token, user, most))
    yield Wait(blocks=play.random.randrange(3, 12))
    for token in (tokens.usdr, tokens.dair, tokens.weth):
        yield token.by(old, "transfer", new, play.home.read(token, "balanceOf", old))
    yield pay(old, new, FUNDS - LEFT)


activity = Activity(id="move-to-a-new-wallet", run=run, rate=0.7)
