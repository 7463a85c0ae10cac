"""
An account does several things in one transaction, by code it has delegated to.

## What it does
The owner of an account signs that a contract may act as it (EIP-7702), which a service sends; the account then
approves, swaps and pays in one transaction, and takes the delegation back.

## What it looks like
The delegation that EIP-7702 phishing asks for. This code obeys nobody but the account.
"""

from dataclasses import replace

from tocsin.chain.contract import Account, Contract, Transaction, pay
from tocsin.exercise.activities._shared import deployed, fuelled
from tocsin.exercise.activity import Activity, Doing
from tocsin.exercise.play import Play
from tocsin.exercise.scene.safe import ZERO
from tocsin.exercise.scene.tokens import DOLLAR
from tocsin.exercise.scene.uniswap_v2 import NEVER

SPENT = 500 * DOLLAR


def run(play: Play) -> Doing:
    """Delegate, act, take it back. Only this uses the account, so that its nonce is known when it signs."""
    usdr, people = play.scene.tokens.usdr, play.scene.people
    account = play.home.account("smart account", 0)
    code = yield from deployed(play, play.home.account("delegate operator", 0), "HonestDelegate")
    yield from fuelled(play, account)
    yield usdr.by(play.random.choice(people.users), "transfer", account, SPENT)
    yield from _delegated(play, account, code)
    yield _batch(play, account, code)
    yield from _delegated(play, account, ZERO)


def _delegated(play: Play, account: Account, code: Contract | str) -> Doing:
    """A service sends what the account has signed, with a payment of next to nothing."""
    authorisation = play.home.authorise(account, code)
    yield replace(pay(play.scene.people.keeper, account, 1), authorisations=(authorisation,))


def _batch(play: Play, account: Account, code: Contract) -> Transaction:
    usdr, weth, router = play.scene.tokens.usdr, play.scene.tokens.weth, play.scene.uniswap_v2.router
    payee, half = play.random.choice(play.scene.people.users), SPENT // 2
    calls = (
        (usdr, usdr.encode("approve", router, half)),
        (router, router.encode("swapExactTokensForTokens", half, 0, [usdr, weth], account, NEVER)),
        (usdr, usdr.encode("transfer", payee, half)),
    )
    to, data = ([each[n] for each in calls] for n in (0, 1))
    return Contract(account.address, code.artefact).by(account, "execute", to, [0] * len(calls), data)


activity = Activity(id="batch-as-a-smart-account", run=run, rate=0.7, alone="smart-account")
