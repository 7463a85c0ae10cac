"""
Somebody pays somebody else in the native coin.

## What it does
One user sends another up to two ether.

## What it looks like
A plain payment.
"""

from tocsin.chain.contract import pay
from tocsin.exercise.activity import Activity, Doing
from tocsin.exercise.play import Play
from tocsin.exercise.scene.people import ETHER

HUNDREDTHS = 200


def run(play: Play) -> Doing:
    """Pay."""
    payer, payee = play.random.sample(play.scene.people.users, 2)
    yield pay(payer, payee, play.random.randrange(1, HUNDREDTHS) * ETHER // 100)


activity = Activity(id="pay-in-ether", run=run, rate=30)
