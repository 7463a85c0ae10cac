"""
A bot buys just before a user's order and sells just after it, at the user's expense.

## Story
A user's order for ether waits in the public pool of transactions and allows a fifth less than it was quoted. A bot that
reads the pool pays for the places before and behind it.

## Steps
1. The bot buys WETH with 2 million USDR; the price rises.
2. The user buys WETH with 150 000 USDR and gets less than it was quoted.
3. The bot sells what it bought. All three are in one block.

## Honest twin
An arbitrageur buys WETH on Uniswap V3 before the user's order and sells it on V2 after it, in one block: the user's
price is not touched. Then a trader buys and sells on V2 in one block, with nobody between.

## Containment
None on the chain: the user sends through a private pool, or allows less slippage.

## References
- Daian and others, Flash Boys 2.0 (https://arxiv.org/abs/1904.05234).
"""

from dataclasses import dataclass

from tocsin.chain.contract import Account, Contract, Transaction
from tocsin.exercise.play import Play
from tocsin.exercise.scenario import Expected, Scenario
from tocsin.exercise.scene.tokens import DOLLAR, MILLION
from tocsin.exercise.scene.uniswap_v2 import MOST, NEVER
from tocsin.exercise.scene.uniswap_v3 import FEE
from tocsin.exercise.taxonomy import Tag
from tocsin.exercise.truth import Truth, loss, step, told
from tocsin.model.finding import Severity
from tocsin.model.priority import Priority

FRONT, ORDER = 2 * MILLION * DOLLAR, 150_000 * DOLLAR
ARBITRAGE = 100_000 * DOLLAR
ALLOWED_PERCENT = 80
"""Of the quote: the least that the user takes."""


@dataclass(frozen=True, slots=True)
class Targets:
    """What the scenario is played on."""

    bot: Account
    user: Account


def prepare(play: Play) -> Targets:
    """Both have money, and the routers may take what everybody sells."""
    home, tokens, scene = play.home, play.scene.tokens, play.scene
    targets = Targets(home.account("bot"), scene.people.users[2])
    for owner, amount in ((targets.bot, FRONT), (targets.user, ORDER)):
        home.do(tokens.usdr.by(scene.people.founder, "transfer", owner, amount))
    for token in (tokens.usdr, tokens.weth):
        for owner in (targets.bot, targets.user):
            home.do(token.by(owner, "approve", scene.uniswap_v2.router, MOST))
    home.do(tokens.usdr.by(targets.bot, "approve", scene.uniswap_v3.router, MOST))
    return targets


def attack(play: Play, targets: Targets) -> Truth:
    """Buy, let the user buy, sell."""
    home, weth, user = play.home, play.scene.tokens.weth, targets.user
    quoted, before = _quoted(play, ORDER), home.read(weth, "balanceOf", user)
    buying, selling = _buying(play, targets.bot, FRONT), _selling(play, targets.bot, _quoted(play, FRONT))
    front, order, back = home.mine(buying, _order(play, user, quoted), selling)
    shortfall = quoted - (home.read(weth, "balanceOf", user) - before)
    return told(
        scenario.id,
        attackers=(targets.bot,),
        victims=(user,),
        steps=(
            step("buys WETH before the user", front),
            step("the user gets less WETH than it was quoted", order, lost=[loss(order, weth, user, shortfall)]),
            step("sells the WETH after the user", back),
        ),
    )


def _quoted(play: Play, amount: int) -> int:
    """WETH for so much USDR, now."""
    path = [play.scene.tokens.usdr, play.scene.tokens.weth]
    return int(play.home.read(play.scene.uniswap_v2.router, "getAmountsOut", amount, path)[-1])


def _swap(play: Play, by: Account, path: list[Contract], amount: int, least: int) -> Transaction:
    router = play.scene.uniswap_v2.router
    return router.by(by, "swapExactTokensForTokens", amount, least, path, by, NEVER)


def _buying(play: Play, by: Account, amount: int) -> Transaction:
    return _swap(play, by, [play.scene.tokens.usdr, play.scene.tokens.weth], amount, 0)


def _selling(play: Play, by: Account, amount: int) -> Transaction:
    return _swap(play, by, [play.scene.tokens.weth, play.scene.tokens.usdr], amount, 0)


def _order(play: Play, user: Account, quoted: int) -> Transaction:
    path = [play.scene.tokens.usdr, play.scene.tokens.weth]
    return _swap(play, user, path, ORDER, quoted * ALLOWED_PERCENT // 100)


def twin(play: Play, targets: Targets) -> None:
    """Around a user's order without touching its price; then in and out with nobody between."""
    home, tokens, uniswap, bot = play.home, play.scene.tokens, play.scene.uniswap_v3, targets.bot
    quote = (tokens.usdr, tokens.weth, ARBITRAGE, FEE, 0)
    bought = home.read(uniswap.quoter, "quoteExactInputSingle", quote)[0]
    swap = (tokens.usdr, tokens.weth, FEE, bot, NEVER, ARBITRAGE, 0, 0)
    elsewhere = uniswap.router.by(bot, "exactInputSingle", swap)
    home.mine(elsewhere, _order(play, targets.user, _quoted(play, ORDER)), _selling(play, bot, bought))
    amount = home.read(tokens.usdr, "balanceOf", bot) // 2
    home.mine(_buying(play, bot, amount), _selling(play, bot, _quoted(play, amount)))


scenario = Scenario(
    id="sandwich",
    priority=Priority.P4,
    tags=(Tag.RECONNAISSANCE, Tag.EXECUTION, Tag.IMPACT),
    expects=Expected(detectors=("sandwich",), severity=Severity.INFO),
    prepare=prepare,
    attack=attack,
    twin=twin,
)
