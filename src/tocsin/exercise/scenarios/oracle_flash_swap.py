"""
A flash swap moves the price that a lending market believes, and the market is emptied in one transaction.

## Story
A small lending market takes THIN for collateral and believes what a Uniswap V2 pair holds at the moment. Another pair
lends eight million dollars to whoever pays them back before the transaction ends.

## Steps
1. The attacker creates the contract that will do it all.
2. One transaction: take 8 million USDR out of the WETH/USDR pair, buy THIN, pledge a twentieth of it, borrow all the
   market has at the raised price, sell the rest of the THIN, pay the pair back.
3. The attacker turns USDR into WETH, a million at a time.

## Honest twin
A user opens a small leveraged position at the same market with the same kind of flash swap; the pledge bears the loan.

## Containment
Before: the bot pauses the market through the emergency module. After: the USDR is blacklisted and seized while the
attacker holds it.

## References
- Qin and others, Attacking the DeFi Ecosystem with Flash Loans for Fun and Profit (https://arxiv.org/abs/2003.03810).
"""

from dataclasses import dataclass

from tocsin.chain.contract import Account, Contract
from tocsin.exercise.play import Play
from tocsin.exercise.scenario import Expected, Scenario
from tocsin.exercise.scenarios._selling import sold
from tocsin.exercise.scene.tokens import DOLLAR, MILLION
from tocsin.exercise.scene.uniswap_v2 import MOST
from tocsin.exercise.taxonomy import Tag
from tocsin.exercise.truth import Truth, loss, step, told
from tocsin.model.priority import Priority

STOCK, LOAN = 3 * MILLION * DOLLAR, 8 * MILLION * DOLLAR
LAUNDERED = MILLION * DOLLAR
"""What is turned into WETH at a time."""
OWN, LEVERAGE = 30_000 * DOLLAR, 20_000 * DOLLAR
GAS = 6_000_000


@dataclass(frozen=True, slots=True)
class Targets:
    """What the scenario is played on."""

    market: Contract
    attacker: Account
    user: Account


def prepare(play: Play) -> Targets:
    """A market with three million dollars, which the emergency module may pause."""
    home, scene, founder = play.home, play.scene, play.scene.people.founder
    tokens, artefact = scene.tokens, play.library.own("SpotLending")
    values = (tokens.thin, tokens.usdr, scene.uniswap_v2.thin_usdr, scene.safe.wallet)
    market = home.deploy(founder, artefact, *values, name="THIN lending market")
    home.do(tokens.usdr.by(founder, "approve", market, MOST))
    home.do(market.by(founder, "lend", STOCK))
    home.do(scene.safe.allows(home, market, "pause"))
    user = home.account("leveraged user")
    home.do(tokens.usdr.by(founder, "transfer", user, OWN))
    return Targets(market, home.account("attacker"), user)


def attack(play: Play, targets: Targets) -> Truth:
    """Deploy, empty, launder."""
    home, usdr, attacker, market = play.home, play.scene.tokens.usdr, targets.attacker, targets.market
    before = home.read(usdr, "balanceOf", market)
    contract = _deploy(play, "FlashSwapOracleAttacker", attacker, market)
    emptied = home.do(contract.by(attacker, "run", LOAN, gas=GAS))
    taken = before - home.read(usdr, "balanceOf", market)
    kept, thin = home.read(usdr, "balanceOf", attacker), play.scene.tokens.thin
    allowed, *sales = sold(play, attacker, LAUNDERED)
    return told(
        scenario.id,
        attackers=(attacker, contract),
        victims=(market,),
        steps=(
            step("creates the contract that will attack", home.creation(contract)),
            step(
                "takes eight million from a pair, raises the price of THIN, borrows all the market has",
                emptied,
                lost=[loss(emptied, usdr, market, taken)],
                left=[loss(emptied, thin, market, home.read(thin, "balanceOf", market))],
                gone=[loss(emptied, usdr, market, taken - kept)],
            ),
            step("lets a router take its USDR", allowed),
            *(
                step("turns a million USDR into WETH", each, gone=[loss(each, usdr, market, LAUNDERED)])
                for each in sales
            ),
        ),
    )


def _deploy(play: Play, name: str, by: Account, market: Contract) -> Contract:
    lender = play.scene.uniswap_v2.weth_usdr
    return play.home.deploy(by, play.library.own(name), lender, market, name=f"{by.name}'s contract")


def twin(play: Play, targets: Targets) -> None:
    """A leveraged position."""
    home, user = play.home, targets.user
    contract = _deploy(play, "FlashSwapLeverage", user, targets.market)
    home.do(play.scene.tokens.usdr.by(user, "approve", contract, OWN))
    home.do(contract.by(user, "open", OWN, LEVERAGE, gas=GAS))


def contain(play: Play, targets: Targets) -> str:
    """The bot pauses the market."""
    contract = _deploy(play, "FlashSwapOracleAttacker", targets.attacker, targets.market)
    play.home.do(play.scene.safe.fires(targets.market, "pause"))
    return play.home.refused(contract.by(targets.attacker, "run", LOAN, gas=GAS))


scenario = Scenario(
    id="oracle-flash-swap",
    priority=Priority.P1,
    tags=(Tag.PRICE_ORACLE, Tag.FLASH_LOAN, Tag.RESOURCE_DEVELOPMENT, Tag.EXECUTION, Tag.IMPACT),
    expects=Expected(detectors=("price-manipulation", "flash-loan-exploit")),
    prepare=prepare,
    attack=attack,
    twin=twin,
    contain=contain,
)
