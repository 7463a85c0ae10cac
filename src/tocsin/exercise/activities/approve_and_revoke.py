"""
Somebody lets a spender take a token without limit, thinks better of it, and takes the approval back.

## What it does
A user approves Permit2 for all they have of a token, and revokes that some blocks later. Nothing is taken.

## What it looks like
The first half of approval phishing: an approval without limit of a spender the owner has not dealt with.
"""

from tocsin.exercise.activity import Activity, Doing, Wait
from tocsin.exercise.play import Play
from tocsin.exercise.scene.uniswap_v2 import MOST


def run(play: Play) -> Doing:
    """Approve, wait, revoke."""
    tokens, spender = play.scene.tokens, play.scene.permit2
    user = play.random.choice(play.scene.people.users)
    token = play.random.choice((tokens.usdr, tokens.dair, tokens.weth))
    yield token.by(user, "approve", spender, MOST)
    yield Wait(blocks=play.random.randrange(1, 6))
    yield token.by(user, "approve", spender, 0)


activity = Activity(id="approve-and-revoke", run=run, rate=5)
