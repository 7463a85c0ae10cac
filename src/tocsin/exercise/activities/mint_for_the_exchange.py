"""
The real minter mints millions for the exchange, and burns what is handed back.

## What it does
The founder mints five to fifteen million USDR to the hot wallet of the exchange, which paid for it elsewhere; some
blocks later the exchange hands a third of it back, and it is burned.

## What it looks like
A mint out of nothing of a few per cent of all there is, as after the theft of the minter's key.
"""

from tocsin.exercise.activity import Activity, Doing, Wait
from tocsin.exercise.play import Play
from tocsin.exercise.scene.tokens import DOLLAR, MILLION


def run(play: Play) -> Doing:
    """Mint, wait, hand back, burn."""
    usdr, people = play.scene.tokens.usdr, play.scene.people
    amount = play.random.randrange(5, 15) * MILLION * DOLLAR
    yield usdr.by(people.founder, "mint", people.exchange, amount)
    yield Wait(blocks=play.random.randrange(3, 10))
    yield usdr.by(people.exchange, "transfer", people.founder, amount // 3)
    yield usdr.by(people.founder, "burn", amount // 3)


activity = Activity(id="mint-for-the-exchange", run=run, rate=0.8)
