"""
The owners of the Safe make a payment.

## What it does
Two owners sign a payment of some thousand USDR, or of a little WETH, to a user.

## What it looks like
Money leaves a treasury.
"""

from tocsin.exercise.activities._safe import SAFE
from tocsin.exercise.activity import Activity, Doing
from tocsin.exercise.play import Play
from tocsin.exercise.scene.people import ETHER
from tocsin.exercise.scene.tokens import DOLLAR


def run(play: Play) -> Doing:
    """Pay."""
    safe, tokens, payee = play.scene.safe, play.scene.tokens, play.random.choice(play.scene.people.users)
    amounts = (
        (tokens.usdr, play.random.randrange(500, 10_000) * DOLLAR),
        (tokens.weth, play.random.randrange(1, 20) * ETHER // 10),
    )
    token, amount = play.random.choice(amounts)
    yield safe.executes(play.home, token, token.encode("transfer", payee, amount))


activity = Activity(id="pay-from-the-safe", run=run, rate=1.5, alone=SAFE)
