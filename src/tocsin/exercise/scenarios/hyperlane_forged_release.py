"""
With two of three validator keys, a message that was never sent takes the collateral of a Hyperlane route.

## Story
A warp route holds USDR at home for a synthetic token far away. Its mailbox believes a message when two of three
validators signed it. Two keys have been stolen. No contract at home can see whether a message was ever dispatched.

## Steps
1. The attacker writes a message in the name of the synthetic token, "pay me all there is", signs it with two keys and
   delivers it himself.
2. He begins to turn USDR, which can be frozen, into WETH, which cannot: a quarter million at a time.

## Honest twin
The route's largest customer sends a million back, has it delivered with two signatures, and sells the same quarter
million twice.

## Containment
Before: the owner of the route gives it a security module of its own with two new validators, and the mailbox refuses
the message. After: USDR is blacklisted and seized as long as the attacker holds it.

## References
- Hyperlane, Multisig ISM and Warp Routes: https://docs.hyperlane.xyz
- https://scs.owasp.org/sctop10/
"""

from dataclasses import dataclass

from tocsin.chain.contract import Account, Transaction
from tocsin.exercise.play import Play
from tocsin.exercise.scenario import Expected, Scenario
from tocsin.exercise.scenarios._selling import sold
from tocsin.exercise.scene.hyperlane import NEEDED, TRANSFER, padded, security_module
from tocsin.exercise.scene.tokens import DOLLAR, MILLION
from tocsin.exercise.taxonomy import Tag
from tocsin.exercise.truth import Truth, loss, step, told
from tocsin.model.priority import Priority

BRIDGED = MILLION * DOLLAR
LAUNDERED = BRIDGED // 4
"""What is turned into WETH at a time."""
MADE_UP = 1_000_000
"""A nonce no message has reached."""


@dataclass(frozen=True, slots=True)
class Targets:
    """What the scenario is played on."""

    attacker: Account
    customer: Account


def prepare(play: Play) -> Targets:
    """A customer with a million on the other side."""
    home, route, usdr = play.home, play.scene.hyperlane, play.scene.tokens.usdr
    customer = home.account("route customer")
    play.far.account(customer.name)
    home.do(usdr.by(play.scene.people.founder, "transfer", customer, BRIDGED))
    home.do(usdr.by(customer, "approve", route.collateral, BRIDGED))
    sent = home.do(route.collateral.by(customer, TRANSFER, play.far.chain_id, padded(customer), BRIDGED))
    play.far.do(route.delivered(play.far, play.scene.people.relayer, sent))
    return Targets(home.account("attacker"), customer)


def attack(play: Play, targets: Targets) -> Truth:
    """Deliver what was never sent, launder."""
    home, usdr, collateral = play.home, play.scene.tokens.usdr, play.scene.hyperlane.collateral
    before = home.read(usdr, "balanceOf", collateral)
    delivered = home.do(_forged(play, targets.attacker))
    taken = before - home.read(usdr, "balanceOf", collateral)
    approval, *swaps = sold(play, targets.attacker, LAUNDERED)
    return told(
        scenario.id,
        attackers=(targets.attacker,),
        victims=(collateral,),
        steps=(
            step(
                "delivers a message that was never sent, signed with two stolen keys, and gets all the collateral",
                delivered,
                lost=[loss(delivered, usdr, collateral, taken)],
                gone=[],
            ),
            step("lets a router take its USDR", approval),
            *(
                step("turns a quarter million USDR into WETH", each, gone=[loss(each, usdr, collateral, LAUNDERED)])
                for each in swaps
            ),
        ),
    )


def _forged(play: Play, attacker: Account) -> Transaction:
    """The delivery of a message that pays all there is."""
    route = play.scene.hyperlane
    amount = play.home.read(play.scene.tokens.usdr, "balanceOf", route.collateral)
    message = route.message(play.far, MADE_UP, attacker, amount)
    return route.process(play.home, attacker, message, route.validators[:NEEDED])


def twin(play: Play, targets: Targets) -> None:
    """A large transfer back, dispatched and validly delivered."""
    route, customer = play.scene.hyperlane, targets.customer
    back = route.synthetic.by(customer, TRANSFER, play.home.chain_id, padded(customer), BRIDGED)
    play.home.do(route.delivered(play.home, customer, play.far.do(back)))
    sold(play, customer, LAUNDERED)


def contain(play: Play, targets: Targets) -> str:
    """The owner of the route points it at a module whose validators are new."""
    home, route, owner = play.home, play.scene.hyperlane, play.scene.people.founder
    fresh = [home.account(f"new validator {n + 1}") for n in range(len(route.validators))]
    module = security_module(home, route.home.modules, owner, fresh)
    home.do(route.collateral.by(owner, "setInterchainSecurityModule", module))
    return home.refused(_forged(play, targets.attacker))


scenario = Scenario(
    id="hyperlane-forged-release",
    priority=Priority.P1,
    tags=(Tag.ACCESS_CONTROL, Tag.CREDENTIAL_ACCESS, Tag.EXECUTION, Tag.IMPACT, Tag.FRAUD),
    expects=Expected(detectors=("forged-bridge-transfer", "emptied-bridge")),
    prepare=prepare,
    attack=attack,
    twin=twin,
    contain=contain,
)
