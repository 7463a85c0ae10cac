"""
The key of an exchange's hot wallet is stolen: ten tokens and all ether leave in one block, and are laundered.

## Story
An exchange pays its customers from one account. Its key has been stolen, and whoever has it has prepared the payments
one after the other, to go out in the same block before anybody looks. It has the shape of what happened to several
exchanges' hot wallets in 2023.

## Steps
1. In one block, with consecutive nonces, ten tokens and nearly all ether go to the attacker.
2. The attacker turns USDR, which can be frozen, into WETH, which cannot: a million at a time.
3. Ether goes through six fresh accounts, each of which peels ten ether off into the mixer and hands on the rest.
4. A relayer withdraws two of these deposits to another fresh account, which pays them in at another exchange.

## Honest twin
The exchange rotates its hot wallet: the same tokens and ether go to a new account in one block, which sells as much
USDR for WETH, tops up six warm wallets one out of the other, and pays out a customer.

## Containment
On the token part only: the bot pauses USDR through the emergency module, and the transfer reverts with EnforcedPause.
After: USDR and DAIR are blacklisted and seized as long as the attacker holds them. Ether can be stopped only where it
arrives: the other exchange can hold what is paid in, if it is told at once.

## References
- MITRE ATT&CK, T1657 (financial theft); EIP-155 (nonces put an account's transactions in order).
- https://aadapt.mitre.org
"""

from collections.abc import Sequence
from dataclasses import dataclass

from eth_hash.auto import keccak

from tocsin.chain.contract import Account, Contract, Receipt, Transaction, pay
from tocsin.exercise.play import Play
from tocsin.exercise.scenario import Expected, Scenario
from tocsin.exercise.scenarios._selling import sold
from tocsin.exercise.scene.people import ETHER
from tocsin.exercise.scene.services import DENOMINATION
from tocsin.exercise.scene.tokens import DOLLAR, MILLION
from tocsin.exercise.taxonomy import Tag
from tocsin.exercise.truth import ETHER_TOKEN, Step, Truth, loss, step, told
from tocsin.model.priority import Priority

LISTED = ("ALFA", "BRAVO", "CHARLIE", "DELTA")
"""Tokens beside those of the scene."""
DRAINED, PEELED = 4_900 * ETHER, 1_000 * ETHER
LAUNDERED = MILLION * DOLLAR
"""What is turned into WETH at a time."""
HOPS, WITHDRAWN = 6, 2
LEFT = ETHER // 5
"""What each account on the way keeps for gas."""
RELAYED = ETHER // 20
PAID_IN = WITHDRAWN * (DENOMINATION - RELAYED) - LEFT


@dataclass(frozen=True, slots=True)
class Targets:
    """What the scenario is played on."""

    attacker: Account
    holdings: tuple[tuple[Contract, int], ...]
    """Tokens of the hot wallet, and how much of each."""
    hops: tuple[Account, ...]
    fresh: Account
    other_exchange: Account
    """A deposit address there."""
    new_wallet: Account


def prepare(play: Play) -> Targets:
    """Fill the hot wallet with ten tokens."""
    home, people, tokens = play.home, play.scene.people, play.scene.tokens
    listed = tuple(_listed(play, symbol) for symbol in LISTED)
    known = (
        (tokens.usdr, 3 * MILLION * DOLLAR),
        (tokens.dair, MILLION * ETHER),
        (tokens.weth, 800 * ETHER),
        (tokens.thin, 50_000 * ETHER),
        (tokens.rgov, 20_000 * ETHER),
        (tokens.hook, 20_000 * ETHER),
    )
    holdings = (*known, *((token, 100_000 * ETHER) for token in listed))
    for token, amount in holdings:
        home.do(token.by(people.founder, "transfer", people.exchange, amount))
    return Targets(
        attacker=home.account("attacker"),
        holdings=holdings,
        hops=tuple(home.account(f"hop {n + 1}", 0) for n in range(HOPS)),
        fresh=home.account("cash-out account", 0),
        other_exchange=home.account("other exchange's deposit address", 0),
        new_wallet=home.account("new hot wallet"),
    )


def _listed(play: Play, symbol: str) -> Contract:
    founder = play.scene.people.founder
    artefact = play.library.own("RangeVotes")
    token = play.home.deploy(founder, artefact, f"{symbol.title()} Token", symbol, founder, name=symbol)
    play.home.do(token.by(founder, "mint", founder, MILLION * ETHER))
    return token


def attack(play: Play, targets: Targets) -> Truth:
    """Empty the wallet in one block, swap, peel, mix, pay in."""
    drained = play.home.mine(*_moved(play, targets, targets.attacker))
    return told(
        scenario.id,
        attackers=(targets.attacker, *targets.hops, targets.fresh),
        victims=(play.scene.people.exchange,),
        steps=(
            *_taken(play, targets, drained),
            *_laundered(play, targets.attacker),
            *_peeled(play, targets),
            *_cashed_out(play, targets),
        ),
    )


def _moved(play: Play, targets: Targets, to: Account) -> list[Transaction]:
    """Everything out of the hot wallet."""
    wallet = play.scene.people.exchange
    transfers = [token.by(wallet, "transfer", to, amount) for token, amount in targets.holdings]
    return [*transfers, pay(wallet, to, DRAINED)]


def _taken(play: Play, targets: Targets, drained: Sequence[Receipt]) -> list[Step]:
    """Dollars can still be seized, and what will be paid in at an exchange can be held there; the rest is gone."""
    tokens, wallet = play.scene.tokens, play.scene.people.exchange
    *transfers, paid = drained
    steps = []
    for receipt, (token, amount) in zip(transfers, targets.holdings, strict=True):
        lost = [loss(receipt, token, wallet, amount)]
        gone = [] if token in (tokens.usdr, tokens.dair) else lost
        steps.append(step("takes a token out of the hot wallet", receipt, lost=lost, gone=gone))
    lost, gone = ([loss(paid, ETHER_TOKEN, wallet, wei)] for wei in (DRAINED, DRAINED - PAID_IN))
    return [*steps, step("takes the ether out of the hot wallet", paid, lost=lost, gone=gone)]


def _laundered(play: Play, attacker: Account) -> list[Step]:
    approval, *swaps = sold(play, attacker, LAUNDERED)
    wallet, usdr = play.scene.people.exchange, play.scene.tokens.usdr
    return [
        step("lets a router take its USDR", approval),
        *(step("turns a million USDR into WETH", each, gone=[loss(each, usdr, wallet, LAUNDERED)]) for each in swaps),
    ]


def _note(hop: Account) -> tuple[bytes, bytes]:
    """Nullifier and secret of this account's deposit."""
    return keccak(f"nullifier of {hop.name}".encode()), keccak(f"secret of {hop.name}".encode())


def _peeled(play: Play, targets: Targets) -> list[Step]:
    home, mixer = play.home, play.scene.services.mixer
    steps = []
    for payer, hop, amount in _chain(targets.attacker, targets.hops):
        steps.append(step("hands ether on to a fresh account", home.do(pay(payer, hop, amount))))
        deposit = mixer.by(hop, "deposit", home.read(mixer, "commitmentOf", *_note(hop)), value=DENOMINATION)
        steps.append(step("peels ten ether off into the mixer", home.do(deposit)))
    return steps


def _chain(first: Account, hops: Sequence[Account]) -> list[tuple[Account, Account, int]]:
    """Who pays whom how much: each keeps what it peels off, and gas."""
    payers = (first, *hops[:-1])
    return [
        (payer, hop, PEELED - n * (DENOMINATION + LEFT))
        for n, (payer, hop) in enumerate(zip(payers, hops, strict=True))
    ]


def _cashed_out(play: Play, targets: Targets) -> list[Step]:
    home, mixer, relayer = play.home, play.scene.services.mixer, play.scene.people.relayer
    withdrawals = [
        home.do(mixer.by(relayer, "withdraw", *_note(hop), targets.fresh, relayer, RELAYED))
        for hop in targets.hops[:WITHDRAWN]
    ]
    paid_in = home.do(pay(targets.fresh, targets.other_exchange, PAID_IN))
    return [
        *(step("has a relayer withdraw from the mixer to a fresh account", each) for each in withdrawals),
        step("pays in at another exchange", paid_in),
    ]


def twin(play: Play, targets: Targets) -> None:
    """The exchange moves to a new hot wallet."""
    home, wallet = play.home, targets.new_wallet
    play.knowledge.announce(home, play.scene.people.exchange, "CHG-21: a new hot wallet", becomes=wallet)
    play.knowledge.label(home, "own", wallet, *targets.hops)
    home.mine(*_moved(play, targets, wallet))
    sold(play, wallet, LAUNDERED)
    for payer, hop, amount in _chain(wallet, targets.hops):
        home.do(pay(payer, hop, amount))
    home.do(pay(wallet, play.scene.people.users[5], PAID_IN))


def contain(play: Play, targets: Targets) -> str:
    """The bot pauses USDR."""
    usdr = play.scene.tokens.usdr
    play.home.do(play.scene.safe.fires(usdr, "pause"))
    return play.home.refused(_moved(play, targets, targets.attacker)[0])


scenario = Scenario(
    id="hot-wallet-drain",
    priority=Priority.P1,
    tags=(Tag.CREDENTIAL_ACCESS, Tag.EXECUTION, Tag.DEFENSE_EVASION, Tag.EXFILTRATION, Tag.IMPACT, Tag.FRAUD),
    expects=Expected(detectors=("watched-drain", "key-compromise-drain")),
    prepare=prepare,
    attack=attack,
    twin=twin,
    contain=contain,
)
