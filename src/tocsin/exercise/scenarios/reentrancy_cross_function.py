"""
A bank guards its withdrawal against itself only: while it pays, the balance is moved to another name and paid again.

## Story
This bank has learnt half a lesson: `withdraw` cannot be entered while it runs. But it still pays before it books, and
`transfer` can be called meanwhile. Who is being paid passes the balance that is just paid out on to a partner, who has
it paid out in turn. 100 ether of four customers lie in the bank.

## Steps
1. The attacker creates a contract with two depositors.
2. To see that it works, he has a deposit of 10 ether paid out twice. On the bank's books he still has it afterwards.
3. Three minutes later he deposits 10 ether more, has those 20 paid out five times, and the bank is empty.

## Honest twin
A household keeps ether in the same bank under two names, by a contract that does everything in one transaction. While
one member is paid, a standing order has the other move a tenth of his own balance, by `transfer`, to the owner's
savings. The bank is entered in the same place by the same functions; what goes out is what came in.

## Containment
The bot pauses the bank through the emergency module; the attack then reverts with EnforcedPause. Between steps 2 and 3
that saves nine tenths of what the customers have.

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

DEPOSITS = (40 * ETHER, 25 * ETHER, 20 * ETHER, 15 * ETHER)
STAKE = 10 * ETHER
TRIED, DRAINED = 2, 5
"""How often what the attacker has on the books is paid out."""
BETWEEN_SECONDS = 180
GAS = 12_000_000


@dataclass(frozen=True, slots=True)
class Targets:
    """What the scenario is played on."""

    attacker: Account
    bank: Contract


def prepare(play: Play) -> Targets:
    """A bank with four customers; the bot may pause it."""
    home, safe, people = play.home, play.scene.safe, play.scene.people
    bank = home.deploy(people.founder, play.library.own("CrossBank"), safe.wallet, name="half-guarded bank")
    for user, amount in zip(people.users, DEPOSITS, strict=False):
        home.do(bank.by(user, "deposit", value=amount))
    home.do(safe.allows(home, bank, "pause"))
    return Targets(home.account("attacker"), bank)


def attack(play: Play, targets: Targets) -> Truth:
    """Try it, then empty the bank."""
    home = play.home
    contract = _deploy(play, targets)
    tried = _take(play, targets, contract, TRIED)
    home.pass_time(BETWEEN_SECONDS)
    drained = _take(play, targets, contract, DRAINED)
    return told(
        scenario.id,
        attackers=(targets.attacker, contract),
        victims=(targets.bank,),
        steps=(step("creates a contract with two depositors", home.creation(contract)), tried, drained),
    )


def _take(play: Play, targets: Targets, contract: Contract, times: int) -> Step:
    home, bank = play.home, targets.bank
    before = home.balance(bank)
    done = home.do(_run(contract, targets, times))
    taken = loss(done, ETHER_TOKEN, bank, before - home.balance(bank))
    return step(f"has what it deposited paid out {times} times", done, lost=[taken])


def _deploy(play: Play, targets: Targets) -> Contract:
    artefact = play.library.own("CrossFunctionAttacker")
    return play.home.deploy(targets.attacker, artefact, targets.bank, name="attacker's contract")


def _run(contract: Contract, targets: Targets, times: int) -> Transaction:
    return contract.by(targets.attacker, "run", times, value=STAKE, gas=GAS)


def twin(play: Play, targets: Targets) -> None:
    """A household with a standing order."""
    home, user = play.home, play.scene.people.users[6]
    household = home.deploy(user, play.library.own("Household"), targets.bank, name="household")
    home.do(household.by(user, "run", TRIED, value=2 * TRIED * STAKE, gas=GAS))
    home.pass_time(BETWEEN_SECONDS)
    home.do(household.by(user, "run", DRAINED, value=2 * DRAINED * STAKE, gas=GAS))
    home.do(targets.bank.by(user, "withdraw"))


def contain(play: Play, targets: Targets) -> str:
    """The bot pauses the bank."""
    contract = _deploy(play, targets)
    play.home.do(play.scene.safe.fires(targets.bank, "pause"))
    return play.home.refused(replace(_run(contract, targets, DRAINED), target=targets.bank.artefact))


scenario = Scenario(
    id="reentrancy-cross-function",
    priority=Priority.P1,
    tags=(Tag.REENTRANCY, Tag.RESOURCE_DEVELOPMENT, Tag.EXECUTION, Tag.IMPACT),
    expects=Expected(detectors=("reentrancy", "large-profit")),
    prepare=prepare,
    attack=attack,
    twin=twin,
    contain=contain,
)
