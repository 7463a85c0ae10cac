"""
A contract acted on the price of another that was in the middle of a call.

While a pool pays out, its books are half written: its shares are burnt and its reserves not yet lowered, or the other
way round. Whoever is being paid cannot enter it, but others can ask it for its price, and be told nonsense.

## What it finds
In the call tree: a contract hands control to one of the sender's actor cluster before it is done (a payment, a token's
hook); there the actors call somebody else's contract, which reads a price view of the open one by a static call; and
before the open one is done, that contract or one that called it moves something.

* critical: something was given to the actors, and who gave it lost more than $10 000 of tokens with a known price.
* high: something was given to the actors.
* medium: something was taken from the actors, or moved or minted for others, on the strength of that price; or it is
  not certain that who had control is the actors' (a contract that a member calls and that acts when it is called back).
* low: the price was read and nothing moved; or the pool told the same price, to a hundredth, as when it was at rest.

A price that only the actors themselves read is nothing: they may ask what they like.

## Why it matters
No function of the pool is entered again, so its lock does not help, and every contract that trusts its price is open
for as long as the pool pays. Lending markets lost tens of millions of dollars by it in 2022 and 2023.

## Blind spots
Callbacks that lenders and pools make by design, as for flash loans, are taken to be made with the books in order. A
price that is kept and not read by a static call, or read by a view that is not among those known here: the views of
Curve, Balancer, Uniswap V2 and V3, ERC-4626 and Compound shares. Doors to contracts that no actor called. What is
moved inside a contract's own books, without a token or a payment, is not seen.

## Triage
The victim is the contract that believed the price, not the pool. If it is yours, pause it: the same transaction works
again at once. Then have it ask the pool's lock before it prices (as Balancer's `VaultReentrancyLib` and a no-op call of
a Curve pool do). If the pool is yours, warn those who price its shares.

## References
https://chainsecurity.com/blog/curve-lp-oracle-manipulation-post-mortem; TxSpector (depth of calls); SWC-107.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl

from tocsin.chain import abi
from tocsin.chain.signatures import selector
from tocsin.detect import actors
from tocsin.detect.actors import PROFITS_READ, SAME, Cluster
from tocsin.detect.detector import Detector, Example, Read
from tocsin.detect.detectors import _frames
from tocsin.detect.detectors._example_rows import answered, call
from tocsin.detect.detectors._frames import Frame
from tocsin.detect.detectors.reentrancy import _called_back
from tocsin.detect.detectors.reentrancy._accomplices import accomplices, trusting
from tocsin.detect.detectors.reentrancy._called_back import called_back
from tocsin.detect.detectors.reentrancy._mid_call_reads import VIEWS, MidCallRead, mid_call_reads
from tocsin.detect.detectors.reentrancy._reentry import BY_DESIGN
from tocsin.detect.detectors.reentrancy._reentry_report import FAMILY, UNSURE, Suspects
from tocsin.detect.worth import PRICES_READ, Prices, about
from tocsin.model.finding import Entity, Place, Severity, Sighting, hexadecimal
from tocsin.tables.choice import rows_at
from tocsin.tables.dataset import Tables
from tocsin.tables.literal import words

LOSS_DOLLARS = 10_000
"""A loss from which on it is critical (design: the entry threshold of large profit)."""
_LEAST_DEPTH = 4
"""Of a read: below the root, the pool's frame, the door and the entry."""
_STATIC, _VIEWS = abi.texts(("staticcall",)), abi.keys(VIEWS)


def run(tables: Tables) -> Iterator[Sighting]:
    """One sighting per transaction, contract that believed and pool that was believed."""
    calls = _with_views(called_back(tables["calls"]))
    if calls.is_empty():
        return
    trees = actors.by_transaction(calls, _frames.READ)
    for key, cluster in actors.find({"calls": calls}).items():
        suspects, found = _reads(tuple(_frames.ordered(trees[key])), cluster)
        by_parties: dict[tuple[bytes, bytes], list[MidCallRead]] = {}
        for read in found:
            by_parties.setdefault((read.entry.callee, read.pool), []).append(read)
        for reads in by_parties.values():
            yield _sighting(suspects, reads, _loss(tables, cluster, reads))


def _reads(tree: tuple[Frame, ...], cluster: Cluster) -> tuple[Suspects, tuple[MidCallRead, ...]]:
    """The reads behind doors to the actors; if there are none, to contracts that may act with them."""
    members = cluster.members
    if found := tuple(mid_call_reads(tree, members)):
        return Suspects(cluster), found
    if not (helpers := accomplices(tree, members, BY_DESIGN)):
        return Suspects(cluster), ()
    suspects = Suspects(cluster, helpers, trusting(tree, helpers, members))
    return suspects, tuple(mid_call_reads(tree, suspects.accounts))


def _with_views(calls: pl.DataFrame) -> pl.DataFrame:
    """The frames of transactions in which a price view is read by a static call."""
    read = abi.among(calls["selector"], _VIEWS) & abi.among(calls["call_type"], _STATIC)
    rows = np.flatnonzero(read & (calls["depth"].to_numpy() >= _LEAST_DEPTH))
    return actors.of_transactions(calls, rows_at(calls[["transaction_hash"]], rows)) if len(rows) else calls.clear()


def _loss(tables: Tables, cluster: Cluster, reads: Sequence[MidCallRead]) -> float:
    """About how many dollars those lost who gave something."""
    givers = {giver for read in reads for giver in read.givers}
    if not givers:
        return 0.0
    place, prices = cluster.place, Prices.of(tables)
    same = [pl.col(name).eq_missing(pl.lit(place[name])) for name in SAME]
    flows = tables["profits"].filter(*same).select(PROFITS_READ).iter_rows()
    lost = ((token, int(-net)) for account, token, net in flows if account in givers and net < 0)
    return sum(prices.dollars(place["chain_id"], token, amount) or 0.0 for token, amount in lost)


def _sighting(suspects: Suspects, reads: Sequence[MidCallRead], loss: float) -> Sighting:
    cluster, worst = suspects.cluster, max(reads, key=lambda read: (*_grade(read, loss), -read.read.position))
    severity, confidence = _grade(worst, loss)
    if not suspects.is_certain(worst.entry.caller):
        severity, confidence = min(severity, Severity.MEDIUM), min(confidence, UNSURE)
    lost = f", and lost {about(loss)}" if loss >= 1 and worst.givers else ""
    victim, pool = hexadecimal(worst.entry.callee) or "", hexadecimal(worst.pool) or ""
    return Sighting(
        place=Place.of(cluster.place),
        severity=severity,
        confidence=confidence,
        title=f"A contract used a price in the middle of its pool's call{lost}",
        summary=(
            f"While {pool} was in the middle of a call and {hexadecimal(worst.door.callee)} had control, "
            f"{hexadecimal(worst.reader)} read its price inside a call of {victim}. {_what_came_of_it(worst)}{lost}."
        ),
        entities=_entities(cluster.sender, worst, victim, pool),
        values={
            "reads": len(reads),
            "view_selector": _shown(worst.read.selector),
            "door_selector": _shown(worst.door.selector),
            "entry_selector": _shown(worst.entry.selector),
            **({} if worst.times is None else {"differs_percent": round(min(worst.times - 1, 1e6) * 100)}),
            **({"loss_about_dollars": round(loss)} if lost else {}),
            "read_call_index": worst.read.position,
        },
        labels=(FAMILY,),
        key=f"{victim} {pool}",
    )


def _shown(selector: bytes) -> str:
    return f"0x{selector.hex()}" if selector else "none"


def _grade(read: MidCallRead, loss: float) -> tuple[Severity, float]:
    if read.is_true or not (read.givers or read.acted):
        return Severity.LOW, 0.4
    if read.givers:
        return (Severity.CRITICAL, 0.85) if loss >= LOSS_DOLLARS else (Severity.HIGH, 0.7)
    return Severity.MEDIUM, 0.5


def _what_came_of_it(read: MidCallRead) -> str:
    if read.is_true:
        return "It was told the same price as when the pool was at rest"
    if read.givers:
        return "On the strength of it something was given to whoever had control"
    return "It then moved something" if read.acted else "Nothing was seen to be moved"


def _entities(sender: bytes, read: MidCallRead, victim: str, pool: str) -> tuple[Entity, ...]:
    harmless = read.is_true or not (read.givers or read.acted)
    role = "reader" if harmless else "victim"
    return (
        Entity(role, victim),
        Entity("caller" if harmless else "attacker", hexadecimal(sender) or ""),
        Entity("contract" if harmless else "attack_contract", hexadecimal(read.entry.caller) or ""),
        Entity("pool", pool),
    )


_RUN, _EXIT, _BORROW = selector("run()"), selector("withdraw(uint256)"), selector("borrow(uint256)")
_PRICE, _PLEDGE = selector("get_virtual_price()"), selector("supply(uint256)")
_TRANSFER, _PULL = selector("transfer(address,uint256)"), selector("transferFrom(address,address,uint256)")
_WETH = "0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2"


_WHILE_PAID = [
    call(0, 0, 7, "mallory", "thief", _RUN),
    call(1, 1, 6, "thief", "pool", _EXIT),
    call(2, 2, 6, "pool", "thief", value=10),
    call(3, 3, 6, "thief", "market", _BORROW),
    call(4, 4, 5, "market", "pool", _PRICE, kind="staticcall"),
    call(4, 5, 6, "market", "dollar", _TRANSFER + words("thief", 5)),
    call(1, 6, 7, "thief", "pool", _PRICE, kind="staticcall"),
]
_PLEDGED = [
    {**row, "to_address": "share", "selector": _PULL, "input": _PULL + words("thief", "market", 5)}
    if row["call_index"] == 5
    else row
    for row in _WHILE_PAID
]
_BY_A_SECOND = [
    call(0, 0, 7, "mallory", "thief", _RUN),
    call(1, 1, 7, "thief", "second", _RUN),
    call(2, 2, 7, "second", "pool", _EXIT),
    call(3, 3, 7, "pool", "second", value=10),
    call(4, 4, 7, "second", "market", _BORROW),
    call(5, 5, 6, "market", "pool", _PRICE, kind="staticcall"),
    call(5, 6, 7, "market", "dollar", _TRANSFER + words("second", 5)),
]
_AFTERWARDS = [
    call(0, 0, 7, "user", "helper", _RUN),
    call(1, 1, 4, "helper", "pool", _EXIT),
    call(2, 2, 4, "pool", "helper", value=10),
    call(3, 3, 4, "helper", "pool", _PRICE, kind="staticcall"),
    call(1, 4, 7, "helper", "market", _BORROW),
    call(2, 5, 6, "market", "pool", _PRICE, kind="staticcall"),
    call(2, 6, 7, "market", "dollar", _TRANSFER + words("helper", 5)),
]
_LOOKED = [
    *(row for row in _WHILE_PAID if row["call_index"] < 5),
    {**_WHILE_PAID[6], "to_address": "elsewhere"},
]

detector = Detector(
    id="read-only-reentrancy",
    severity=Severity.CRITICAL,
    reads={
        "calls": Read(columns=_called_back.READ),
        "profits": Read(columns=PROFITS_READ),
        "prices": PRICES_READ,
    },
    run=run,
    examples=(
        Example(
            says="a market lends on the price of a pool that is paying the borrower",
            tables={"calls": answered(_WHILE_PAID, at_4=(800, 0), at_6=(100, 0))},
            finds=(
                {
                    "severity": "high",
                    "confidence": 0.7,
                    "entities": {"victim": "market", "attacker": "mallory", "attack_contract": "thief", "pool": "pool"},
                    "values": {"reads": 1, "differs_percent": 700},
                },
            ),
        ),
        Example(
            says="and loses real money by it",
            tables={
                "calls": _WHILE_PAID,
                "profits": [
                    {"account_address": "market", "token_address": _WETH, "sent": 20 * 10**18, "net_f64": -20e18}
                ],
            },
            finds=({"severity": "critical", "values": {"loss_about_dollars": 40_000}},),
        ),
        Example(
            says="the market takes a pledge at that price, and gives nothing yet",
            tables={"calls": _PLEDGED},
            finds=({"severity": "medium", "entities": {"victim": "market"}},),
        ),
        Example(
            says="it is not certain that who had control acts for the sender",
            tables={"calls": _BY_A_SECOND},
            finds=({"severity": "medium", "confidence": 0.4, "entities": {"attack_contract": "second"}},),
        ),
        Example(
            says="the market looks at the price and moves nothing",
            tables={"calls": _LOOKED},
            finds=({"severity": "low", "entities": {"reader": "market"}},),
        ),
        Example(
            says="the pool tells the true price even then",
            tables={"calls": answered(_WHILE_PAID, at_4=(100, 0), at_6=(100, 0))},
            finds=({"severity": "low", "values": {"differs_percent": 0}},),
        ),
        Example(
            says="who is paid reads the price, and borrows when the pool is done",
            tables={"calls": answered(_AFTERWARDS, at_3=(800, 0), at_5=(100, 0))},
        ),
    ),
)
