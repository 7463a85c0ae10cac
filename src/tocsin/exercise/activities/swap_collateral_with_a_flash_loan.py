"""
Somebody replaces what they have pledged in Aave by another token, with a flash loan of Aave's own.

## What it does
A user with a loan lets a contract borrow USDR, pledge it for them, take most of the WETH out, sell it and repay.

## What it looks like
A flash loan whose callback deposits into the very market that lends it, takes out somebody's pledge and swaps it: much
re-entry and money on the move, and nobody is worse off.
"""

from tocsin.exercise.activities._aave import POOL, closed, opened, repaid
from tocsin.exercise.activities._shared import allowed, deployed
from tocsin.exercise.activity import Activity, Doing
from tocsin.exercise.play import Play
from tocsin.exercise.scene.people import ETHER
from tocsin.exercise.scene.tokens import DOLLAR

LOAN, GIVEN = 4_000 * DOLLAR, 2 * ETHER
BORROWED = 20
"""Per cent of the pledge's worth."""
GAS = 3_000_000


def run(play: Play) -> Doing:
    """Borrow, swap the pledge, close."""
    scene, tokens, aave = play.scene, play.scene.tokens, play.scene.aave
    user, receipt = play.random.choice(scene.people.users), aave.receipt_tokens["weth"]
    operator = play.home.account("collateral swap operator", 0)
    contract = yield from deployed(play, operator, "CollateralSwap", aave.pool)
    yield from opened(play, user, BORROWED)
    yield from allowed(play, receipt, user, contract, GIVEN)
    what = (tokens.usdr, LOAN, tokens.weth, receipt, GIVEN, scene.uniswap_v2.weth_usdr)
    yield contract.by(user, "run", *what, gas=GAS)
    yield from repaid(play, user)
    yield from closed(play, user, ("usdr", "weth"))


activity = Activity(id="swap-collateral-with-a-flash-loan", run=run, rate=0.8, alone=POOL)
