"""
A bot adds liquidity just before a large swap and takes it out just after, and earns the fee that others would have had.

## Story
A user's swap on Uniswap V3 waits in the public pool of transactions. A bot puts ten times the pool's liquidity around
the price for the length of one block: most of the fee is its own. The user is served better; those who provide
liquidity all the time earn nothing on the day's largest trade.

## Steps
1. The bot adds liquidity around the price.
2. The user swaps 400 000 USDR.
3. The bot takes its liquidity out, with the fee. All three are in one block.

## Honest twin
A provider adds liquidity in the same range, earns the fees of several swaps over some blocks, and takes it out.

## Containment
None, and nobody has lost what they had: it is to be labelled, so that it is not taken for an attack.

## References
- Uniswap Labs, Just-In-Time Liquidity on the Uniswap Protocol (2022).
"""

from dataclasses import dataclass

from tocsin.chain.contract import Account, Contract, Transaction
from tocsin.exercise.play import Play
from tocsin.exercise.scenario import Expected, Scenario
from tocsin.exercise.scene.people import ETHER
from tocsin.exercise.scene.tokens import DOLLAR, MILLION
from tocsin.exercise.scene.uniswap_v2 import MOST, NEVER
from tocsin.exercise.scene.uniswap_v3 import FEE
from tocsin.exercise.taxonomy import Tag
from tocsin.exercise.truth import Truth, step, told
from tocsin.model.finding import Severity
from tocsin.model.priority import Priority

LIQUIDITY = 5 * 10**18
"""Some twenty times what the pool has."""
ORDER, SMALL_ORDER = 400_000 * DOLLAR, 60_000 * DOLLAR
TICKS_APART = 60
"""Of a pool with a fee of 0.3 %."""
WIDTH = 2
"""Usable ticks below and above the price."""


@dataclass(frozen=True, slots=True)
class Targets:
    """What the scenario is played on."""

    bot: Account
    provider: Contract
    """The bot's contract."""
    user: Account


def prepare(play: Play) -> Targets:
    """The bot has a contract, and both have money."""
    home, tokens, founder = play.home, play.scene.tokens, play.scene.people.founder
    bot, user = home.account("liquidity bot"), home.account("large trader")
    provider = home.deploy(bot, play.library.own("JustInTimeProvider"), play.scene.uniswap_v3.pool)
    for token, amount in ((tokens.usdr, 4 * MILLION * DOLLAR), (tokens.weth, 1_500 * ETHER)):
        home.do(token.by(founder, "transfer", bot, amount))
        home.do(token.by(bot, "approve", provider, MOST))
    home.do(tokens.usdr.by(founder, "transfer", user, ORDER))
    home.do(tokens.usdr.by(user, "approve", play.scene.uniswap_v3.router, MOST))
    return Targets(bot, provider, user)


def attack(play: Play, targets: Targets) -> Truth:
    """Add, let the user swap, take out."""
    place = _place(play)
    opening = targets.provider.by(targets.bot, "open", *place, LIQUIDITY)
    closing = targets.provider.by(targets.bot, "close", *place, LIQUIDITY)
    opened, swapped, closed = play.home.mine(opening, _order(play, targets.user, ORDER), closing)
    return told(
        scenario.id,
        attackers=(targets.bot, targets.provider),
        victims=(play.scene.uniswap_v3.pool,),
        steps=(
            step("adds liquidity around the price", opened),
            step("the user swaps", swapped),
            step("takes the liquidity out, with the fee", closed),
        ),
    )


def _place(play: Play) -> tuple[int, int]:
    """The usable ticks around the price."""
    tick = play.home.read(play.scene.uniswap_v3.pool, "slot0")[1]
    middle = tick // TICKS_APART * TICKS_APART
    return middle - WIDTH * TICKS_APART, middle + (WIDTH + 1) * TICKS_APART


def _order(play: Play, by: Account, amount: int) -> Transaction:
    tokens, router = play.scene.tokens, play.scene.uniswap_v3.router
    return router.by(by, "exactInputSingle", (tokens.usdr, tokens.weth, FEE, by, NEVER, amount, 0, 0))


def twin(play: Play, targets: Targets) -> None:
    """Liquidity that stays for a while."""
    place = _place(play)
    play.home.do(targets.provider.by(targets.bot, "open", *place, LIQUIDITY))
    for _ in range(3):
        play.home.do(_order(play, targets.user, SMALL_ORDER))
    play.home.do(targets.provider.by(targets.bot, "close", *place, LIQUIDITY))


scenario = Scenario(
    id="jit-liquidity",
    priority=Priority.P4,
    tags=(Tag.RECONNAISSANCE, Tag.EXECUTION, Tag.IMPACT),
    expects=Expected(detectors=("jit-liquidity",), severity=Severity.INFO),
    prepare=prepare,
    attack=attack,
    twin=twin,
)
