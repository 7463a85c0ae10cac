"""
Owners who have approved Permit2 sign a transfer that they do not understand, and no approval is ever seen.

## Story
Two owners approved Permit2 for USDR long ago, as many applications ask. A site shows them a message to sign: it is a
transfer of all they have to whoever presents it.

## Steps
1. The thief presents the first owner's signature at Permit2 and gets the dollars, without an approval.
2. The same with the second owner's.
3. The thief turns half of it into WETH.

## Honest twin
Owners swap through an application that takes Permit2 signatures: what they sign is sold on Uniswap, and what is bought
goes to them.

## Containment
Before: the owner takes the approval of Permit2 back; the signature is then worth nothing. After: the issuer blacklists
and seizes what is not swapped yet.

## References
- Uniswap, Permit2 (ISignatureTransfer).
"""

from dataclasses import dataclass, replace

from tocsin.chain.contract import Account, Contract, Transaction
from tocsin.exercise.play import Play
from tocsin.exercise.scenario import Expected, Scenario
from tocsin.exercise.scenarios._permits import permit2
from tocsin.exercise.scenarios._selling import approval, sale
from tocsin.exercise.scene.tokens import DOLLAR
from tocsin.exercise.scene.uniswap_v2 import MOST
from tocsin.exercise.taxonomy import Tag
from tocsin.exercise.truth import Truth, loss, step, told
from tocsin.model.priority import Priority

FLOAT = 150_000 * DOLLAR
"""What each owner has."""
SWAPPED = (22_000 * DOLLAR, 35_000 * DOLLAR)


@dataclass(frozen=True, slots=True)
class Targets:
    """What the scenario is played on."""

    attacker: Account
    owners: tuple[Account, ...]
    swapper: Contract
    """The application of the twin: there before."""


def prepare(play: Play) -> Targets:
    """Owners have money and have approved Permit2; the application is there."""
    home, people, usdr = play.home, play.scene.people, play.scene.tokens.usdr
    owners = (home.account("first owner"), home.account("second owner"))
    for owner in owners:
        home.do(usdr.by(people.founder, "transfer", owner, FLOAT))
        home.do(usdr.by(owner, "approve", play.scene.permit2, MOST))
    swapper = home.deploy(people.founder, play.library.own("SignedSwapper"), play.scene.permit2, name="signed swapper")
    return Targets(home.account("attacker"), owners, swapper)


def attack(play: Play, targets: Targets) -> Truth:
    """Present two signatures, launder half."""
    home, usdr, attacker = play.home, play.scene.tokens.usdr, targets.attacker
    steps = []
    for owner in targets.owners:
        amount = home.read(usdr, "balanceOf", owner)
        taken = home.do(_presented(play, attacker, owner, amount))
        steps.append(step("presents a signature and takes all", taken, [loss(taken, usdr, owner, amount)], gone=[]))
    allowed = home.do(approval(play, attacker))
    half = home.read(usdr, "balanceOf", attacker) // 2
    sold = home.do(sale(play, attacker, half))
    steps += [
        step("lets a router take its USDR", allowed),
        step("turns half into WETH", sold, gone=[loss(sold, usdr, targets.owners[0], half)]),
    ]
    return told(scenario.id, attackers=(attacker,), victims=targets.owners, steps=steps)


def _presented(play: Play, attacker: Account, owner: Account, amount: int) -> Transaction:
    signed, signature = permit2(play, owner, attacker, play.scene.tokens.usdr, amount, nonce=0)
    details = (attacker, amount)
    return play.scene.permit2.by(attacker, "permitTransferFrom", signed, details, owner, signature)


def twin(play: Play, targets: Targets) -> None:
    """Swaps by signature, for the owners themselves."""
    home, usdr, pair = play.home, play.scene.tokens.usdr, play.scene.uniswap_v2.weth_usdr
    for owner, amount in zip(targets.owners, SWAPPED, strict=True):
        signed, signature = permit2(play, owner, targets.swapper, usdr, amount, nonce=0)
        home.do(targets.swapper.by(play.scene.people.relayer, "swap", signed, owner, signature, pair))


def contain(play: Play, targets: Targets) -> str:
    """The owner takes the approval back."""
    home, usdr, owner = play.home, play.scene.tokens.usdr, targets.owners[0]
    stolen = _presented(play, targets.attacker, owner, FLOAT)
    home.do(usdr.by(owner, "approve", play.scene.permit2, 0))
    return home.refused(replace(stolen, target=usdr.artefact))


scenario = Scenario(
    id="permit2-phish",
    priority=Priority.P2,
    tags=(Tag.RESOURCE_DEVELOPMENT, Tag.CREDENTIAL_ACCESS, Tag.EXECUTION, Tag.FRAUD),
    expects=Expected(detectors=("signature-drain",)),
    prepare=prepare,
    attack=attack,
    twin=twin,
    contain=contain,
)
