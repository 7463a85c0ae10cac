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

from collections.abc import Iterator

from tocsin.chain.contract import Account, Contract, Transaction
from tocsin.exercise.activities._shared import allowed, deployed, fuelled
from tocsin.exercise.activity import Activity, Doing, Wait
from tocsin.exercise.play import Play
from tocsin.exercise.scene.people import ETHER
from tocsin.exercise.scene.tokens import DOLLAR, MILLION
from tocsin.exercise.scene.uniswap_v2 import NEVER

LEAST_GAP = 50
"""A fiftieth: both pools take fees, and below that nothing is left."""
CLOSED_PART = 4
"""A price moves about twice as much as what is paid into its pool: with a quarter half of the gap is closed."""
GAS = 5_000_000


def run(play: Play) -> Doing:
    """Move, trade, move back, trade."""
    scene, tokens = play.scene, play.scene.tokens
    operator, holder = (play.home.account(name, 0) for name in ("arbitrage operator", "large holder"))
    contract = yield from deployed(play, operator, "HonestFlashArbitrage", scene.balancer.vault)
    yield from fuelled(play, holder)
    amount = play.random.randrange(1 * MILLION, 3 * MILLION) * DOLLAR
    yield tokens.usdr.by(scene.people.founder, "transfer", holder, amount)
    yield from _traded(play, tokens.usdr, tokens.weth, amount)
    yield from _levelled(play, operator, contract)
    yield Wait(blocks=play.random.randrange(2, 8))
    yield from _traded(play, tokens.weth, tokens.usdr, play.home.read(tokens.weth, "balanceOf", holder))
    yield from _levelled(play, operator, contract)
    left = play.home.read(tokens.usdr, "balanceOf", holder)
    yield tokens.usdr.by(holder, "transfer", scene.people.founder, left)


def _traded(play: Play, given: Contract, wanted: Contract, amount: int) -> Doing:
    router, holder = play.scene.uniswap_v2.router, play.home.account("large holder", 0)
    yield from allowed(play, given, holder, router, amount)
    yield router.by(holder, "swapExactTokensForTokens", amount, 0, [given, wanted], holder, NEVER)


def _levelled(play: Play, operator: Account, contract: Contract) -> Iterator[Transaction]:
    """Close half of the gap between the pools, if there is one. A full-range pool's price is what it holds."""
    tokens, read = play.scene.tokens, play.home.read
    markets = ((play.scene.uniswap_v3.pool, True), (play.scene.uniswap_v2.weth_usdr, False))
    depths = {market: read(tokens.usdr, "balanceOf", market[0]) for market in markets}
    prices = {market: ETHER * depths[market] // read(tokens.weth, "balanceOf", market[0]) for market in markets}
    cheap, dear = sorted(markets, key=lambda market: prices[market])
    gap = prices[dear] - prices[cheap]
    if gap * LEAST_GAP > prices[cheap]:
        both = depths[cheap] * depths[dear] // (depths[cheap] + depths[dear])
        loan = gap * both // prices[cheap] // CLOSED_PART
        yield contract.by(operator, "run", tokens.usdr, loan, *cheap, *dear, gas=GAS)


activity = Activity(id="arbitrage-with-a-flash-loan", run=run, rate=0.8, alone="arbitrage")
