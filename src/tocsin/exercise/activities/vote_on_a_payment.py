"""
Governance votes on a payment from its treasury, and makes it.

## What it does
A holder proposes that the timelock pays somebody some thousand USDR; it is voted for, queued, waits for the timelock's
hour and is executed by a keeper.

## What it looks like
A call queued in a timelock that takes money out: what a malicious proposal is, with a vote behind it.
"""

from tocsin.exercise.activities._governance import GOVERNOR, decided
from tocsin.exercise.activity import Activity, Doing
from tocsin.exercise.play import Play
from tocsin.exercise.scene.tokens import DOLLAR


def run(play: Play) -> Doing:
    """Decide and pay."""
    usdr, payee = play.scene.tokens.usdr, play.random.choice(play.scene.people.users)
    data = usdr.encode("transfer", payee, play.random.randrange(1_000, 20_000) * DOLLAR)
    yield from decided(play, usdr, data, f"Grant {play.random.randbytes(4).hex()}: pay {payee.name} for their work")


activity = Activity(id="vote-on-a-payment", run=run, rate=0.6, alone=GOVERNOR, is_long=True)
