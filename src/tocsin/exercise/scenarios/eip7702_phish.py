"""
Somebody signs that a contract may act as their account, and the contract takes everything in it, then and later.

## Story
A site offers to make an account "smart". What the owner signs is an EIP-7702 authorisation for the attacker's contract.
The owner sends nothing: the attacker does, and pays for it.

## Steps
1. The attacker creates the contract.
2. He sends the owner's authorisation and has the account pay out its USDR, WETH and ether in the same transaction.
3. Two ether that the owner receives an hour later are passed on at once.
4. He turns the USDR, which can be frozen, into ether.

## Honest twin
Somebody else pays for the owner's authorisation of a contract that only the owner can use, and the owner moves
everything to a new account in one transaction.

## Containment
Before: the Safe blacklists the attacker, and what takes the USDR reverts; the delegation stands until the owner signs
another. After: USDR is blacklisted and seized as long as the attacker holds it.

## References
- EIP-7702.
"""

from dataclasses import dataclass, replace

from tocsin.chain.contract import Account, Contract, Transaction, pay
from tocsin.exercise.play import Play
from tocsin.exercise.scenario import Expected, Scenario
from tocsin.exercise.scene.people import ETHER
from tocsin.exercise.scene.tokens import DOLLAR
from tocsin.exercise.scene.uniswap_v2 import MOST, NEVER
from tocsin.exercise.taxonomy import Tag
from tocsin.exercise.truth import ETHER_TOKEN, Loss, Step, Truth, loss, step, told
from tocsin.model.priority import Priority

DOLLARS, WRAPPED, WEI, LATER = 150_000 * DOLLAR, 20 * ETHER, 30 * ETHER, 2 * ETHER
HOUR_SECONDS = 3_600


@dataclass(frozen=True, slots=True)
class Targets:
    """What the scenario is played on."""

    attacker: Account
    owner: Account


def prepare(play: Play) -> Targets:
    """An account with tokens and ether."""
    targets = Targets(play.home.account("attacker"), play.home.account("owner", WEI))
    for token, amount in ((play.scene.tokens.usdr, DOLLARS), (play.scene.tokens.weth, WRAPPED)):
        play.home.do(token.by(play.scene.people.founder, "transfer", targets.owner, amount))
    return targets


def attack(play: Play, targets: Targets) -> Truth:
    """Sweep by the authorisation, wait for more, launder."""
    home, tokens, attacker, owner = play.home, play.scene.tokens, targets.attacker, targets.owner
    contract = _deploy(play, attacker)
    before = _held(play, owner)
    swept = home.do(_sweeping(play, targets, contract))
    taken = {token: had - _held(play, owner)[token] for token, had in before.items()}
    lost = [loss(swept, token, owner, amount) for token, amount in taken.items()]
    home.pass_time(HOUR_SECONDS)
    paid = home.do(pay(play.scene.people.users[3], owner, LATER))
    return told(
        scenario.id,
        attackers=(attacker, contract),
        victims=(owner,),
        steps=(
            step("creates the contract that accounts are to delegate to", home.creation(contract)),
            step(
                "sends the owner's authorisation and takes everything",
                swept,
                lost=lost,
                gone=[each for each in lost if each.token != tokens.usdr.address],
            ),
            step("ether paid to the account is passed on", paid, lost=[loss(paid, ETHER_TOKEN, owner, LATER)]),
            *_laundered(play, targets, next(each for each in lost if each.token == tokens.usdr.address)),
        ),
    )


def _deploy(play: Play, attacker: Account) -> Contract:
    return play.home.deploy(attacker, play.library.own("Sweeper7702"), name="attacker's contract")


def _held(play: Play, owner: Account) -> dict[str, int]:
    tokens = (play.scene.tokens.usdr, play.scene.tokens.weth)
    held = {token.address: int(play.home.read(token, "balanceOf", owner)) for token in tokens}
    return held | {ETHER_TOKEN: play.home.balance(owner)}


def _sweeping(play: Play, targets: Targets, contract: Contract) -> Transaction:
    """The owner's account runs the contract's code."""
    account = Contract(targets.owner.address, contract.artefact)
    tokens = [play.scene.tokens.usdr, play.scene.tokens.weth]
    sent = account.by(targets.attacker, "sweep", tokens)
    return replace(sent, authorisations=(play.home.authorise(targets.owner, contract),))


def _laundered(play: Play, targets: Targets, lost: Loss) -> tuple[Step, ...]:
    tokens, router, attacker = play.scene.tokens, play.scene.uniswap_v2.router, targets.attacker
    approval = play.home.do(tokens.usdr.by(attacker, "approve", router, MOST))
    swap = (int(lost.amount), 0, [tokens.usdr, tokens.weth], attacker, NEVER)
    sale = play.home.do(router.by(attacker, "swapExactTokensForETH", *swap))
    return (
        step("lets a router take its USDR", approval),
        step("turns the USDR into ether", sale, gone=[lost]),
    )


def twin(play: Play, targets: Targets) -> None:
    """Somebody else pays for the authorisation; only the owner can use what it allows."""
    home, tokens, owner = play.home, play.scene.tokens, targets.owner
    code = home.deploy(home.account("wallet maker"), play.library.own("HonestDelegate"), name="smart account code")
    new = home.account("owner's new account", 0)
    authorisation = home.authorise(owner, code)
    home.do(replace(pay(play.scene.people.keeper, owner, 1), authorisations=(authorisation,)))
    calls = (
        (tokens.usdr, 0, tokens.usdr.encode("transfer", new, DOLLARS)),
        (tokens.weth, 0, tokens.weth.encode("transfer", new, WRAPPED)),
        (new, WEI - ETHER, b""),
    )
    to, values, data = ([each[n] for each in calls] for n in range(3))
    home.do(Contract(owner.address, code.artefact).by(owner, "execute", to, values, data))


def contain(play: Play, targets: Targets) -> str:
    """The Safe blacklists the attacker; the authorisation stands, but nothing can be taken with it."""
    home, usdr, safe = play.home, play.scene.tokens.usdr, play.scene.safe
    contract = _deploy(play, targets.attacker)
    home.do(safe.executes(home, usdr, usdr.encode("blacklist", targets.attacker)))
    sweeping = _sweeping(play, targets, contract)
    home.mine(sweeping)
    return home.refused(sweeping)


scenario = Scenario(
    id="eip7702-phish",
    priority=Priority.P2,
    tags=(Tag.RESOURCE_DEVELOPMENT, Tag.INITIAL_ACCESS, Tag.EXECUTION, Tag.PERSISTENCE, Tag.IMPACT, Tag.FRAUD),
    expects=Expected(detectors=("signature-drain",)),
    prepare=prepare,
    attack=attack,
    twin=twin,
    contain=contain,
)
