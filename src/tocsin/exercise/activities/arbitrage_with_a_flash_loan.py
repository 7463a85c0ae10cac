"""
A large purchase moves one pool, and somebody trades the difference to another away with a flash loan.

## What it does
A large holder buys WETH for one to three million USDR on the V2 pair. An arbitrageur borrows from Balancer, buys on the
V3 pool where WETH is still cheap, sells on the pair where it is dear, repays, and keeps tens of thousands of dollars.
Some blocks later the holder sells again, and the arbitrageur trades the other way.

## What it looks like
A flash loan, two swaps and a large profit in one transaction, by a contract nobody knows. The price was moved by
somebody else, in another transaction; nobody loses what was theirs.
"""

from tocsin.chain.contract import Contract
from tocsin.exercise.activities._shared import allowed, deployed, fuelled
from tocsin.exercise.activity import Activity, Doing, Wait
from tocsin.exercise.play import Play
from tocsin.exercise.scene.tokens import DOLLAR, MILLION
from tocsin.exercise.scene.uniswap_v2 import NEVER

BORROWED_PART = 6
"""With a sixth of what moved the first pool the difference is about half gone, and the profit about the largest."""
GAS = 5_000_000


def run(play: Play) -> Doing:
    """Move, trade, move back, trade."""
    scene, tokens, uniswap = play.scene, play.scene.tokens, play.scene.uniswap_v2
    operator, holder = (play.home.account(name, 0) for name in ("arbitrage operator", "large holder"))
    contract = yield from deployed(play, operator, "HonestFlashArbitrage", scene.balancer.vault)
    yield from fuelled(play, holder)
    amount = play.random.randrange(1 * MILLION, 3 * MILLION) * DOLLAR
    yield tokens.usdr.by(scene.people.founder, "transfer", holder, amount)
    loan = amount // BORROWED_PART
    cheap, dear = (scene.uniswap_v3.pool, True), (uniswap.weth_usdr, False)
    yield from _traded(play, tokens.usdr, tokens.weth, amount)
    yield contract.by(operator, "run", tokens.usdr, loan, *cheap, *dear, gas=GAS)
    yield Wait(blocks=play.random.randrange(2, 8))
    yield from _traded(play, tokens.weth, tokens.usdr, play.home.read(tokens.weth, "balanceOf", holder))
    yield contract.by(operator, "run", tokens.usdr, loan, *dear, *cheap, gas=GAS)
    left = play.home.read(tokens.usdr, "balanceOf", holder)
    yield tokens.usdr.by(holder, "transfer", scene.people.founder, left)


def _traded(play: Play, given: Contract, wanted: Contract, amount: int) -> Doing:
    router, holder = play.scene.uniswap_v2.router, play.home.account("large holder", 0)
    yield from allowed(play, given, holder, router, amount)
    yield router.by(holder, "swapExactTokensForTokens", amount, 0, [given, wanted], holder, NEVER)


activity = Activity(id="arbitrage-with-a-flash-loan", run=run, rate=1.5, alone="arbitrage")
