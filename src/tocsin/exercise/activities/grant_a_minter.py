"""
The founder lets a service mint USDR for a while, as planned.

## What it does
The founder grants the minter's role to a service, which mints some hundred thousand dollars to the exchange in two
parts; then the role is taken back.

## What it looks like
A role granted to a new account which at once mints out of nothing: an insider's, or a stolen key's.
"""

from tocsin.exercise.activities._shared import fuelled
from tocsin.exercise.activity import Activity, Doing, Wait
from tocsin.exercise.play import Play
from tocsin.exercise.scene.tokens import DOLLAR


def run(play: Play) -> Doing:
    """Grant, mint twice, revoke."""
    usdr, people, service = play.scene.tokens.usdr, play.scene.people, play.home.account("minting service", 0)
    role = play.home.read(usdr, "MINTER_ROLE")
    yield from fuelled(play, service)
    play.knowledge.announce(play.home, usdr, "CHG-2: a minting service", becomes=service)
    yield usdr.by(people.founder, "grantRole", role, service)
    for _ in range(2):
        yield Wait(blocks=play.random.randrange(1, 6))
        yield usdr.by(service, "mint", people.exchange, play.random.randrange(10_000, 200_000) * DOLLAR)
    yield usdr.by(people.founder, "revokeRole", role, service)


activity = Activity(id="grant-a-minter", run=run, rate=0.6, alone="minter")
