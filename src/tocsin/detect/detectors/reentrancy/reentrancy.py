"""
A contract was entered again before it was done.

A contract handed control to the attacker while still at work (a payment, a token hook, a callback), and the
attacker's contract called into it once more, by the same or another function, or into a sibling that leans on the same
controller.

## What it finds
In the call tree: somebody else's contract calls a member of the sender's actor cluster (a door), and behind the door a
member calls, not statically, a contract that is open in front of it. Proxies count as one with their implementation.
What came of it decides:

* critical: value was given away both in the inner call and in the rest of the outer one, or the inner call named an
  account that the contract paid afterwards as well; and the contract lost more than $10 000 of tokens with a known
  price.
* high: the same without such a loss (for the account that was named: the amount that was being paid was named too, or
  the contract lost something that the actors gained); or the inner call named an account from which the outer call
  then took for an actor; or a balance that the contract had measured rose by a deposit that was credited, and was then
  used; or value was given away in the inner call, and the door is a token's hook or a call that treats the attacker's
  contract as a token.
* medium: such a door, but no value seen leaving; or value given away twice behind a door that lenders and pools open
  on purpose, such as a flash-loan callback; or value given away, and it is not certain that who entered is the actors'.
* low: entered again behind a payment or another callback, and no value seen leaving twice.

Contracts that the sender neither calls nor creates count as the actors' where a member calls them and they act when
called back; for certain only where they let a member take their tokens.

## Why it matters
Code that pays before it books lets whoever is paid ask again. It drained the first large contract on Ethereum and
still drains lending markets whose tokens have transfer hooks. A guard on one function does not help when another one
changes the same books.

## Blind spots
Which storage slots both calls touch is not looked at: no dataset tells it frame by frame. Of call data only the first
two arguments are looked at for accounts that are named. What is moved to another name and taken in a later transaction
is medium. Entries by an account that no member calls are not seen. That a third contract trusts a view of the open one
is for the detector read-only-reentrancy. A door that is open on purpose and guarded by nothing is silent unless value
leaves twice; the lock of a manager such as Uniswap V4's, behind which everything is done, always.

## Triage
Compare what the contract booked with what it paid. If it is yours and the finding is high, pause it and every market
that shares its controller: the same call works until the order of booking and paying is changed.

## References
Horus and TxSpector (reentrancy queries); "Reentrancy Redux"; SWC-107; ERC-777 and ERC-721 receiver hooks.
"""

from collections.abc import Iterator

import polars as pl

from tocsin.detect import actors
from tocsin.detect.actors import PROFITS_READ, SAME, Cluster
from tocsin.detect.detector import Detector, Example, Read
from tocsin.detect.detectors import _frames
from tocsin.detect.detectors._frames import Frame
from tocsin.detect.detectors.reentrancy import _called_back
from tocsin.detect.detectors.reentrancy import _reentry_rows as rows
from tocsin.detect.detectors.reentrancy._accomplices import accomplices, trusting
from tocsin.detect.detectors.reentrancy._called_back import called_back
from tocsin.detect.detectors.reentrancy._reentry import BY_DESIGN, Reentry, reentries
from tocsin.detect.detectors.reentrancy._reentry_report import Loss, Suspects, sighting
from tocsin.detect.worth import PRICES_READ, Prices
from tocsin.model.finding import Severity, Sighting
from tocsin.tables.dataset import Tables


def run(tables: Tables) -> Iterator[Sighting]:
    """One sighting per transaction and contract entered again."""
    calls = called_back(tables["calls"])
    if calls.is_empty():
        return
    trees = actors.by_transaction(calls, _frames.READ)
    for key, cluster in actors.find({"calls": calls}).items():
        suspects, found = _entries(tuple(_frames.ordered(trees[key])), cluster)
        by_victim: dict[bytes, list[Reentry]] = {}
        for each in found:
            by_victim.setdefault(each.victim, []).append(each)
        for victim, entries in by_victim.items():
            if told := sighting(suspects, entries, _loss(tables, suspects, victim)):
                yield told


def _entries(tree: tuple[Frame, ...], cluster: Cluster) -> tuple[Suspects, tuple[Reentry, ...]]:
    """The entries of the actors; if there are none, those of contracts that may act with them."""
    members = cluster.members
    if found := tuple(reentries(tree, members)):
        return Suspects(cluster), found
    if not (helpers := accomplices(tree, members, BY_DESIGN)):
        return Suspects(cluster), ()
    suspects = Suspects(cluster, helpers, trusting(tree, helpers, members))
    return suspects, tuple(reentries(tree, suspects.accounts))


def _loss(tables: Tables, suspects: Suspects, victim: bytes) -> Loss:
    """What the victim lost, and whether the actors gained some of it."""
    place, prices = suspects.cluster.place, Prices.of(tables)
    same = [pl.col(name).eq_missing(pl.lit(place[name])) for name in SAME]
    flows = tables["profits"].filter(*same).select(PROFITS_READ).rows()
    lost = {token: net for account, token, net in flows if account == victim}
    gained = {token for account, token, net in flows if net > 0 and account in suspects.accounts}
    dollars = -sum(prices.dollars(place["chain_id"], token, int(net)) or 0.0 for token, net in lost.items())
    return Loss(max(0.0, dollars), any(net < 0 and token in gained for token, net in lost.items()))


_WETH = "0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2"

detector = Detector(
    id="reentrancy",
    severity=Severity.CRITICAL,
    reads={
        "calls": Read(columns=_called_back.READ),
        "profits": Read(columns=PROFITS_READ),
        "prices": PRICES_READ,
    },
    run=run,
    examples=(
        Example(
            says="a bank pays before it books, and is asked again from within the payment",
            tables={"calls": rows.PAID_TWICE},
            finds=(
                {
                    "severity": "high",
                    "confidence": 0.85,
                    "entities": {"victim": "bank", "attacker": "mallory", "attack_contract": "thief"},
                    "values": {"entries": 1, "paid_twice": True, "across_contracts": False},
                },
            ),
        ),
        Example(
            says="the bank lost real money by it",
            tables={
                "calls": rows.PAID_TWICE,
                "profits": [
                    {"account_address": "bank", "token_address": _WETH, "sent": 20 * 10**18, "net_f64": -20e18},
                    {"account_address": "thief", "token_address": _WETH, "received": 20 * 10**18, "net_f64": 20e18},
                ],
            },
            finds=({"severity": "critical", "entities": {"victim": "bank"}},),
        ),
        Example(
            says="a hook of the token that a market lends opens the door to its sister market",
            tables={"calls": rows.SISTER_MARKET},
            finds=(
                {
                    "severity": "high",
                    "entities": {"victim": "market", "sibling": "sister"},
                    "values": {"across_contracts": True},
                },
            ),
        ),
        Example(
            says="what is being paid is moved to a second name by another function, and paid again",
            tables={"calls": rows.MOVED_WHILE_PAID},
            finds=(
                {
                    "severity": "high",
                    "confidence": 0.85,
                    "entities": {"victim": "bank", "attacker": "mallory", "attack_contract": "first name"},
                    "values": {"shape": "paid-to-named", "across_functions": True, "paid_twice": False},
                },
            ),
        ),
        Example(
            says="an item is handed over; its receiver says only then who is to pay for it: somebody else",
            tables={"calls": rows.BUYER_NAMED_LATE},
            finds=(
                {
                    "severity": "high",
                    "confidence": 0.8,
                    "entities": {"victim": "customer", "attacker": "mallory", "attack_contract": "thief"},
                    "values": {"shape": "taken-from-named"},
                },
            ),
        ),
        Example(
            says="a reserve is measured before and after; the deposit in between is credited, and counted as income",
            tables={"calls": rows.COUNTED_TWICE},
            finds=(
                {
                    "severity": "high",
                    "confidence": 0.7,
                    "entities": {"victim": "rewards", "attack_contract": "second contract", "sibling": "reserve"},
                    "values": {"shape": "counted-twice", "across_contracts": True},
                },
            ),
        ),
        Example(
            says="entered again, but nothing is given away twice",
            tables={"calls": rows.NOTHING_TWICE},
            finds=({"severity": "low", "values": {"paid_twice": False}},),
        ),
        Example(says="while one name is paid, another moves what is its own", tables={"calls": rows.SAVED_WHILE_PAID}),
        Example(says="a bot trades with one pool inside another's callback", tables={"calls": rows.POOL_IN_POOL}),
        Example(says="the called contract is itself called back, as routers are", tables={"calls": rows.ROUTER_PAID}),
    ),
)
