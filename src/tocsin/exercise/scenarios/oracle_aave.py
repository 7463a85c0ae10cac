"""
A flash loan moves the price that an Aave market believes, and the market lends against it.

## Story
The market lists THIN, a token with half a million dollars of liquidity, and prices it by what a Uniswap V2 pair holds
at the moment. Whoever can buy THIN for ten million dollars makes a little of it look like a lot. Nobody needs to own
ten million dollars for that: Balancer lends them for the length of a transaction.

## Steps
1. The attacker creates the contract that will do it all.
2. One transaction: borrow 10 million USDR, buy THIN, pledge a twentieth of it, borrow 5 million USDR from Aave at the
   raised price, sell the rest of the THIN, repay the loan, keep what is left.
3. The attacker begins to turn USDR, which can be frozen, into WETH, which cannot: a million at a time.

## Honest twin
A user opens a leveraged position with the same building blocks: flash loan, purchase, pledge, a loan that the pledge
bears, repayment. Nobody loses anything.

## Containment
Before: the Safe, emergency administrator of the market, pauses the reserve of THIN; the attack then reverts with Aave's
error 29. After: USDR is blacklisted and seized as long as the attacker holds it.

## References
- Aave V3, Errors: RESERVE_PAUSED is 29.
- https://scs.owasp.org/sctop10/
"""

from dataclasses import dataclass

from tocsin.chain.contract import Account, Contract
from tocsin.exercise.play import Play
from tocsin.exercise.scenario import Expected, Scenario
from tocsin.exercise.scenarios._selling import sold
from tocsin.exercise.scene.tokens import DOLLAR, MILLION
from tocsin.exercise.taxonomy import Tag
from tocsin.exercise.truth import Truth, loss, step, told
from tocsin.model.priority import Priority

LOAN, TAKEN = 10 * MILLION * DOLLAR, 5 * MILLION * DOLLAR
LAUNDERED = MILLION * DOLLAR
"""What is turned into WETH at a time."""
OWN, LEVERAGE = 50_000 * DOLLAR, 60_000 * DOLLAR
GAS = 8_000_000


@dataclass(frozen=True, slots=True)
class Targets:
    """What the scenario is played on."""

    attacker: Account
    user: Account


def prepare(play: Play) -> Targets:
    """Nothing beyond the scene: the bad oracle is part of it."""
    user = play.scene.people.users[4]
    return Targets(play.home.account("attacker"), user)


def attack(play: Play, targets: Targets) -> Truth:
    """Deploy, drain, launder."""
    home, tokens, attacker = play.home, play.scene.tokens, targets.attacker
    reserve = play.scene.aave.receipt_tokens["usdr"]
    before = home.read(tokens.usdr, "balanceOf", reserve)
    contract = _deploy(play, attacker)
    drained = home.do(contract.by(attacker, "run", LOAN, TAKEN, gas=GAS))
    taken = before - home.read(tokens.usdr, "balanceOf", reserve)
    kept = home.read(tokens.usdr, "balanceOf", attacker)
    approval, *swaps = sold(play, attacker, LAUNDERED)
    return told(
        scenario.id,
        attackers=(attacker, contract),
        victims=(reserve, play.scene.aave.pool),
        steps=(
            step("creates the contract that will attack", home.creation(contract)),
            step(
                "borrows ten million, raises the price of THIN, takes five million from Aave",
                drained,
                lost=[loss(drained, tokens.usdr, reserve, taken)],
                gone=[loss(drained, tokens.usdr, reserve, taken - kept)],
            ),
            step("lets a router take its USDR", approval),
            *(
                step("turns a million USDR into WETH", each, gone=[loss(each, tokens.usdr, reserve, LAUNDERED)])
                for each in swaps
            ),
        ),
    )


def _deploy(play: Play, attacker: Account) -> Contract:
    scene, tokens = play.scene, play.scene.tokens
    needs = (scene.balancer.vault, scene.uniswap_v2.thin_usdr, scene.aave.pool, tokens.thin, tokens.usdr)
    return play.home.deploy(attacker, play.library.own("AaveOracleAttacker"), *needs, name="attacker's contract")


def twin(play: Play, targets: Targets) -> None:
    """A leveraged position."""
    scene, tokens, user = play.scene, play.scene.tokens, targets.user
    needs = (scene.balancer.vault, scene.uniswap_v2.weth_usdr, scene.aave.pool, tokens.weth, tokens.usdr)
    contract = play.home.deploy(user, play.library.own("Leverage"), *needs, name="leverage")
    play.home.do(tokens.usdr.by(user, "approve", contract, OWN))
    play.home.do(contract.by(user, "open", OWN, LEVERAGE, gas=GAS))


def contain(play: Play, targets: Targets) -> str:
    """The Safe pauses the reserve."""
    configurator, safe = play.scene.aave.configurator, play.scene.safe
    contract = _deploy(play, targets.attacker)
    pause = configurator.encode("setReservePause", play.scene.tokens.thin, True)
    play.home.do(safe.executes(play.home, configurator, pause))
    return play.home.refused(contract.by(targets.attacker, "run", LOAN, TAKEN, gas=GAS))


scenario = Scenario(
    id="oracle-aave",
    priority=Priority.P1,
    tags=(Tag.PRICE_ORACLE, Tag.FLASH_LOAN, Tag.RESOURCE_DEVELOPMENT, Tag.EXECUTION, Tag.IMPACT),
    expects=Expected(detectors=("price-manipulation", "flash-loan-exploit")),
    prepare=prepare,
    attack=attack,
    twin=twin,
    contain=contain,
)
