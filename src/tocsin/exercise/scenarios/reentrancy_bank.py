"""
Two banks pay before they book: each is asked again and again while it pays, until it is empty.

## Story
A protocol keeps its customers' ether in two banks with the same code, one for everyday savings and one for its reserve.
`withdraw` sends the balance first and sets it to zero afterwards. A contract that is paid runs its own code before
that, and may ask again. It is the shape of the theft from The DAO in June 2016.

## Steps
1. The attacker creates a contract against the first bank.
2. One transaction: deposit 5 ether, withdraw, and withdraw again from within each payment, 27 times in all.
3. The attacker creates the same contract against the second bank.
4. Four minutes after the first theft, the second bank is emptied in the same way: this one could have been saved.

## Honest twin
A customer's contract uses a third bank of the protocol, which books first: it withdraws 5 and then 15 ether, and while
it is paid it calls the bank again, to put half of it back. The bank is entered twice, and nobody loses anything.

## Containment
The bot pauses both banks through the emergency module; the attack then reverts with EnforcedPause. Between steps 2 and
4 that still saves the second bank. Ether that was taken cannot be got back.

## References
- https://swcregistry.io/docs/SWC-107
- https://scs.owasp.org/sctop10/
"""

from dataclasses import dataclass, replace

from tocsin.chain.contract import Account, Contract, Transaction
from tocsin.exercise.play import Play
from tocsin.exercise.scenario import Expected, Scenario
from tocsin.exercise.scene.people import ETHER
from tocsin.exercise.taxonomy import Tag
from tocsin.exercise.truth import ETHER_TOKEN, Step, Truth, loss, step, told
from tocsin.model.priority import Priority

SAVINGS, RESERVE = (40 * ETHER, 32 * ETHER, 30 * ETHER, 30 * ETHER), (120 * ETHER, 110 * ETHER, 100 * ETHER)
"""What customers have in the two banks."""
STAKES = (5 * ETHER, 15 * ETHER)
"""Taken out of each bank at a time."""
BETWEEN_SECONDS = 240
GAS = 8_000_000


@dataclass(frozen=True, slots=True)
class Targets:
    """What the scenario is played on."""

    attacker: Account
    banks: tuple[Contract, ...]
    """With the fault."""
    sound: Contract
    """A bank that books before it pays."""


def prepare(play: Play) -> Targets:
    """Three banks with customers; the bot may pause them."""
    banks = (
        _bank(play, "VulnerableBank", SAVINGS, "savings bank"),
        _bank(play, "VulnerableBank", RESERVE, "reserve bank"),
    )
    return Targets(play.home.account("attacker"), banks, _bank(play, "GuardedBank", SAVINGS, "sound bank"))


def _bank(play: Play, code: str, deposits: tuple[int, ...], name: str) -> Contract:
    home, safe, people = play.home, play.scene.safe, play.scene.people
    bank = home.deploy(people.founder, play.library.own(code), safe.wallet, name=name)
    for user, amount in zip(people.users, deposits, strict=False):
        home.do(bank.by(user, "deposit", value=amount))
    home.do(safe.allows(home, bank, "pause"))
    return bank


def attack(play: Play, targets: Targets) -> Truth:
    """Empty one bank, and later the other."""
    first, *savings = _drain(play, targets, 0)
    play.home.pass_time(BETWEEN_SECONDS)
    second, *reserve = _drain(play, targets, 1)
    attackers = (targets.attacker, first, second)
    return told(scenario.id, attackers=attackers, victims=targets.banks, steps=(*savings, *reserve))


def _drain(play: Play, targets: Targets, which: int) -> tuple[Contract, Step, Step]:
    home, bank = play.home, targets.banks[which]
    contract, before = _deploy(play, targets, bank), home.balance(bank)
    drained = home.do(_run(contract, targets, which))
    taken = loss(drained, ETHER_TOKEN, bank, before - home.balance(bank))
    name = home.names.as_mapping()[bank.address]
    return (
        contract,
        step(f"creates the contract that will empty the {name}", home.creation(contract)),
        step(f"withdraws from the {name} again and again while it is being paid", drained, lost=[taken]),
    )


def _deploy(play: Play, targets: Targets, bank: Contract) -> Contract:
    artefact = play.library.own("ReentrancyAttacker")
    return play.home.deploy(targets.attacker, artefact, bank, name="attacker's contract")


def _run(contract: Contract, targets: Targets, which: int) -> Transaction:
    return contract.by(targets.attacker, "run", value=STAKES[which], gas=GAS)


def twin(play: Play, targets: Targets) -> None:
    """A contract that saves half of what it is paid, at once."""
    home, user = play.home, play.scene.people.users[5]
    artefact, needs = play.library.own("HookReceiver"), (play.scene.balancer.vault, user)
    contract = home.deploy(user, artefact, *needs, name="saver")
    for stake in STAKES:
        home.do(contract.by(user, "useBank", targets.sound, value=stake, gas=GAS))


def contain(play: Play, targets: Targets) -> str:
    """The bot pauses both banks."""
    for bank in targets.banks:
        play.home.do(play.scene.safe.fires(bank, "pause"))
    bank = targets.banks[1]
    again = _run(_deploy(play, targets, bank), targets, 1)
    return play.home.refused(replace(again, target=bank.artefact))


scenario = Scenario(
    id="reentrancy-bank",
    priority=Priority.P1,
    tags=(Tag.REENTRANCY, Tag.RESOURCE_DEVELOPMENT, Tag.EXECUTION, Tag.IMPACT),
    expects=Expected(detectors=("reentrancy",)),
    prepare=prepare,
    attack=attack,
    twin=twin,
    contain=contain,
)
