"""
The first depositor of a vault makes one share worth so much that the next depositor gets none.

## Story
A new vault for USDR gives shares in proportion to what it holds, and counts what lies in it, not what was deposited.
Whoever is first deposits one unit and then gives the vault a fortune: the next deposit of about as much is worth less
than one share, and is rounded down to none.

## Steps
1. The attacker deposits one unit, a millionth of a dollar, and gets one share: all there is.
2. The attacker gives the vault 200 000 USDR.
3. A user deposits 200 000 USDR and gets no share.
4. The attacker redeems its share: for everything.
5. The attacker turns all of its own and half of what the user lost into WETH.

## Honest twin
In a vault of the same kind the first depositor puts in 50 000, the operator gives 20 000 of yield, a user deposits and
gets shares, and both redeem what is theirs.

## Containment
Before the user's deposit: the Safe pauses the vault. After it: the USDR is blacklisted and seized while the attacker
holds it.

## References
- OpenZeppelin, ERC-4626: inflation attack (https://docs.openzeppelin.com/contracts/5.x/erc4626).
"""

from dataclasses import dataclass

from tocsin.chain.contract import Account, Contract
from tocsin.exercise.play import Play
from tocsin.exercise.scenario import Expected, Scenario
from tocsin.exercise.scenarios._selling import sold
from tocsin.exercise.scene.tokens import DOLLAR
from tocsin.exercise.scene.uniswap_v2 import MOST
from tocsin.exercise.taxonomy import Tag
from tocsin.exercise.truth import Truth, loss, step, told
from tocsin.model.priority import Priority

GIVEN = DEPOSITED = 200_000 * DOLLAR
FIRST, YIELD = 50_000 * DOLLAR, 20_000 * DOLLAR
SOLD = (GIVEN + DOLLAR + DEPOSITED // 2) // 2
"""At a time, twice: all of its own, and half of what is the user's."""


@dataclass(frozen=True, slots=True)
class Targets:
    """What the scenario is played on."""

    vault: Contract
    attacker: Account
    saver: Account
    operator: Account
    """Gives the yield in the twin."""


def prepare(play: Play) -> Targets:
    """An empty vault that the Safe may pause; everybody has money and lets the vault take it."""
    home, usdr, founder = play.home, play.scene.tokens.usdr, play.scene.people.founder
    vault = home.deploy(founder, play.library.own("NaiveVault"), usdr, play.scene.safe.wallet, name="new USDR vault")
    targets = Targets(vault, home.account("attacker"), home.account("saver"), home.account("vault operator"))
    for who in (targets.attacker, targets.saver, targets.operator):
        home.do(usdr.by(founder, "transfer", who, GIVEN + DOLLAR))
        home.do(usdr.by(who, "approve", vault, MOST))
    return targets


def attack(play: Play, targets: Targets) -> Truth:
    """Deposit one unit, give, let the user deposit, redeem, launder."""
    home, usdr, attacker, vault = play.home, play.scene.tokens.usdr, targets.attacker, targets.vault
    first = home.do(vault.by(attacker, "deposit", 1, attacker))
    given = home.do(usdr.by(attacker, "transfer", vault, GIVEN))
    deposited = home.do(vault.by(targets.saver, "deposit", DEPOSITED, targets.saver))
    redeemed = home.do(vault.by(attacker, "redeem", 1, attacker, attacker))
    allowed, own, others = sold(play, attacker, SOLD)
    lost = loss(deposited, usdr, targets.saver, DEPOSITED)
    return told(
        scenario.id,
        attackers=(attacker,),
        victims=(targets.saver,),
        steps=(
            step("deposits one unit into the empty vault", first),
            step("gives the vault 200 000 USDR", given),
            step("a user deposits as much and gets no share", deposited, [lost], gone=[]),
            step("redeems the only share for everything", redeemed),
            step("lets a router take the USDR", allowed),
            step("turns most of its own USDR into WETH", own),
            step("and half of the loss", others, gone=[loss(others, usdr, targets.saver, DEPOSITED // 2)]),
        ),
    )


def twin(play: Play, targets: Targets) -> None:
    """A first deposit, yield, a second deposit, and both redeem."""
    home, usdr, vault, saver = play.home, play.scene.tokens.usdr, targets.vault, targets.saver
    first = targets.attacker
    home.do(vault.by(first, "deposit", FIRST, first))
    home.do(usdr.by(targets.operator, "transfer", vault, YIELD))
    home.do(vault.by(saver, "deposit", DEPOSITED, saver))
    for who in (first, saver):
        home.do(vault.by(who, "redeem", home.read(vault, "balanceOf", who), who, who))


def contain(play: Play, targets: Targets) -> str:
    """The Safe pauses the vault as soon as it was given a fortune."""
    home, safe, vault = play.home, play.scene.safe, targets.vault
    home.do(vault.by(targets.attacker, "deposit", 1, targets.attacker))
    home.do(play.scene.tokens.usdr.by(targets.attacker, "transfer", vault, GIVEN))
    home.do(safe.executes(home, vault, vault.encode("pause")))
    return home.refused(vault.by(targets.saver, "deposit", DEPOSITED, targets.saver))


scenario = Scenario(
    id="vault-inflation",
    priority=Priority.P2,
    tags=(Tag.ARITHMETIC, Tag.BUSINESS_LOGIC, Tag.RESOURCE_DEVELOPMENT, Tag.EXECUTION, Tag.IMPACT),
    expects=Expected(detectors=("share-inflation",)),
    prepare=prepare,
    attack=attack,
    twin=twin,
    contain=contain,
)
