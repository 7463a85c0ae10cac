"""
The owners of the Safe make several payments in one transaction.

## What it does
Two owners sign a batch of payments in USDR, which the Safe makes through MultiSend, by a delegate call.

## What it looks like
A Safe that runs another contract's code as its own: the way in which a Safe is taken over.
"""

from tocsin.exercise.activities._safe import SAFE
from tocsin.exercise.activity import Activity, Doing
from tocsin.exercise.play import Play
from tocsin.exercise.scene.tokens import DOLLAR


def run(play: Play) -> Doing:
    """Pay several at once."""
    usdr, users = play.scene.tokens.usdr, play.scene.people.users
    payees = play.random.sample(users, play.random.randrange(2, 6))
    amounts = [play.random.randrange(100, 3_000) * DOLLAR for _ in payees]
    calls = [(usdr, usdr.encode("transfer", *each)) for each in zip(payees, amounts, strict=True)]
    yield play.scene.safe.batch(play.home, calls)


activity = Activity(id="batch-from-the-safe", run=run, rate=0.8, alone=SAFE)
