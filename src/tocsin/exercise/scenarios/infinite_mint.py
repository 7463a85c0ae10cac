"""
With the stolen key of its minter a billion DAIR are minted out of nothing and sold until the pool is nearly empty.

## Story
DAIR is minted by one key, day after day, for deposits made elsewhere. Nothing in the contract says how much it may mint
at a time. The key has been stolen. Five hundred million DAIR are in circulation, and a Uniswap V2 pair holds twenty
million USDR against them.

## Steps
1. With the minter's key, the attacker mints a billion DAIR to an account of his own.
2. He sells a hundred million of them: five in six of the pair's USDR are his.
3. He turns USDR, which can be frozen, into ether, two million at a time.

## Honest twin
A planned mint: DAIR is to open on another chain, and the minter mints 250 million, half of what there is, to the Safe
that will lock them there. The Safe sells half a million for USDR, to pay for the opening.

## Containment
Before: the Safe, which administers DAIR, revokes the minter's role, and the mint reverts with
AccessControlUnauthorizedAccount. Between mint and sale the administrator can pause DAIR. After the sale: USDR is
blacklisted and seized as long as the attacker holds it.

## References
- OpenZeppelin Contracts, AccessControl; EIP-20 (a mint is a Transfer from the zero address).
- https://scs.owasp.org/sctop10/
"""

from dataclasses import dataclass

from tocsin.chain.contract import Account, Contract, Transaction
from tocsin.exercise.play import Play
from tocsin.exercise.scenario import Expected, Scenario
from tocsin.exercise.scene.people import ETHER
from tocsin.exercise.scene.tokens import DOLLAR, MILLION
from tocsin.exercise.scene.uniswap_v2 import MOST, NEVER
from tocsin.exercise.taxonomy import Tag
from tocsin.exercise.truth import Step, Truth, loss, step, told
from tocsin.model.priority import Priority

MINTED, SOLD = 1_000 * MILLION * ETHER, 100 * MILLION * ETHER
MINTED_IN_TWIN, SOLD_IN_TWIN = 250 * MILLION * ETHER, MILLION * ETHER // 2
LAUNDERED = 2 * MILLION * DOLLAR
"""What is turned into ether at a time."""
DAYS, DAY_SECONDS = 4, 86_400
SWAP = "swapExactTokensForTokens"
ISSUED = 60_000 * ETHER
"""On the first of these days; less on each of the next."""


@dataclass(frozen=True, slots=True)
class Targets:
    """What the scenario is played on."""

    attacker: Account
    minter: Account


def prepare(play: Play) -> Targets:
    """A minter of DAIR; the Safe administers the roles."""
    home, dair = play.home, play.scene.tokens.dair
    targets = Targets(home.account("attacker"), home.account("DAIR minter"))
    for role, holder in (("MINTER_ROLE", targets.minter), ("DEFAULT_ADMIN_ROLE", play.scene.safe.wallet)):
        home.do(dair.by(play.scene.people.founder, "grantRole", home.read(dair, role), holder))
    return targets


def _issue(play: Play, targets: Targets) -> None:
    """What the minter does on ordinary days."""
    dair = play.scene.tokens.dair
    for day, user in enumerate(play.scene.people.users[:DAYS]):
        play.home.do(dair.by(targets.minter, "mint", user, ISSUED // (day + 1)))
        play.home.pass_time(DAY_SECONDS)


def attack(play: Play, targets: Targets) -> Truth:
    """Mint, sell, launder, after some ordinary days."""
    _issue(play, targets)
    minted = play.home.do(_minting(play, targets))
    return told(
        scenario.id,
        attackers=(targets.attacker,),
        victims=(play.scene.uniswap_v2.dair_usdr, play.scene.tokens.dair),
        steps=(
            step("mints itself a billion DAIR with the stolen key of the minter", minted),
            *_sold(play, targets.attacker),
            *_laundered(play, targets.attacker),
        ),
    )


def _minting(play: Play, targets: Targets) -> Transaction:
    return play.scene.tokens.dair.by(targets.minter, "mint", targets.attacker, MINTED)


def _sold(play: Play, attacker: Account) -> tuple[Step, ...]:
    home, tokens, pair = play.home, play.scene.tokens, play.scene.uniswap_v2.dair_usdr
    approval = home.do(tokens.dair.by(attacker, "approve", play.scene.uniswap_v2.router, MOST))
    before = home.read(tokens.usdr, "balanceOf", pair)
    sale = home.do(play.scene.uniswap_v2.router.by(attacker, SWAP, *_swap(play, SOLD, attacker)))
    taken = before - home.read(tokens.usdr, "balanceOf", pair)
    return (
        step("lets a router take its DAIR", approval),
        step("sells a hundred million DAIR", sale, lost=[loss(sale, tokens.usdr, pair, taken)], gone=[]),
    )


def _swap(play: Play, amount: int, to: Account | Contract) -> tuple[object, ...]:
    """What the router is to be told: DAIR for USDR."""
    return (amount, 0, [play.scene.tokens.dair, play.scene.tokens.usdr], to, NEVER)


def _laundered(play: Play, attacker: Account) -> tuple[Step, ...]:
    tokens, router, pair = play.scene.tokens, play.scene.uniswap_v2.router, play.scene.uniswap_v2.dair_usdr
    approval = play.home.do(tokens.usdr.by(attacker, "approve", router, MOST))
    swap = (LAUNDERED, 0, [tokens.usdr, tokens.weth], attacker, NEVER)
    swaps = [play.home.do(router.by(attacker, "swapExactTokensForETH", *swap)) for _ in range(2)]
    return (
        step("lets the router take its USDR", approval),
        *(
            step("turns two million USDR into ether", each, gone=[loss(each, tokens.usdr, pair, LAUNDERED)])
            for each in swaps
        ),
    )


def twin(play: Play, targets: Targets) -> None:
    """A large mint that was planned, and an ordinary sale."""
    home, safe, dair, router = play.home, play.scene.safe, play.scene.tokens.dair, play.scene.uniswap_v2.router
    _issue(play, targets)
    home.do(dair.by(targets.minter, "mint", safe.wallet, MINTED_IN_TWIN))
    home.do(safe.executes(home, dair, dair.encode("approve", router, SOLD_IN_TWIN)))
    home.do(safe.executes(home, router, router.encode(SWAP, *_swap(play, SOLD_IN_TWIN, safe.wallet))))


def contain(play: Play, targets: Targets) -> str:
    """The Safe revokes the minter's role."""
    home, safe, dair = play.home, play.scene.safe, play.scene.tokens.dair
    revoking = dair.encode("revokeRole", home.read(dair, "MINTER_ROLE"), targets.minter)
    home.do(safe.executes(home, dair, revoking))
    return home.refused(_minting(play, targets))


scenario = Scenario(
    id="infinite-mint",
    priority=Priority.P1,
    tags=(Tag.ACCESS_CONTROL, Tag.CREDENTIAL_ACCESS, Tag.EXECUTION, Tag.IMPACT, Tag.FRAUD),
    expects=Expected(detectors=("abnormal-mint",)),
    prepare=prepare,
    attack=attack,
    twin=twin,
    contain=contain,
)
