"""
Somebody begins swaps by hash time locks and never claims, so that others' tokens lie locked for a day.

## Story
Who begins a swap alone knows its secret and may simply not use it. The other side has locked by then, and waits until
its time is over. The attacker gives up nothing but the use of his own tokens for two days; he does it to three people
at once to keep their dollars off the market, or claims only where the price has moved his way: an option for free.

## Steps
1. Three times: the attacker locks WETH for a victim for two days, and the victim locks USDR for him for one day.
2. He never claims. A day later the victims take their USDR back; after another he takes back his WETH.

What the victims had locked counts as lost from the moment they locked it, and none of it as gone: they get every unit
back. What they really lost is the use of it for a day, which no token's balance shows.

## Honest twin
One such swap that both sides let expire because they agreed to call it off. On the chain it is the attack, once.

## Containment
None on the chain: a lock opens by its secret or by its time, and only the attacker knows the secret. Clients can ask
for a premium, or lock little at first.

## References
- BIP-199 (hash time locks).
- Han, Lin and Yu, "On the optionality and fairness of atomic swaps", 2019.
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
from tocsin.exercise.scene.uniswap_v2 import MOST
from tocsin.exercise.taxonomy import Tag
from tocsin.exercise.truth import Step, Truth, loss, step, told
from tocsin.model.finding import Severity
from tocsin.model.priority import Priority

GIVEN, WANTED = 20 * ETHER, 60_000 * DOLLAR
VICTIMS = 3


@dataclass(frozen=True, slots=True)
class Targets:
    """What the scenario is played on."""

    attacker: Account
    victims: tuple[Account, ...]


@dataclass(frozen=True, slots=True)
class Leg:
    """One lock: by whom, for whom, of what, until when."""

    locks: Contract
    owner: Account
    what: tuple[Account, Contract, int, bytes, int]

    def lock(self, play: Play) -> Receipt:
        """Lock it."""
        return play.home.do(self.locks.by(self.owner, "lock", *self.what))

    def refund(self, play: Play) -> Transaction:
        """The transaction in which its owner takes it back."""
        return self.locks.by(self.owner, "refund", play.home.read(self.locks, "idOf", self.owner, *self.what))


def prepare(play: Play) -> Targets:
    """Everybody has what they give, and has approved it."""
    home, tokens, founder = play.home, play.scene.tokens, play.scene.people.founder
    targets = Targets(home.account("attacker"), tuple(home.account(f"swapper {n + 1}") for n in range(VICTIMS)))
    funds = ((tokens.usdr, WANTED, targets.victims), (tokens.weth, VICTIMS * GIVEN, (targets.attacker,)))
    for token, amount, holders in funds:
        for holder in holders:
            home.do(token.by(founder, "transfer", holder, amount))
            home.do(token.by(holder, "approve", play.scene.services.hash_locks, MOST))
    return targets


def _swap(play: Play, first: Account, second: Account) -> tuple[Leg, Leg]:
    """Both legs of a swap that `first` begins."""
    tokens, locks, now = play.scene.tokens, play.scene.services.hash_locks, play.home.now()
    hash_ = sha256(keccak(f"secret for {second.name}".encode())).digest()
    given = Leg(locks, first, (second, tokens.weth, GIVEN, hash_, now + 2 * DAY_SECONDS))
    return given, Leg(locks, second, (first, tokens.usdr, WANTED, hash_, now + DAY_SECONDS))


def attack(play: Play, targets: Targets) -> Truth:
    """Begin three swaps and let them expire."""
    swaps = [_swap(play, targets.attacker, victim) for victim in targets.victims]
    locked = [each for given, wanted in swaps for each in _locked(play, given, wanted)]
    play.home.pass_time(DAY_SECONDS)
    returned = [play.home.do(wanted.refund(play)) for _, wanted in swaps]
    play.home.pass_time(DAY_SECONDS)
    taken_back = [play.home.do(given.refund(play)) for given, _ in swaps]
    return told(
        scenario.id,
        attackers=(targets.attacker,),
        victims=targets.victims,
        steps=(
            *locked,
            *(step("the victim takes the USDR back", each) for each in returned),
            *(step("takes the WETH back", each) for each in taken_back),
        ),
    )


def _locked(play: Play, given: Leg, wanted: Leg) -> tuple[Step, Step]:
    offered, accepted = given.lock(play), wanted.lock(play)
    lost = loss(accepted, play.scene.tokens.usdr, wanted.owner, WANTED)
    return (
        step("locks WETH for a victim for two days", offered),
        step("the victim locks USDR for one day, and waits", accepted, lost=[lost], gone=[]),
    )


def twin(play: Play, targets: Targets) -> None:
    """A swap that both let expire."""
    given, wanted = _swap(play, targets.attacker, targets.victims[0])
    for leg in (given, wanted):
        leg.lock(play)
    for leg in (wanted, given):
        play.home.pass_time(DAY_SECONDS)
        play.home.do(leg.refund(play))


scenario = Scenario(
    id="htlc-griefing",
    priority=Priority.P4,
    tags=(Tag.BUSINESS_LOGIC, Tag.EXECUTION, Tag.IMPACT),
    expects=Expected(detectors=("htlc-fault",), severity=Severity.LOW, within_seconds=90_000),
    prepare=prepare,
    attack=attack,
    twin=twin,
)
