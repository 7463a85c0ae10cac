"""
A contract moves a flash loan through a vault and repays it.

## What it does
A contract borrows USDR from Balancer; in the callback it asks the lender something, deposits in an ERC-4626 vault,
redeems and repays.

## What it looks like
A flash loan that enters a vault and leaves it in one transaction, as when a share price is played with; the lender is
entered again while it lends. Nobody gains anything.
"""

from tocsin.exercise.activities._hooks import HOOKS, OPERATOR, receiver
from tocsin.exercise.activity import Activity, Doing
from tocsin.exercise.play import Play
from tocsin.exercise.scene.tokens import DOLLAR


def run(play: Play) -> Doing:
    """Pay the contract a dollar for what rounding takes, and let it borrow."""
    usdr, operator = play.scene.tokens.usdr, play.home.account(OPERATOR, 0)
    contract = yield from receiver(play)
    yield usdr.by(play.random.choice(play.scene.people.users), "transfer", contract, DOLLAR)
    loan = play.random.randrange(10_000, 1_000_000) * DOLLAR
    yield contract.by(operator, "useLoan", play.scene.services.vault, loan)


activity = Activity(id="flash-loan-through-a-vault", run=run, rate=0.8, alone=HOOKS)
