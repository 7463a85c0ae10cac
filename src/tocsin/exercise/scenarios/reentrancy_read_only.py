"""
While a pool pays out, its shares look far too dear; a lender that asks their price at that moment lends against it.

## Story
A pool of ether has shares. When somebody gives shares back, the pool burns them, pays, and only then books that the
ether is gone: in between, few shares seem to own a lot. No function that changes the pool can be entered meanwhile, but
its price can be read, and a lending market with 800 WETH reads it. It is the shape of what happened in 2022 and 2023 to
markets that priced the shares of Curve and Balancer pools.

## Steps
1. The attacker creates a contract.
2. One transaction: borrow 9 000 WETH from Balancer, buy shares with it, give back all but 150 of them; while the pool
   pays, pledge those 150 to the lender at more than eight times their price and borrow all it has; repay.

## Honest twin
A user opens a leveraged position in the same shares: flash loan, purchase, most of the shares given back, 1 000
pledged, 700 WETH borrowed, repayment. While the pool pays, the contract reads the same kind of absurd price and only
notes it; it pledges and borrows afterwards, at the true price, with 300 WETH of its own.

## Containment
The bot pauses the lender through the emergency module; the attack then reverts with EnforcedPause. WETH that was taken
cannot be got back.

## References
- https://chainsecurity.com/blog/curve-lp-oracle-manipulation-post-mortem
- https://scs.owasp.org/sctop10/
"""

from dataclasses import dataclass, replace

from tocsin.chain.contract import Account, Contract, Transaction
from tocsin.exercise.play import Play
from tocsin.exercise.scenario import Expected, Scenario
from tocsin.exercise.scene.people import ETHER
from tocsin.exercise.taxonomy import Tag
from tocsin.exercise.truth import Truth, loss, step, told
from tocsin.model.priority import Priority

STAKED = 1_010 * ETHER
"""In the pool, of the founder."""
LENT = 800 * ETHER
"""In the lending market."""
LOAN, PLEDGED = 9_000 * ETHER, 150 * ETHER
OWN, HONESTLY_PLEDGED = 300 * ETHER, 1_000 * ETHER
GAS = 8_000_000


@dataclass(frozen=True, slots=True)
class Targets:
    """What the scenario is played on."""

    attacker: Account
    user: Account
    pool: Contract
    lender: Contract


def prepare(play: Play) -> Targets:
    """The pool and the lender that believes it, both filled; the bot may pause the lender."""
    home, scene, founder, weth = play.home, play.scene, play.scene.people.founder, play.scene.tokens.weth
    pool = home.deploy(founder, play.library.own("SharePool"), scene.safe.wallet, name="ether share pool")
    lending = (pool, weth, scene.safe.wallet)
    lender = home.deploy(founder, play.library.own("ShareLender"), *lending, name="share lender")
    home.do(pool.by(founder, "deposit", value=STAKED))
    home.do(weth.by(founder, "approve", lender, LENT))
    home.do(lender.by(founder, "lend", LENT))
    home.do(scene.safe.allows(home, lender, "pause"))
    user = home.account("holder of shares")
    home.do(weth.by(founder, "transfer", user, OWN))
    return Targets(home.account("attacker"), user, pool, lender)


def attack(play: Play, targets: Targets) -> Truth:
    """Borrow against a price that is only read."""
    home, weth, lender = play.home, play.scene.tokens.weth, targets.lender
    contract, before = (
        _deploy(play, targets, targets.attacker, "ReadOnlyAttacker"),
        home.read(weth, "balanceOf", lender),
    )
    drained = home.do(_run(contract, targets))
    taken = before - home.read(weth, "balanceOf", lender)
    return told(
        scenario.id,
        attackers=(targets.attacker, contract),
        victims=(lender,),
        steps=(
            step("creates the contract that will attack", home.creation(contract)),
            step(
                "borrows all the lender has while a payment makes its shares look dear",
                drained,
                lost=[loss(drained, weth, lender, taken)],
                left=[loss(drained, targets.pool, lender, PLEDGED)],
            ),
        ),
    )


def _deploy(play: Play, targets: Targets, by: Account, code: str) -> Contract:
    needs = (play.scene.balancer.vault, play.scene.tokens.weth, targets.pool, targets.lender)
    return play.home.deploy(by, play.library.own(code), *needs, name=f"contract of {by.name}")


def _run(contract: Contract, targets: Targets) -> Transaction:
    return contract.by(targets.attacker, "run", LOAN, PLEDGED, gas=GAS)


def twin(play: Play, targets: Targets) -> None:
    """A leveraged position in the same shares."""
    home, user = play.home, targets.user
    contract = _deploy(play, targets, user, "LeveragedShares")
    home.do(play.scene.tokens.weth.by(user, "approve", contract, OWN))
    home.do(contract.by(user, "run", LOAN, OWN, HONESTLY_PLEDGED, gas=GAS))


def contain(play: Play, targets: Targets) -> str:
    """The bot pauses the lender."""
    contract = _deploy(play, targets, targets.attacker, "ReadOnlyAttacker")
    play.home.do(play.scene.safe.fires(targets.lender, "pause"))
    return play.home.refused(replace(_run(contract, targets), target=targets.lender.artefact))


scenario = Scenario(
    id="reentrancy-read-only",
    priority=Priority.P1,
    tags=(Tag.REENTRANCY, Tag.PRICE_ORACLE, Tag.FLASH_LOAN, Tag.RESOURCE_DEVELOPMENT, Tag.EXECUTION, Tag.IMPACT),
    expects=Expected(detectors=("read-only-reentrancy", "price-manipulation", "flash-loan-exploit")),
    prepare=prepare,
    attack=attack,
    twin=twin,
    contain=contain,
)
