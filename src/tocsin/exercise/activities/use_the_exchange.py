"""
A customer pays into the exchange and has a part paid out later.

## What it does
A user sends USDR or ether to their deposit address, the exchange sweeps it to its hot wallet, and some blocks later the
hot wallet pays half of it out to another address of the user's choice.

## What it looks like
An account that passes on at once whatever it gets: what a sweeper does with a stolen key, and a hop in a peel chain.
"""

from tocsin.chain.contract import pay
from tocsin.exercise.activities._shared import some_of
from tocsin.exercise.activity import Activity, Doing, Wait
from tocsin.exercise.play import Play
from tocsin.exercise.scene.people import ETHER
from tocsin.exercise.scene.tokens import DOLLAR


def run(play: Play) -> Doing:
    """In tokens or in ether."""
    yield from play.random.choice((_tokens, _ether))(play)


def _tokens(play: Play) -> Doing:
    usdr, people = play.scene.tokens.usdr, play.scene.people
    user, payee = play.random.sample(people.users, 2)
    deposit = play.random.choice(people.deposits)
    amount = some_of(play, usdr, user, 5_000 * DOLLAR)
    yield usdr.by(user, "transfer", deposit, amount)
    yield usdr.by(deposit, "transfer", people.exchange, amount)
    yield Wait(blocks=play.random.randrange(1, 8))
    yield usdr.by(people.exchange, "transfer", payee, amount // 2)


def _ether(play: Play) -> Doing:
    people = play.scene.people
    user, payee = play.random.sample(people.users, 2)
    deposit = play.random.choice(people.deposits)
    amount = play.random.randrange(5, 300) * ETHER // 100
    yield pay(user, deposit, amount)
    yield pay(deposit, people.exchange, amount)
    yield Wait(blocks=play.random.randrange(1, 8))
    yield pay(people.exchange, payee, amount // 2)


activity = Activity(id="use-the-exchange", run=run, rate=8)
