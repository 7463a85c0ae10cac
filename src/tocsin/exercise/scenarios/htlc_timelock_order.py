"""
In a swap between two chains the time locks stand in the wrong order, and one side takes both legs.

## Story
Two people swap WETH at home for dollars far away by hash time locks. Who knows the secret must have locked for longer
than the other: then, once the secret is shown, the other still has time to use it. Here the one who knows the secret
locked for one day and the other for two, because their client did not compare the two times.

## Steps
1. The attacker, who knows the secret, locks WETH at home for one day.
2. The victim locks dollars far away under the same hash for two days.
3. A day later the attacker takes the WETH back: the secret is worth nothing at home from now on.
4. With the secret he claims the dollars.
5. He pays half of them to a dealer for something else.

## Honest twin
The same swap with the locks in the right order: two days at home, one day far away. The first claims the dollars near
the end of the day, and the other claims the WETH with the secret that was shown.

## Containment
Between the victim's lock and the claim: the issuer of the dollars far away blacklists the attacker, the claim reverts,
and after two days the victim gets the dollars back. After: they are seized as long as the attacker holds them.

## References
- BIP-199 (hash time locks); Decred, "On-chain atomic swaps" (the initiator's lock is the longer one).
"""

from dataclasses import dataclass
from hashlib import sha256

from eth_hash.auto import keccak

from tocsin.chain.contract import Account, Contract, Receipt, Transaction
from tocsin.exercise.play import Play
from tocsin.exercise.scenario import Expected, Scenario
from tocsin.exercise.scene.balancer import DAY_SECONDS
from tocsin.exercise.scene.people import ETHER
from tocsin.exercise.scene.tokens import DOLLAR
from tocsin.exercise.stage import Stage
from tocsin.exercise.taxonomy import Tag
from tocsin.exercise.truth import Truth, loss, step, told
from tocsin.model.priority import Priority

SECRET = keccak(b"secret of the swap")
HASH = sha256(SECRET).digest()
GIVEN, WANTED = 40 * ETHER, 120_000 * DOLLAR
NEARLY_A_DAY_SECONDS = DAY_SECONDS * 9 // 10


@dataclass(frozen=True, slots=True)
class Leg:
    """One lock: where, by whom and for whom."""

    stage: Stage
    locks: Contract
    owner: Account
    to: Account
    token: Contract
    amount: int
    until: int

    def lock(self) -> Receipt:
        """Lock it."""
        what = (self.to, self.token, self.amount, HASH, self.until)
        return self.stage.do(self.locks.by(self.owner, "lock", *what))

    def claim(self) -> Transaction:
        """The transaction in which its receiver takes it with the secret."""
        return self.locks.by(self.to, "claim", self._id(), SECRET)

    def refund(self) -> Transaction:
        """The transaction in which its owner takes it back."""
        return self.locks.by(self.owner, "refund", self._id())

    def _id(self) -> bytes:
        what = (self.owner, self.to, self.token, self.amount, HASH, self.until)
        return bytes(self.stage.read(self.locks, "idOf", *what))


@dataclass(frozen=True, slots=True)
class Targets:
    """What the scenario is played on."""

    attacker: Account
    victim: Account
    dealer: Account
    locks: Contract
    """Far away."""
    dollars: Contract
    """Far away."""


def prepare(play: Play) -> Targets:
    """Hash time locks and a dollar far away; each side has what it gives, and has approved it."""
    far, founder, far_founder = play.far, play.scene.people.founder, play.scene.people.far_founder
    attacker, victim = (play.home.account(name) for name in ("attacker", "swapper"))
    for account in (attacker, victim):
        far.account(account.name)
    locks = far.deploy(far_founder, play.library.own("HashTimeLock"), name="hash time locks (far)")
    stable = play.library.own("RangeStable")
    dollars = far.deploy(far_founder, stable, "USD Far", "USDF", 6, far_founder, name="USDF")
    far.do(dollars.by(far_founder, "mint", victim, WANTED))
    far.do(dollars.by(victim, "approve", locks, WANTED))
    weth = play.scene.tokens.weth
    play.home.do(weth.by(founder, "transfer", attacker, GIVEN))
    play.home.do(weth.by(attacker, "approve", play.scene.services.hash_locks, GIVEN))
    return Targets(attacker, victim, far.account("dealer"), locks, dollars)


def _legs(play: Play, targets: Targets, given_days: int, wanted_days: int) -> tuple[Leg, Leg]:
    """What the one who knows the secret gives, and what they want for it."""
    first, second, now = targets.attacker, targets.victim, play.home.now()
    near, weth = play.scene.services.hash_locks, play.scene.tokens.weth
    given = Leg(play.home, near, first, second, weth, GIVEN, now + given_days * DAY_SECONDS)
    until = now + wanted_days * DAY_SECONDS
    return given, Leg(play.far, targets.locks, second, first, targets.dollars, WANTED, until)


def attack(play: Play, targets: Targets) -> Truth:
    """Lock, be locked for, take back, claim, spend."""
    far, attacker, victim, dollars = play.far, targets.attacker, targets.victim, targets.dollars
    given, wanted = _legs(play, targets, 1, 2)
    offered, accepted = given.lock(), wanted.lock()
    play.home.pass_time(DAY_SECONDS)
    refunded = play.home.do(given.refund())
    claimed = far.do(wanted.claim())
    spent = far.do(dollars.by(attacker, "transfer", targets.dealer, WANTED // 2))
    return told(
        scenario.id,
        attackers=(attacker,),
        victims=(victim,),
        knowable=accepted,
        steps=(
            step("locks WETH for one day", offered),
            step("the victim locks dollars for two days under the same hash", accepted),
            step("takes the WETH back", refunded),
            step(
                "claims the dollars with the secret",
                claimed,
                lost=[loss(claimed, dollars, victim, WANTED)],
                gone=[],
            ),
            step("pays half of them to a dealer", spent, gone=[loss(spent, dollars, victim, WANTED // 2)]),
        ),
    )


def twin(play: Play, targets: Targets) -> None:
    """The locks in the right order."""
    given, wanted = _legs(play, targets, 2, 1)
    given.lock()
    wanted.lock()
    play.home.pass_time(NEARLY_A_DAY_SECONDS)
    play.far.do(wanted.claim())
    play.home.do(given.claim())
    play.far.do(targets.dollars.by(targets.attacker, "transfer", targets.dealer, WANTED // 2))


def contain(play: Play, targets: Targets) -> str:
    """The issuer of the dollars blacklists the attacker before the claim."""
    given, wanted = _legs(play, targets, 1, 2)
    given.lock()
    wanted.lock()
    issuer, dollars = play.scene.people.far_founder, targets.dollars
    play.far.do(dollars.by(issuer, "blacklist", targets.attacker))
    return play.far.refused(wanted.claim())


scenario = Scenario(
    id="htlc-timelock-order",
    priority=Priority.P2,
    tags=(Tag.BUSINESS_LOGIC, Tag.INPUT_VALIDATION, Tag.EXECUTION, Tag.IMPACT, Tag.FRAUD),
    expects=Expected(detectors=("htlc-fault",)),
    prepare=prepare,
    attack=attack,
    twin=twin,
    contain=contain,
)
