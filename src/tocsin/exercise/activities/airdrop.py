"""
A project hands tokens out to many.

## What it does
The founder lets a contract pay a few RGOV each to some twenty addresses in one transaction, some of them never seen.

## What it looks like
One contract moves tokens from one account to many: a drainer's proceeds being spread, or poisoned histories.
"""

from tocsin.chain.contract import Account
from tocsin.exercise.activities._batches import PAYER, payer
from tocsin.exercise.activities._shared import allowed, fresh
from tocsin.exercise.activity import Activity, Doing
from tocsin.exercise.play import Play
from tocsin.exercise.scene.people import ETHER


def run(play: Play) -> Doing:
    """Approve and hand out."""
    rgov, people = play.scene.tokens.rgov, play.scene.people
    contract = yield from payer(play)
    others: list[Account] = [fresh(play, "airdropped") for _ in range(play.random.randrange(8, 20))]
    payees = [*people.users, *others]
    amounts = [play.random.randrange(1, 20) * ETHER for _ in payees]
    yield from allowed(play, rgov, people.founder, contract, sum(amounts))
    yield contract.by(people.founder, "pay", rgov, payees, amounts)


activity = Activity(id="airdrop", run=run, rate=0.8, alone=PAYER)
