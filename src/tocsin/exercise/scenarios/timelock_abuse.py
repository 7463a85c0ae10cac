"""
With a stolen proposer's key an operation is queued in the timelock that pays and empties treasuries an hour later.

## Story
The timelock holds five million USDR and owns a second treasury with two million more. Whatever a proposer queues can be
carried out by anybody an hour later. Besides the governor, an operations key may propose, for payments that cannot wait
for a vote. That key has been stolen. The delay is there for this day: everybody can read for an hour what is to happen.

## Steps
1. The attacker creates the code that is to replace the treasury's.
2. With the operations key he queues two calls as one operation: the timelock pays him four million USDR, and upgrades
   the treasury to his code, which pays him all it holds.
3. An hour passes; from an account of his own he has the operation carried out.
4. He turns USDR, which can be frozen, into WETH, a million at a time.

## Honest twin
The operations key queues a planned operation of the same shape: the timelock pays four million USDR to the Safe, and
upgrades the treasury to its real second version, which pays two million to the Safe. The keeper carries it out.

## Containment
During the hour: the Safe cancels the operation, and carrying it out reverts with TimelockUnexpectedOperationState.
After the loss: USDR is blacklisted and seized as long as the attacker holds it.

## References
- OpenZeppelin Contracts, TimelockController.
- https://scs.owasp.org/sctop10/
"""

from dataclasses import dataclass

from eth_hash.auto import keccak

from tocsin.chain.contract import Account, Contract, Transaction
from tocsin.exercise.play import Play
from tocsin.exercise.scenario import Expected, Scenario
from tocsin.exercise.scenarios._selling import sold
from tocsin.exercise.scene.governance import DELAY_SECONDS
from tocsin.exercise.scene.proxies import HELD_DOLLARS
from tocsin.exercise.scene.tokens import DOLLAR, MILLION
from tocsin.exercise.taxonomy import Tag
from tocsin.exercise.truth import Truth, loss, step, told
from tocsin.model.priority import Priority

NO_PREDECESSOR = bytes(32)
MALICIOUS, PLANNED = keccak(b"malicious operation"), keccak(b"planned operation")
"""Salts: they make an operation unlike others of the same calls."""
PAID = 4 * MILLION * DOLLAR
"""By the timelock, of five million."""
LAUNDERED = MILLION * DOLLAR
"""What is turned into WETH at a time."""


@dataclass(frozen=True, slots=True)
class Targets:
    """What the scenario is played on."""

    attacker: Account
    operations: Account
    """May propose to the timelock."""


@dataclass(frozen=True, slots=True)
class Operation:
    """What the timelock is to do, as it is queued, carried out and cancelled."""

    timelock: Contract
    to: tuple[Contract, ...]
    data: tuple[bytes, ...]
    salt: bytes

    @property
    def values(self) -> tuple[object, ...]:
        """As the functions of the timelock take it."""
        return (list(self.to), [0] * len(self.to), list(self.data), NO_PREDECESSOR, self.salt)

    def queued(self, by: Account) -> Transaction:
        """Begins the delay."""
        return self.timelock.by(by, "scheduleBatch", *self.values, DELAY_SECONDS)

    def carried_out(self, by: Account) -> Transaction:
        """Once the delay is over."""
        return self.timelock.by(by, "executeBatch", *self.values)


def prepare(play: Play) -> Targets:
    """The founder lets an operations key propose."""
    home, timelock = play.home, play.scene.governance.timelock
    operations = home.account("operations key")
    role = home.read(timelock, "PROPOSER_ROLE")
    home.do(timelock.by(play.scene.people.founder, "grantRole", role, operations))
    return Targets(home.account("attacker"), operations)


def attack(play: Play, targets: Targets) -> Truth:
    """Queue, wait, carry out, launder."""
    home, scene, attacker = play.home, play.scene, targets.attacker
    usdr, victims = scene.tokens.usdr, (scene.governance.timelock, scene.proxies.uups)
    code, operation = _malicious(play, targets)
    queued = home.do(operation.queued(targets.operations))
    home.pass_time(DELAY_SECONDS)
    before = [home.read(usdr, "balanceOf", victim) for victim in victims]
    done = home.do(operation.carried_out(attacker))
    taken = [held - home.read(usdr, "balanceOf", victim) for held, victim in zip(before, victims, strict=True)]
    approval, *swaps = sold(play, attacker, LAUNDERED)
    return told(
        scenario.id,
        attackers=(attacker, code),
        victims=victims,
        steps=(
            step("creates the code that is to replace the treasury's", home.creation(code)),
            step("queues payments to itself with a stolen proposer's key", queued),
            step(
                "an hour later, has them carried out",
                done,
                lost=[loss(done, usdr, victim, amount) for victim, amount in zip(victims, taken, strict=True)],
                gone=[],
            ),
            step("lets a router take its USDR", approval),
            *(
                step("turns a million USDR into WETH", each, gone=[loss(each, usdr, victims[0], LAUNDERED)])
                for each in swaps
            ),
        ),
        knowable=queued,
    )


def _malicious(play: Play, targets: Targets) -> tuple[Contract, Operation]:
    usdr, attacker = play.scene.tokens.usdr, targets.attacker
    code = play.home.deploy(attacker, play.library.own("MaliciousTreasury"), name="malicious treasury code")
    return code, _operation(play, attacker, code, code.encode("drain", [usdr], attacker), MALICIOUS)


def _operation(play: Play, payee: Account | Contract, code: Contract, then: bytes, salt: bytes) -> Operation:
    """The timelock pays most of what it has, and upgrades the treasury to code that then does something."""
    usdr, treasury = play.scene.tokens.usdr, play.scene.proxies.uups
    payment = usdr.encode("transfer", payee, PAID)
    upgrade = treasury.encode("upgradeToAndCall", code, then)
    return Operation(play.scene.governance.timelock, (usdr, treasury), (payment, upgrade), salt)


def twin(play: Play, targets: Targets) -> None:
    """A planned payment and upgrade."""
    home, scene, safe = play.home, play.scene, play.scene.safe.wallet
    code = home.deploy(scene.people.founder, play.library.own("TreasuryTwo"), name="treasury's second version")
    moving = code.encode("payAll", [scene.tokens.usdr], [HELD_DOLLARS * DOLLAR], safe)
    operation = _operation(play, safe, code, moving, PLANNED)
    home.do(operation.queued(targets.operations))
    home.pass_time(DELAY_SECONDS)
    home.do(operation.carried_out(scene.people.keeper))


def contain(play: Play, targets: Targets) -> str:
    """The Safe cancels what is queued."""
    home, safe, timelock = play.home, play.scene.safe, play.scene.governance.timelock
    _, operation = _malicious(play, targets)
    home.do(operation.queued(targets.operations))
    identity = home.read(timelock, "hashOperationBatch", *operation.values)
    home.do(safe.executes(home, timelock, timelock.encode("cancel", identity)))
    home.pass_time(DELAY_SECONDS)
    return home.refused(operation.carried_out(targets.attacker))


scenario = Scenario(
    id="timelock-abuse",
    priority=Priority.P2,
    tags=(Tag.ACCESS_CONTROL, Tag.CREDENTIAL_ACCESS, Tag.EXECUTION, Tag.IMPACT),
    expects=Expected(detectors=("queued-payout",), within_seconds=DELAY_SECONDS + 60),
    prepare=prepare,
    attack=attack,
    twin=twin,
    contain=contain,
)
