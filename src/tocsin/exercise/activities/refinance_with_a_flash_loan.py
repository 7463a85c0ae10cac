"""
Somebody closes a loan in Aave with a flash loan and the pledge that this sets free.

## What it does
A user with a loan lets a contract borrow from Balancer, pay the loan back, sell part of the pledge, and repay Balancer.

## What it looks like
A flash loan, a lending market and a swap in one transaction, after which money leaves the market: the outline of a
drain. The pledge is the user's own.
"""

from tocsin.exercise.activities._aave import POOL, closed, opened, repaid
from tocsin.exercise.activities._shared import allowed, deployed
from tocsin.exercise.activity import Activity, Doing
from tocsin.exercise.play import Play
from tocsin.exercise.scene.people import ETHER
from tocsin.exercise.scene.tokens import DOLLAR

REPAID, RELEASED = 3_000 * DOLLAR, 13 * ETHER // 10
"""At prices between 2 500 and 3 500 USDR the one is worth more than the other, with the rest still well pledged."""
BORROWED = 40
"""Per cent of the pledge's worth."""
GAS = 3_000_000


def run(play: Play) -> Doing:
    """Borrow, refinance, close."""
    scene, tokens, aave = play.scene, play.scene.tokens, play.scene.aave
    user, receipt = play.random.choice(scene.people.users), aave.receipt_tokens["weth"]
    operator = play.home.account("refinancing operator", 0)
    contract = yield from deployed(play, operator, "HonestRefinance", scene.balancer.vault, aave.pool)
    yield from opened(play, user, BORROWED)
    yield from allowed(play, receipt, user, contract, RELEASED)
    what = (tokens.usdr, REPAID, tokens.weth, receipt, RELEASED, scene.uniswap_v2.weth_usdr)
    yield contract.by(user, "run", *what, gas=GAS)
    yield from repaid(play, user)
    yield from closed(play, user, ("weth",))


activity = Activity(id="refinance-with-a-flash-loan", run=run, rate=0.8, alone=POOL)
