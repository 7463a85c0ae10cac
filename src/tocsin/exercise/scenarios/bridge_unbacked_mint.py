"""
Bridged dollars are minted far away for a lock that never happened, and taken home for the real ones.

## Story
A bridge mints far away what was locked at home, and releases at home what was burned far away. Three of its five
validator keys have been stolen. The attacker forges the mint and not the release: the burn that follows is real, and
the honest validators sign the release themselves.

## Steps
1. The attacker signs, with three keys, a mint far away of as much as is locked at home, under a nonce no lock ever had.
2. He burns it far away, as any customer does.
3. A relayer releases it at home, validly signed: what backed everybody's bridged dollars is gone.
4. He begins to turn USDR, which can be frozen, into WETH, which cannot: a quarter million at a time.

## Honest twin
A customer locks a million USDR at home and has it minted far away, thinks better of it, takes it back, and sells half
of it.

## Containment
Between mint and release: the bot pauses the bridge at home through the emergency module, and the release reverts with
EnforcedPause. After: USDR is blacklisted and seized as long as the attacker holds it.

## References
- EIP-20 (a mint is a Transfer from the zero address); EIP-191 (what validators sign).
- https://scs.owasp.org/sctop10/
"""

from dataclasses import dataclass

from tocsin.chain.contract import Account, Receipt
from tocsin.exercise.play import Play
from tocsin.exercise.scenario import Expected, Scenario
from tocsin.exercise.scenarios._selling import sold
from tocsin.exercise.scene.bridge import NEEDED
from tocsin.exercise.scene.tokens import DOLLAR, MILLION
from tocsin.exercise.scene.uniswap_v2 import MOST
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
    """A million of others' is locked; a customer has another million to take across."""
    home, bridge, usdr, founder = play.home, play.scene.bridge, play.scene.tokens.usdr, play.scene.people.founder
    attacker, customer = home.account("attacker"), home.account("bridge customer")
    for account in (attacker, customer):
        play.far.account(account.name)
    home.do(usdr.by(founder, "transfer", customer, BRIDGED))
    for holder in (founder, customer):
        home.do(usdr.by(holder, "approve", bridge.home, MOST))
    locked = home.do(bridge.home.by(founder, "lock", founder, BRIDGED))
    play.far.do(bridge.minted(play.far, play.scene.people.relayer, locked))
    return Targets(attacker, customer)


def attack(play: Play, targets: Targets) -> Truth:
    """Mint, burn, have it released, launder."""
    home, usdr, bridge, attacker = play.home, play.scene.tokens.usdr, play.scene.bridge, targets.attacker
    minted, burned = _minted_and_burned(play, attacker)
    before = home.read(usdr, "balanceOf", bridge.home)
    released = home.do(bridge.released(home, play.scene.people.relayer, burned))
    taken = before - home.read(usdr, "balanceOf", bridge.home)
    approval, *swaps = sold(play, attacker, LAUNDERED)
    return told(
        scenario.id,
        attackers=(attacker,),
        victims=(bridge.home, bridge.far),
        steps=(
            step("mints bridged dollars with three stolen keys for a lock that never happened", minted),
            step("burns them", burned),
            step(
                "has a relayer release as many at home",
                released,
                lost=[loss(released, usdr, bridge.home, taken)],
                gone=[],
            ),
            step("lets a router take its USDR", approval),
            *(
                step("turns a quarter million USDR into WETH", each, gone=[loss(each, usdr, bridge.home, LAUNDERED)])
                for each in swaps
            ),
        ),
    )


def _minted_and_burned(play: Play, attacker: Account) -> tuple[Receipt, Receipt]:
    """As much as is locked at home."""
    bridge, far = play.scene.bridge, play.far
    amount = play.home.read(play.scene.tokens.usdr, "balanceOf", bridge.home)
    message = (play.home.read(bridge.home, "nonce") + MADE_UP, attacker.address, amount)
    minted = far.do(bridge.mint(far, attacker, message, bridge.validators[:NEEDED]))
    return minted, far.do(bridge.far.by(attacker, "burn", attacker, amount))


def twin(play: Play, targets: Targets) -> None:
    """A large deposit, minted for what was locked, and taken back."""
    home, far, bridge, customer = play.home, play.far, play.scene.bridge, targets.customer
    relayer = play.scene.people.relayer
    locked = home.do(bridge.home.by(customer, "lock", customer, BRIDGED))
    far.do(bridge.minted(far, customer, locked))
    burned = far.do(bridge.far.by(customer, "burn", customer, BRIDGED))
    home.do(bridge.released(home, relayer, burned))
    sold(play, customer, LAUNDERED)


def contain(play: Play, targets: Targets) -> str:
    """The bot pauses the bridge at home before the release."""
    _, burned = _minted_and_burned(play, targets.attacker)
    play.home.do(play.scene.safe.fires(play.scene.bridge.home, "pause"))
    return play.home.refused(play.scene.bridge.released(play.home, play.scene.people.relayer, burned))


scenario = Scenario(
    id="bridge-unbacked-mint",
    priority=Priority.P1,
    tags=(Tag.ACCESS_CONTROL, Tag.CREDENTIAL_ACCESS, Tag.EXECUTION, Tag.IMPACT, Tag.FRAUD),
    expects=Expected(detectors=("forged-bridge-transfer", "abnormal-mint", "emptied-bridge")),
    prepare=prepare,
    attack=attack,
    twin=twin,
    contain=contain,
)
