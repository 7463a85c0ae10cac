"""
The price of ether halves, a feed stands still, and a market goes on lending at the old price.

## Story
A lending market asks a price feed for the price of WETH and not for when it was last set. The feed is set every ten
minutes, until its operator falls asleep. Large sales halve the price on both exchanges. Whoever buys WETH now can
borrow more against it than it costs.

## Steps
1. The attacker buys WETH at half price, forty minutes after the feed was last set.
2. A trial: 100 WETH pledged, 225 000 USDR borrowed.
3. The rest: more than the pledge will ever fetch.
4. The attacker turns USDR into DAIR, which the market's guardians cannot freeze.

## Honest twin
The price falls the same way, and the feed is set to it at once. A user buys the same, pledges it and borrows what it
bears.

## Containment
The bot pauses the market through the emergency module until the feed is set.

## References
- Chainlink documentation, data feeds: check the timestamp of the latest answer.
"""

from dataclasses import dataclass

from tocsin.chain.contract import Account, Contract, Receipt, Transaction
from tocsin.exercise.play import Play
from tocsin.exercise.scenario import Expected, Scenario
from tocsin.exercise.scene.people import ETHER
from tocsin.exercise.scene.tokens import DOLLAR, MILLION
from tocsin.exercise.scene.uniswap_v2 import MOST, NEVER
from tocsin.exercise.scene.uniswap_v3 import FEE
from tocsin.exercise.taxonomy import Tag
from tocsin.exercise.truth import Step, Truth, loss, step, told
from tocsin.model.priority import Priority

STOCK = 3 * MILLION * DOLLAR
OLD_PRICE, NEW_PRICE = 3_000 * 10**8, 1_500 * 10**8
"""Dollars with eight decimals."""
SOLD_ON_V2, SOLD_ON_V3 = 4_142 * ETHER, 2_071 * ETHER
"""By others: what halves the price on each exchange."""
CAPITAL = 1_700_000 * DOLLAR
TRIAL, REST = 100 * ETHER, 850 * ETHER
BORROWED_EACH = 2_250 * DOLLAR
"""Against one WETH: three quarters of the old price."""
BORNE_EACH = 1_000 * DOLLAR
"""In the twin: less than three quarters of the new one."""
LAUNDERED = 200_000 * DOLLAR
HEARTBEAT_SECONDS, BEATS, SILENT_SECONDS = 600, 9, 2_400
"""How often the feed is set, how many times at least, and how long it then stands still."""
FLUTTER = 10**8
"""A dollar: how far the price goes up and down before it falls."""


@dataclass(frozen=True, slots=True)
class Targets:
    """What the scenario is played on."""

    market: Contract
    feed: Contract
    attacker: Account
    user: Account
    seller: Account
    """Sells so much that the price halves: nobody's attack."""


def prepare(play: Play) -> Targets:
    """A market with its feed and three million dollars; everybody has what they sell and spend."""
    home, scene, founder = play.home, play.scene, play.scene.people.founder
    tokens = scene.tokens
    feed = home.deploy(founder, play.library.own("PriceFeed"), 8, OLD_PRICE, founder, name="WETH feed of the market")
    values = (tokens.weth, tokens.usdr, feed, scene.safe.wallet)
    market = home.deploy(founder, play.library.own("StaleLending"), *values, name="WETH lending market")
    home.do(tokens.usdr.by(founder, "approve", market, MOST))
    home.do(market.by(founder, "lend", STOCK))
    home.do(scene.safe.allows(home, market, "pause"))
    targets = Targets(market, feed, home.account("attacker"), home.account("borrower"), home.account("large seller"))
    home.do(tokens.weth.by(founder, "transfer", targets.seller, SOLD_ON_V2 + SOLD_ON_V3))
    for router in (scene.uniswap_v2.router, scene.uniswap_v3.router):
        home.do(tokens.weth.by(targets.seller, "approve", router, MOST))
    for who in (targets.attacker, targets.user):
        home.do(tokens.usdr.by(founder, "transfer", who, CAPITAL))
        home.do(tokens.usdr.by(who, "approve", scene.uniswap_v2.router, MOST))
        home.do(tokens.weth.by(who, "approve", market, MOST))
    return targets


def attack(play: Play, targets: Targets) -> Truth:
    """Updates that stop, the fall, the purchase, two loans, laundering."""
    home, attacker = play.home, targets.attacker
    _beat(play, targets)
    _fall(play, targets)
    home.pass_time(SILENT_SECONDS)
    bought = home.do(_purchase(play, attacker))
    loans = [*_loan(play, targets, TRIAL), *_loan(play, targets, REST)]
    return told(
        scenario.id,
        attackers=(attacker,),
        victims=(targets.market,),
        steps=(step("buys WETH at half price", bought), *loans, *_laundered(play, targets)),
        knowable=bought,
    )


def _beat(play: Play, targets: Targets) -> None:
    """The feed is set as it should be."""
    for number in range(BEATS):
        play.home.pass_time(HEARTBEAT_SECONDS)
        _set(play, targets, OLD_PRICE + (number % 2) * FLUTTER)


def _set(play: Play, targets: Targets, price: int) -> None:
    play.home.do(targets.feed.by(play.scene.people.founder, "setAnswer", price))


def _fall(play: Play, targets: Targets) -> None:
    """Others sell on both exchanges."""
    tokens, seller = play.scene.tokens, targets.seller
    path = [tokens.weth, tokens.usdr]
    play.home.do(
        play.scene.uniswap_v2.router.by(seller, "swapExactTokensForTokens", SOLD_ON_V2, 0, path, seller, NEVER)
    )
    swap = (tokens.weth, tokens.usdr, FEE, seller, NEVER, SOLD_ON_V3, 0, 0)
    play.home.do(play.scene.uniswap_v3.router.by(seller, "exactInputSingle", swap))


def _purchase(play: Play, by: Account) -> Transaction:
    tokens, router = play.scene.tokens, play.scene.uniswap_v2.router
    return router.by(by, "swapExactTokensForTokens", CAPITAL, 0, [tokens.usdr, tokens.weth], by, NEVER)


def _loan(play: Play, targets: Targets, pledge: int) -> list[Step]:
    """Pledge and borrow."""
    home, tokens, market, attacker = play.home, play.scene.tokens, targets.market, targets.attacker
    pledged = home.do(market.by(attacker, "supply", pledge))
    amount = pledge * BORROWED_EACH // ETHER
    borrowed = home.do(market.by(attacker, "borrow", amount))
    lost, left = loss(borrowed, tokens.usdr, market, amount), loss(pledged, tokens.weth, market, pledge)
    return [
        step(f"pledges {pledge // ETHER} WETH", pledged, left=[left]),
        step("borrows against it at the old price", borrowed, [lost], gone=[]),
    ]


def _laundered(play: Play, targets: Targets) -> list[Step]:
    home, tokens, router = play.home, play.scene.tokens, play.scene.uniswap_v2.router
    path, attacker = [tokens.usdr, tokens.dair], targets.attacker

    def sale() -> Receipt:
        return home.do(router.by(attacker, "swapExactTokensForTokens", LAUNDERED, 0, path, attacker, NEVER))

    return [
        step("turns USDR into DAIR", sold, gone=[loss(sold, tokens.usdr, targets.market, LAUNDERED)])
        for sold in (sale(), sale())
    ]


def twin(play: Play, targets: Targets) -> None:
    """The fall, a feed that follows at once and in its rhythm, and a loan that the pledge bears."""
    home, market, user = play.home, targets.market, targets.user
    _beat(play, targets)
    _fall(play, targets)
    for _ in range(SILENT_SECONDS // HEARTBEAT_SECONDS):
        _set(play, targets, NEW_PRICE)
        home.pass_time(HEARTBEAT_SECONDS)
    home.do(_purchase(play, user))
    home.do(market.by(user, "supply", REST))
    home.do(market.by(user, "borrow", REST * BORNE_EACH // ETHER))


def contain(play: Play, targets: Targets) -> str:
    """The bot pauses the market."""
    home, market, attacker = play.home, targets.market, targets.attacker
    _fall(play, targets)
    home.do(_purchase(play, attacker))
    home.do(market.by(attacker, "supply", TRIAL))
    home.do(play.scene.safe.fires(market, "pause"))
    return home.refused(market.by(attacker, "borrow", TRIAL * BORROWED_EACH // ETHER))


scenario = Scenario(
    id="oracle-staleness",
    priority=Priority.P1,
    tags=(Tag.PRICE_ORACLE, Tag.INPUT_VALIDATION, Tag.EXECUTION, Tag.IMPACT),
    expects=Expected(detectors=("oracle-fault",)),
    prepare=prepare,
    attack=attack,
    twin=twin,
    contain=contain,
)
