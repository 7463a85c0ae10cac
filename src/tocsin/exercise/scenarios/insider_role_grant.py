"""
An administrator lets an account of his own mint DAIR; three days later it mints five million and sells them.

## Story
One person administers the roles of DAIR from an ordinary account, and may make anybody a minter. He means to leave. He
gives the role to an account nobody knows, and waits until no one reads the log of that day any more. Nothing he does is
forbidden to him until the mint.

## Steps
1. The administrator grants MINTER_ROLE to an account of his own. From here on it can be known.
2. Three days pass. That account mints five million DAIR to itself.
3. It sells them on Uniswap V2, four million dollars of other people's USDR for DAIR that nothing backs.
4. It turns USDR, which can be frozen, into WETH, a million at a time.

## Honest twin
A planned rotation of the minter's key: the administrator grants MINTER_ROLE to the new key and takes it from the old
one. Three days later the new key mints five million DAIR to the founder, who made the deposit behind them and sells a
tenth.

## Containment
In the three days: the Safe, which administers DAIR too, revokes the role from the new account, and its mint reverts
with AccessControlUnauthorizedAccount. After the sale: USDR is blacklisted and seized as long as the attacker holds it.

## References
- OpenZeppelin Contracts, AccessControl.
- https://scs.owasp.org/sctop10/
"""

from dataclasses import dataclass

from tocsin.chain.contract import Account, Transaction
from tocsin.exercise.play import Play
from tocsin.exercise.scenario import Expected, Scenario
from tocsin.exercise.scenarios._selling import sold
from tocsin.exercise.scene.people import ETHER
from tocsin.exercise.scene.tokens import DOLLAR, MILLION
from tocsin.exercise.scene.uniswap_v2 import NEVER
from tocsin.exercise.taxonomy import Tag
from tocsin.exercise.truth import Step, Truth, loss, step, told
from tocsin.model.priority import Priority

MINTED, SOLD_IN_TWIN = 5 * MILLION * ETHER, MILLION * ETHER // 2
LAUNDERED = MILLION * DOLLAR
"""What is turned into WETH at a time."""
WAITED_SECONDS = 3 * 86_400


@dataclass(frozen=True, slots=True)
class Targets:
    """What the scenario is played on."""

    administrator: Account
    """Of the roles of DAIR."""
    minter: Account
    """Mints DAIR so far."""
    accomplice: Account
    """The administrator's own, that nobody knows."""
    successor: Account
    """The key that is to mint after the minter's, in the twin."""


def prepare(play: Play) -> Targets:
    """An administrator and a minter of DAIR; the Safe may revoke roles too."""
    home, dair = play.home, play.scene.tokens.dair
    targets = Targets(*map(home.account, ("DAIR administrator", "DAIR minter", "insider's account", "new DAIR minter")))
    holders = (
        ("DEFAULT_ADMIN_ROLE", targets.administrator),
        ("DEFAULT_ADMIN_ROLE", play.scene.safe.wallet),
        ("MINTER_ROLE", targets.minter),
    )
    for role, holder in holders:
        home.do(dair.by(play.scene.people.founder, "grantRole", home.read(dair, role), holder))
    return targets


def attack(play: Play, targets: Targets) -> Truth:
    """Grant, wait, mint, sell, launder."""
    home, accomplice, dair = play.home, targets.accomplice, play.scene.tokens.dair
    granted = home.do(_granting(play, targets, accomplice))
    home.pass_time(WAITED_SECONDS)
    minted = home.do(_minting(play, accomplice))
    return told(
        scenario.id,
        attackers=(targets.administrator, accomplice),
        victims=(play.scene.uniswap_v2.dair_usdr, dair),
        steps=(
            step("lets an account of its own mint", granted),
            step("three days later, mints itself five million DAIR", minted),
            *_sold(play, accomplice),
            *_laundered(play, accomplice),
        ),
    )


def _granting(play: Play, targets: Targets, to: Account) -> Transaction:
    dair = play.scene.tokens.dair
    return dair.by(targets.administrator, "grantRole", play.home.read(dair, "MINTER_ROLE"), to)


def _minting(play: Play, accomplice: Account) -> Transaction:
    return play.scene.tokens.dair.by(accomplice, "mint", accomplice, MINTED)


def _sold(play: Play, accomplice: Account) -> tuple[Step, ...]:
    home, usdr, pair = play.home, play.scene.tokens.usdr, play.scene.uniswap_v2.dair_usdr
    before = home.read(usdr, "balanceOf", pair)
    approval, sale = (home.do(each) for each in _sale(play, accomplice, MINTED))
    taken = before - home.read(usdr, "balanceOf", pair)
    return (
        step("lets a router take its DAIR", approval),
        step("sells the DAIR for other people's USDR", sale, lost=[loss(sale, usdr, pair, taken)], gone=[]),
    )


def _sale(play: Play, seller: Account, amount: int) -> tuple[Transaction, Transaction]:
    tokens, router = play.scene.tokens, play.scene.uniswap_v2.router
    path = [tokens.dair, tokens.usdr]
    return (
        tokens.dair.by(seller, "approve", router, amount),
        router.by(seller, "swapExactTokensForTokens", amount, 0, path, seller, NEVER),
    )


def _laundered(play: Play, accomplice: Account) -> tuple[Step, ...]:
    tokens, pair = play.scene.tokens, play.scene.uniswap_v2.dair_usdr
    approval, *swaps = sold(play, accomplice, LAUNDERED)
    return (
        step("lets another router take its USDR", approval),
        *(
            step("turns a million USDR into WETH", each, gone=[loss(each, tokens.usdr, pair, LAUNDERED)])
            for each in swaps
        ),
    )


def twin(play: Play, targets: Targets) -> None:
    """A minter's key is replaced by another, and used."""
    home, dair, founder = play.home, play.scene.tokens.dair, play.scene.people.founder
    play.knowledge.announce(home, dair, "CHG-17: a new key for the minter of DAIR", becomes=targets.successor)
    home.do(_granting(play, targets, targets.successor))
    role = home.read(dair, "MINTER_ROLE")
    home.do(dair.by(targets.administrator, "revokeRole", role, targets.minter))
    home.pass_time(WAITED_SECONDS)
    home.do(dair.by(targets.successor, "mint", founder, MINTED))
    for each in _sale(play, founder, SOLD_IN_TWIN):
        home.do(each)


def contain(play: Play, targets: Targets) -> str:
    """The Safe revokes the role before it is used."""
    home, dair, safe = play.home, play.scene.tokens.dair, play.scene.safe
    home.do(_granting(play, targets, targets.accomplice))
    revoking = dair.encode("revokeRole", home.read(dair, "MINTER_ROLE"), targets.accomplice)
    home.do(safe.executes(home, dair, revoking))
    home.pass_time(WAITED_SECONDS)
    return home.refused(_minting(play, targets.accomplice))


scenario = Scenario(
    id="insider-role-grant",
    priority=Priority.P2,
    tags=(Tag.ACCESS_CONTROL, Tag.PRIVILEGE_ESCALATION, Tag.PERSISTENCE, Tag.IMPACT, Tag.FRAUD),
    expects=Expected(detectors=("control-change",)),
    prepare=prepare,
    attack=attack,
    twin=twin,
    contain=contain,
)
