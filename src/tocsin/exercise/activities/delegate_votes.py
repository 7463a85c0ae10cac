"""
Somebody gives their votes to somebody.

## What it does
A holder of RGOV delegates to themselves or to another user.

## What it looks like
Voting power on the move, as before a vote that is to be taken over; of a thousandth of the supply.
"""

from tocsin.exercise.activity import Activity, Doing
from tocsin.exercise.play import Play


def run(play: Play) -> Doing:
    """Delegate. The first user keeps their votes: proposals pass by them."""
    users = play.scene.people.users
    yield play.scene.tokens.rgov.by(play.random.choice(users[1:]), "delegate", play.random.choice(users))


activity = Activity(id="delegate-votes", run=run, rate=2)
