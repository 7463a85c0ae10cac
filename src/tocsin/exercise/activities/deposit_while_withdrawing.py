"""
A contract deposits in a bank again while the bank is still paying it.

## What it does
A contract deposits ether in a sound bank and withdraws it; when it is paid, it puts half of it back at once.

## What it looks like
Re-entrancy: the bank is entered again before its withdrawal is done. It has settled its books before it pays, and
refuses a second withdrawal.
"""

from tocsin.exercise.activities._hooks import HOOKS, OPERATOR, receiver
from tocsin.exercise.activities._shared import deployed
from tocsin.exercise.activity import Activity, Doing
from tocsin.exercise.play import Play
from tocsin.exercise.scene.people import ETHER


def run(play: Play) -> Doing:
    """Deposit, withdraw, deposit meanwhile; others are with the same bank."""
    banker, operator = (play.home.account(name, 0) for name in ("banker", OPERATOR))
    bank = yield from deployed(play, banker, "GuardedBank", banker)
    contract = yield from receiver(play)
    for user in play.random.sample(play.scene.people.users, 2):
        yield bank.by(user, "deposit", value=play.random.randrange(1, 5) * ETHER)
    yield contract.by(operator, "useBank", bank, value=play.random.randrange(1, 20) * ETHER // 10)


activity = Activity(id="deposit-while-withdrawing", run=run, rate=1, alone=HOOKS)
