"""
Collectors approve a contract that promises them a prize, and it takes all their NFTs.

## Story
A site promises holders of Range Apes a prize. The button that claims it calls setApprovalForAll: the site's contract
may then move every NFT of the collection that the visitor holds.

## Steps
1. The attacker creates the contract.
2. Two collectors, one after the other, approve it for the whole collection.
3. After each approval the contract takes all that this collector holds.

## Honest twin
The same collectors approve a market, offer their NFTs there, and buyers pay for them.

## Containment
Between approval and theft the collector revokes; the theft then reverts with ERC721InsufficientApproval. Once an NFT is
taken, nothing in the collection can bring it back.

## References
- EIP-721, setApprovalForAll.
"""

from dataclasses import dataclass, replace

from tocsin.chain.contract import Account, Contract, Transaction
from tocsin.exercise.play import Play
from tocsin.exercise.scenario import Expected, Scenario
from tocsin.exercise.scene.people import ETHER
from tocsin.exercise.taxonomy import Tag
from tocsin.exercise.truth import Step, Truth, loss, step, told
from tocsin.model.priority import Priority

NFTS = 3
"""That each collector holds."""
PRICE = 2 * ETHER


@dataclass(frozen=True, slots=True)
class Targets:
    """What the scenario is played on."""

    attacker: Account
    collections: dict[Account, tuple[int, ...]]
    """The NFTs of each collector."""


def prepare(play: Play) -> Targets:
    """Two collectors get NFTs of their own."""
    home, rnft = play.home, play.scene.tokens.rnft
    collections = {}
    for user in play.scene.people.users[:2]:
        first = home.read(rnft, "nextId")
        home.do(rnft.by(play.scene.people.founder, "mint", user, NFTS))
        collections[user] = tuple(range(first, first + NFTS))
    return Targets(home.account("attacker"), collections)


def attack(play: Play, targets: Targets) -> Truth:
    """Each collector approves, and is robbed."""
    contract = _deploy(play, targets)
    steps = [step("creates a contract that promises a prize", play.home.creation(contract))]
    for collector in targets.collections:
        steps += _robbed(play, targets, contract, collector)
    return told(scenario.id, attackers=(targets.attacker, contract), victims=targets.collections, steps=steps)


def _deploy(play: Play, targets: Targets) -> Contract:
    return play.home.deploy(targets.attacker, play.library.own("Drainer"), name="attacker's contract")


def _robbed(play: Play, targets: Targets, contract: Contract, collector: Account) -> list[Step]:
    home, rnft = play.home, play.scene.tokens.rnft
    approval = home.do(rnft.by(collector, "setApprovalForAll", contract, True))
    before = home.read(rnft, "balanceOf", collector)
    theft = home.do(_taking(play, targets, contract, collector))
    taken = before - home.read(rnft, "balanceOf", collector)
    return [
        step("lets the contract move all its NFTs, as the site asks", approval),
        step("takes the collector's NFTs", theft, lost=[loss(theft, rnft, collector, taken)]),
    ]


def _taking(play: Play, targets: Targets, contract: Contract, collector: Account) -> Transaction:
    ids = targets.collections[collector]
    return contract.by(targets.attacker, "nfts", play.scene.tokens.rnft, collector, list(ids))


def twin(play: Play, targets: Targets) -> None:
    """A market is approved and pays."""
    home, rnft, users = play.home, play.scene.tokens.rnft, play.scene.people.users
    market = home.deploy(home.account("market founder"), play.library.own("NftMarket"), name="NFT market")
    for buyer, (collector, ids) in zip(users[4:], targets.collections.items(), strict=False):
        home.do(rnft.by(collector, "setApprovalForAll", market, True))
        for each in ids:
            home.do(market.by(collector, "offer", rnft, each, PRICE))
            home.do(market.by(buyer, "buy", rnft, each, value=PRICE))


def contain(play: Play, targets: Targets) -> str:
    """The collector revokes in time."""
    home, rnft, collector = play.home, play.scene.tokens.rnft, next(iter(targets.collections))
    contract = _deploy(play, targets)
    for may in (True, False):
        home.do(rnft.by(collector, "setApprovalForAll", contract, may))
    return home.refused(replace(_taking(play, targets, contract, collector), target=rnft.artefact))


scenario = Scenario(
    id="nft-phish",
    priority=Priority.P2,
    tags=(Tag.RESOURCE_DEVELOPMENT, Tag.INITIAL_ACCESS, Tag.EXECUTION, Tag.IMPACT, Tag.FRAUD),
    expects=Expected(detectors=("ice-phishing",)),
    prepare=prepare,
    attack=attack,
    twin=twin,
    contain=contain,
)
