"""
Somebody pays somebody else in a token.

## What it does
One user sends another a few hundred dollars in USDR or DAIR.

## What it looks like
A plain transfer.
"""

from tocsin.exercise.activity import Activity, Doing
from tocsin.exercise.play import Play
from tocsin.exercise.scene.people import ETHER
from tocsin.exercise.scene.tokens import DOLLAR


def run(play: Play) -> Doing:
    """Pay."""
    payer, payee = play.random.sample(play.scene.people.users, 2)
    tokens, amount = play.scene.tokens, play.random.randrange(1, 500)
    token, unit = play.random.choice(((tokens.usdr, DOLLAR), (tokens.dair, ETHER)))
    yield token.by(payer, "transfer", payee, amount * unit)


activity = Activity(id="pay-in-tokens", run=run, rate=30)
