"""
A contract is told of the tokens it gets, and passes a part on before the transfer is done.

## What it does
A user sends HOOK, or the founder an ERC-1155 token, to a contract whose hook sends a tenth of it to savings, by calling
the token again.

## What it looks like
Re-entrancy: the token is entered again in its own transfer. Nothing is taken twice.
"""

from tocsin.exercise.activities._hooks import HOOKS, receiver
from tocsin.exercise.activities._shared import some_of
from tocsin.exercise.activity import Activity, Doing
from tocsin.exercise.play import Play
from tocsin.exercise.scene.people import ETHER

ID = 1
"""Of the ERC-1155 token that there is."""


def run(play: Play) -> Doing:
    """Send one or the other."""
    tokens, people = play.scene.tokens, play.scene.people
    contract = yield from receiver(play)
    user = play.random.choice(people.users)
    if play.random.choice((True, False)):
        yield tokens.hook.by(user, "transfer", contract, some_of(play, tokens.hook, user, 50 * ETHER))
    else:
        amount = play.random.randrange(10, 500)
        yield tokens.rmulti.by(people.founder, "safeTransferFrom", people.founder, contract, ID, amount, b"")


activity = Activity(id="receive-hooked-tokens", run=run, rate=1.5, alone=HOOKS)
