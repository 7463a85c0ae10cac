"""
A look-alike of an address that somebody pays is planted in their history, and is paid by mistake.

## Story
A treasurer pays the same supplier again and again and copies the address from the wallet's history, which shows the
first and the last digits. The poisoner makes an address with the same ones and gets it into that history.

## Steps
1. A transfer of nothing from the treasurer to the look-alike: anybody may send it, no approval is needed for nothing.
2. A worthless token's events claim that the treasurer sent the look-alike a thousand dollars.
3. Dust from the poisoner, so that the treasurer looks into the history.
4. The treasurer pays 85 000 USDR to the look-alike.
5. The poisoner moves the USDR on and turns half of it into WETH.

## Honest twin
The supplier changes its address and asks for a transfer of nothing to see it in the history; the treasurer pays a small
sum there to try it, and then the bill. Somebody sends dust to thank for it.

## Containment
The issuer of USDR blacklists the look-alike before it moves; the next transfer from it is refused.

## References
- Tsuchiya and others, Blockchain Address Poisoning, USENIX Security 2025.
"""

from dataclasses import dataclass

from tocsin.chain.contract import Account, Receipt, pay
from tocsin.exercise.play import Play
from tocsin.exercise.scenario import Expected, Scenario
from tocsin.exercise.scenarios._look_alike import look_alike
from tocsin.exercise.scene.people import ETHER
from tocsin.exercise.scene.tokens import DOLLAR
from tocsin.exercise.scene.uniswap_v2 import MOST, NEVER
from tocsin.exercise.scene.uniswap_v3 import FEE
from tocsin.exercise.taxonomy import Tag
from tocsin.exercise.truth import Truth, loss, step, told
from tocsin.model.priority import Priority

BILLS = (12_000 * DOLLAR, 9_500 * DOLLAR)
"""What the treasurer pays the supplier before."""
BILL = 85_000 * DOLLAR
CLAIMED = 1_000 * DOLLAR
SOLD = BILL // 2
TRIAL = 10 * DOLLAR


@dataclass(frozen=True, slots=True)
class Targets:
    """What the scenario is played on."""

    treasurer: Account
    supplier: Account
    poisoner: Account
    imitation: Account
    """The look-alike of the supplier's address."""
    renewed: Account
    """The supplier's own new address."""


def prepare(play: Play) -> Targets:
    """The treasurer has money, and the poisoner has searched."""
    home, people = play.home, play.scene.people
    treasurer, supplier = home.account("treasurer"), home.account("supplier")
    home.do(play.scene.tokens.usdr.by(people.founder, "transfer", treasurer, 2 * BILL))
    key = look_alike(supplier.address, "address-poisoning")
    imitation = home.keyed("look-alike of the supplier", key)
    poisoner, renewed = home.account("poisoner"), home.account("supplier's new address")
    home.do(play.scene.tokens.usdr.by(people.founder, "transfer", poisoner, DOLLAR))
    return Targets(treasurer, supplier, poisoner, imitation, renewed)


def attack(play: Play, targets: Targets) -> Truth:
    """History, poison, mistake, laundering."""
    home, usdr = play.home, play.scene.tokens.usdr
    _history(play, targets)
    fake = home.deploy(targets.poisoner, play.library.own("FakeToken"), "USD Range", "USDR", 6, name="false USDR")
    poison = _poison(play, targets)
    claimed = home.do(fake.by(targets.poisoner, "spam", [targets.treasurer], [targets.imitation], [CLAIMED]))
    dust = home.do(usdr.by(targets.poisoner, "transfer", targets.treasurer, 1))
    paid = home.do(usdr.by(targets.treasurer, "transfer", targets.imitation, BILL))
    lost = loss(paid, usdr, targets.treasurer, BILL)
    fuel, moved, allowed, sold = _laundered(play, targets)
    return told(
        scenario.id,
        attackers=(targets.poisoner, targets.imitation, fake),
        victims=(targets.treasurer,),
        steps=(
            step("creates a false USDR", home.creation(fake)),
            step("plants the look-alike by a transfer of nothing", poison),
            step("has the false USDR claim a payment to it", claimed),
            step("sends dust", dust),
            step("the treasurer pays the look-alike", paid, [lost], gone=[]),
            step("sends the look-alike ether for fees", fuel),
            step("moves the USDR on", moved),
            step("lets a router take it", allowed),
            step("turns half of it into WETH", sold, gone=[loss(sold, usdr, targets.treasurer, SOLD)]),
        ),
    )


def _history(play: Play, targets: Targets) -> None:
    """The treasurer pays the supplier, twice: nobody's attack."""
    for bill in BILLS:
        play.home.do(play.scene.tokens.usdr.by(targets.treasurer, "transfer", targets.supplier, bill))


def _poison(play: Play, targets: Targets) -> Receipt:
    usdr = play.scene.tokens.usdr
    return play.home.do(usdr.by(targets.poisoner, "transferFrom", targets.treasurer, targets.imitation, 0))


def _laundered(play: Play, targets: Targets) -> tuple[Receipt, Receipt, Receipt, Receipt]:
    """Fees for the look-alike, on to the poisoner, and half of it into WETH."""
    home, tokens, router = play.home, play.scene.tokens, play.scene.uniswap_v3.router
    fuel = home.do(pay(targets.poisoner, targets.imitation, ETHER))
    moved = home.do(tokens.usdr.by(targets.imitation, "transfer", targets.poisoner, BILL))
    allowed = home.do(tokens.usdr.by(targets.poisoner, "approve", router, MOST))
    swap = (tokens.usdr, tokens.weth, FEE, targets.poisoner, NEVER, SOLD, 0, 0)
    return fuel, moved, allowed, home.do(router.by(targets.poisoner, "exactInputSingle", swap))


def twin(play: Play, targets: Targets) -> None:
    """A new address that is really the supplier's."""
    home, usdr = play.home, play.scene.tokens.usdr
    _history(play, targets)
    home.do(usdr.by(targets.renewed, "transferFrom", targets.treasurer, targets.renewed, 0))
    home.do(usdr.by(targets.treasurer, "transfer", targets.renewed, TRIAL))
    home.do(usdr.by(targets.poisoner, "transfer", targets.treasurer, 1))
    home.do(usdr.by(targets.treasurer, "transfer", targets.renewed, BILL))


def contain(play: Play, targets: Targets) -> str:
    """The issuer blacklists the look-alike once it is paid."""
    home, usdr, safe = play.home, play.scene.tokens.usdr, play.scene.safe
    _history(play, targets)
    home.do(usdr.by(targets.treasurer, "transfer", targets.imitation, BILL))
    home.do(safe.executes(home, usdr, usdr.encode("blacklist", targets.imitation)))
    return home.refused(usdr.by(targets.imitation, "transfer", targets.poisoner, BILL))


scenario = Scenario(
    id="address-poisoning",
    priority=Priority.P3,
    tags=(Tag.RECONNAISSANCE, Tag.RESOURCE_DEVELOPMENT, Tag.FRAUD),
    expects=Expected(detectors=("address-poisoning",), within_seconds=120),
    prepare=prepare,
    attack=attack,
    twin=twin,
    contain=contain,
)
