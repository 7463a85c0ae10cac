"""
Owners sign a permit that they take for a login, and lose their dollars without sending a transaction.

## Story
A site promises rewards and asks for a signature. What is signed is an EIP-2612 permit over the whole balance of USDR.
The thief's contract, whose function is called claimRewards, uses it and takes the dollars in one transaction.

## Steps
1. The thief creates the contract.
2. A first owner's permit is used: 150 000 dollars are gone from the wallet, without a transaction of the owner's.
3. A second owner's follows.
4. The thief turns half of it into WETH.

## Honest twin
Owners pay a shop through a router that takes permits, so that they need no ether: each signs a permit over the bill,
and a relayer sends it.

## Containment
Before: the owner uses the nonce up with a permit of nothing, and the stolen signature is worth nothing. After: the
issuer blacklists and seizes what is not swapped yet.

## References
- EIP-2612, Permit Extension for EIP-20 Signed Approvals.
"""

from dataclasses import dataclass

from tocsin.chain.contract import Account, Contract, Transaction
from tocsin.exercise.play import Play
from tocsin.exercise.scenario import Expected, Scenario
from tocsin.exercise.scenarios._permits import permit
from tocsin.exercise.scenarios._selling import approval, sale
from tocsin.exercise.scene.tokens import DOLLAR
from tocsin.exercise.taxonomy import Tag
from tocsin.exercise.truth import Truth, loss, step, told
from tocsin.model.priority import Priority

BILLS = (18_500 * DOLLAR, 42_000 * DOLLAR)
FLOAT = 150_000 * DOLLAR
"""What each owner has."""


@dataclass(frozen=True, slots=True)
class Targets:
    """What the scenario is played on."""

    attacker: Account
    owners: tuple[Account, ...]
    shop: Account


def prepare(play: Play) -> Targets:
    """Two owners with money, and a shop that has been paid before."""
    home, people = play.home, play.scene.people
    owners = (home.account("first owner"), home.account("second owner"))
    for owner in owners:
        home.do(play.scene.tokens.usdr.by(people.founder, "transfer", owner, FLOAT))
    return Targets(home.account("attacker"), owners, home.account("shop"))


def attack(play: Play, targets: Targets) -> Truth:
    """Use two permits, launder half."""
    home, usdr, attacker = play.home, play.scene.tokens.usdr, targets.attacker
    contract = home.deploy(attacker, play.library.own("Drainer"), name="attacker's contract")
    steps = [step("creates a contract that promises rewards", home.creation(contract))]
    total = 0
    for owner in targets.owners:
        amount = home.read(usdr, "balanceOf", owner)
        taken = home.do(_claim(play, attacker, contract, owner, amount))
        steps.append(step("uses a permit and takes all", taken, [loss(taken, usdr, owner, amount)], gone=[]))
        total += amount
    allowed = home.do(approval(play, attacker))
    steps.append(step("lets a router take its USDR", allowed))
    first = home.read(usdr, "balanceOf", attacker) - total // 2
    sold = home.do(sale(play, attacker, first))
    steps.append(step("turns half into WETH", sold, gone=[loss(sold, usdr, targets.owners[0], first)]))
    return told(scenario.id, attackers=(attacker, contract), victims=targets.owners, steps=steps)


def _claim(play: Play, attacker: Account, contract: Contract, owner: Account, amount: int) -> Transaction:
    signed = permit(play, owner, contract, amount)
    return contract.by(attacker, "claimRewards", play.scene.tokens.usdr, owner, amount, *signed)


def twin(play: Play, targets: Targets) -> None:
    """Bills paid by permit."""
    home, usdr, people = play.home, play.scene.tokens.usdr, play.scene.people
    router = home.deploy(people.founder, play.library.own("PermitRouter"), name="permit router")
    for owner, bill in zip(targets.owners, BILLS, strict=True):
        deadline, v, r, s = permit(play, owner, router, bill)
        home.do(router.by(people.relayer, "pay", usdr, owner, targets.shop, bill, deadline, (v, r, s)))


def contain(play: Play, targets: Targets) -> str:
    """The owner uses the nonce up."""
    home, usdr, owner = play.home, play.scene.tokens.usdr, targets.owners[0]
    contract = home.deploy(targets.attacker, play.library.own("Drainer"), name="attacker's contract")
    stolen = _claim(play, targets.attacker, contract, owner, FLOAT)
    home.do(usdr.by(owner, "permit", owner, contract, 0, *permit(play, owner, contract, 0)))
    return home.refused(stolen)


scenario = Scenario(
    id="permit-phish",
    priority=Priority.P2,
    tags=(Tag.RESOURCE_DEVELOPMENT, Tag.CREDENTIAL_ACCESS, Tag.EXECUTION, Tag.FRAUD),
    expects=Expected(detectors=("signature-drain", "ice-phishing")),
    prepare=prepare,
    attack=attack,
    twin=twin,
    contain=contain,
)
