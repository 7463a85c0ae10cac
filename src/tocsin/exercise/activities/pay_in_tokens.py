"""
Somebody pays somebody else in a token.

## What it does
One user sends another a few hundred dollars in USDR or DAIR.

## What it looks like
A plain transfer.
"""

from tocsin.exercise.activities._shared import some_of
from tocsin.exercise.activity import Activity, Doing
from tocsin.exercise.play import Play
from tocsin.exercise.scene.people import ETHER
from tocsin.exercise.scene.tokens import DOLLAR

MOST_DOLLARS = 500


def run(play: Play) -> Doing:
    """Pay."""
    payer, payee = play.random.sample(play.scene.people.users, 2)
    tokens = play.scene.tokens
    token, unit = play.random.choice(((tokens.usdr, DOLLAR), (tokens.dair, ETHER)))
    yield token.by(payer, "transfer", payee, some_of(play, token, payer, MOST_DOLLARS * unit))


activity = Activity(id="pay-in-tokens", run=run, rate=40)
