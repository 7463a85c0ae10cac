"""
With three stolen validator keys, everything that a bridge holds is released for a burn that never happened.

## Story
A bridge holds USDR at home for every bridged USDR far away. It releases them when three of five validators sign that
the bridged ones were burned. Three of the five keys lie in one place, and somebody has been there. It has the shape of
the Ronin bridge in March 2022.

## Steps
1. The attacker signs, with three keys, a release of all that is locked under a nonce that no burn ever had.
2. He begins to turn USDR, which can be frozen, into WETH, which cannot: a quarter million at a time.

## Honest twin
The bridge's largest customer burns a million bridged USDR far away, has it released at home with three signatures, and
sells the same quarter million twice.

## Containment
Before: the bot pauses the bridge through the emergency module, and the release reverts with EnforcedPause; then the
Safe replaces the validators. After: USDR is blacklisted and seized as long as the attacker holds it.

## References
- Ronin Network, "Community alert: Ronin validators compromised", 2022 (five of nine keys).
- EIP-191 (what validators sign).
"""

from dataclasses import dataclass

from tocsin.chain.contract import Account, Transaction
from tocsin.exercise.play import Play
from tocsin.exercise.scenario import Expected, Scenario
from tocsin.exercise.scenarios._selling import sold
from tocsin.exercise.scene.bridge import NEEDED
from tocsin.exercise.scene.tokens import DOLLAR, MILLION
from tocsin.exercise.taxonomy import Tag
from tocsin.exercise.truth import Truth, loss, step, told
from tocsin.model.priority import Priority

BRIDGED = MILLION * DOLLAR
LAUNDERED = BRIDGED // 4
"""What is turned into WETH at a time."""
MADE_UP = 1_000
"""How far the made-up nonce is beyond the last real one."""


@dataclass(frozen=True, slots=True)
class Targets:
    """What the scenario is played on."""

    attacker: Account
    customer: Account


def prepare(play: Play) -> Targets:
    """A customer with a million on the other side."""
    home, bridge, usdr = play.home, play.scene.bridge, play.scene.tokens.usdr
    customer = home.account("bridge customer")
    play.far.account(customer.name)
    home.do(usdr.by(play.scene.people.founder, "transfer", customer, BRIDGED))
    home.do(usdr.by(customer, "approve", bridge.home, BRIDGED))
    locked = home.do(bridge.home.by(customer, "lock", customer, BRIDGED))
    play.far.do(bridge.minted(play.far, play.scene.people.relayer, locked))
    return Targets(home.account("attacker"), customer)


def attack(play: Play, targets: Targets) -> Truth:
    """Release everything, launder."""
    home, usdr, bridge = play.home, play.scene.tokens.usdr, play.scene.bridge.home
    before = home.read(usdr, "balanceOf", bridge)
    released = home.do(_forged(play, targets.attacker))
    taken = before - home.read(usdr, "balanceOf", bridge)
    approval, *swaps = sold(play, targets.attacker, LAUNDERED)
    return told(
        scenario.id,
        attackers=(targets.attacker,),
        victims=(bridge,),
        steps=(
            step(
                "releases all that is locked with three stolen keys and a made-up nonce",
                released,
                lost=[loss(released, usdr, bridge, taken)],
                gone=[],
            ),
            step("lets a router take its USDR", approval),
            *(
                step("turns a quarter million USDR into WETH", each, gone=[loss(each, usdr, bridge, LAUNDERED)])
                for each in swaps
            ),
        ),
    )


def _forged(play: Play, attacker: Account) -> Transaction:
    """The release of all there is, for a burn that never happened."""
    bridge = play.scene.bridge
    amount = play.home.read(play.scene.tokens.usdr, "balanceOf", bridge.home)
    message = (play.far.read(bridge.far, "nonce") + MADE_UP, attacker.address, amount)
    return bridge.release(play.home, attacker, message, bridge.validators[:NEEDED])


def twin(play: Play, targets: Targets) -> None:
    """A large withdrawal, burned and validly released."""
    bridge, customer = play.scene.bridge, targets.customer
    burned = play.far.do(bridge.far.by(customer, "burn", customer, BRIDGED))
    play.home.do(bridge.released(play.home, customer, burned))
    sold(play, customer, LAUNDERED)


def contain(play: Play, targets: Targets) -> str:
    """The bot pauses the bridge."""
    play.home.do(play.scene.safe.fires(play.scene.bridge.home, "pause"))
    return play.home.refused(_forged(play, targets.attacker))


scenario = Scenario(
    id="bridge-forged-release",
    priority=Priority.P1,
    tags=(Tag.ACCESS_CONTROL, Tag.CREDENTIAL_ACCESS, Tag.EXECUTION, Tag.IMPACT, Tag.FRAUD),
    expects=Expected(detectors=("forged-bridge-transfer", "emptied-bridge")),
    prepare=prepare,
    attack=attack,
    twin=twin,
    contain=contain,
)
