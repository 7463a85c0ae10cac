"""
An employer pays salaries, in ether and in equal parts.

## What it does
The founder sends ether to a contract that passes it on to several users in the same transaction.

## What it looks like
Ether that splits, as when stolen money is spread.
"""

from tocsin.exercise.activities._batches import PAYER, payer
from tocsin.exercise.activity import Activity, Doing
from tocsin.exercise.play import Play
from tocsin.exercise.scene.people import ETHER


def run(play: Play) -> Doing:
    """Pay."""
    people = play.scene.people
    contract = yield from payer(play)
    payees = play.random.sample(people.users, play.random.randrange(3, 7))
    value = len(payees) * play.random.randrange(1, 20) * ETHER // 10
    yield contract.by(people.founder, "payEther", payees, value=value)


activity = Activity(id="pay-salaries", run=run, rate=1, alone=PAYER)
