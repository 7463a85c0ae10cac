"""Positions in Aave, opened and closed."""

from collections.abc import Iterator, Sequence

from tocsin.chain.contract import Account, Transaction
from tocsin.exercise.activities._shared import allowed
from tocsin.exercise.play import Play
from tocsin.exercise.scene.aave import VARIABLE_RATE
from tocsin.exercise.scene.people import ETHER
from tocsin.exercise.scene.uniswap_v2 import MOST

POOL = "aave"
"""Whoever uses the market uses it alone: prices are cut there now and then."""
PLEDGED = 3 * ETHER
PRICE_SCALE = 10**20
"""From wei times a price of eight decimals to USDR of six."""


def opened(play: Play, user: Account, per_cent: int) -> Iterator[Transaction]:
    """Pledge three WETH, and borrow so much of its worth in USDR."""
    tokens, aave = play.scene.tokens, play.scene.aave
    worth = PLEDGED * play.home.read(aave.feeds["weth"], "latestAnswer") // PRICE_SCALE
    yield from allowed(play, tokens.weth, user, aave.pool, PLEDGED)
    yield aave.pool.by(user, "supply", tokens.weth, PLEDGED, user, 0)
    yield aave.pool.by(user, "borrow", tokens.usdr, worth * per_cent // 100, VARIABLE_RATE, 0, user)


def repaid(play: Play, user: Account) -> Iterator[Transaction]:
    """Pay back all USDR that is owed."""
    usdr, pool = play.scene.tokens.usdr, play.scene.aave.pool
    yield from allowed(play, usdr, user, pool, MOST // 2)
    yield pool.by(user, "repay", usdr, MOST, VARIABLE_RATE, user)


def closed(play: Play, user: Account, pledged: Sequence[str]) -> Iterator[Transaction]:
    """Take out all of these tokens."""
    for name in pledged:
        yield play.scene.aave.pool.by(user, "withdraw", getattr(play.scene.tokens, name), MOST, user)


def priced(play: Play, per_cent: int, of: int) -> Transaction:
    """The feed of WETH says so much of a price from now on."""
    return play.scene.aave.feeds["weth"].by(play.scene.people.founder, "setAnswer", of * per_cent // 100)


def liquidated(play: Play, user: Account, owed: int) -> Iterator[Transaction]:
    """The keeper pays half of what a user owes, and gets WETH for it at a discount."""
    tokens, pool, keeper = play.scene.tokens, play.scene.aave.pool, play.scene.people.keeper
    yield from allowed(play, tokens.usdr, keeper, pool, owed)
    yield pool.by(keeper, "liquidationCall", tokens.weth, tokens.usdr, user, owed // 2, False)
