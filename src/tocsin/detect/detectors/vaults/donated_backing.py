"""
Something was given to a contract, and another contract then paid out on the strength of it.

## What it finds
Within one transaction an actor (the sender, the contract that works for the sender, what they create) sends tokens to a
contract by a plain transfer, without calling it for them. Then the actor calls another contract; inside that call
somebody reads how many of these tokens the first one holds, without calling it otherwise, and the actor is given
something.

* high: the actors end with $10 000 more than before, or with something whose worth is not known and nothing given but
  the gift.
* medium: anything else.

## Why it matters
The value of a vault's share is what it holds, divided by how many shares there are. With next to no shares, a gift of
little makes one share worth a fortune, and a market that takes it as collateral lends all it has against it.

## Blind spots
A gift in an earlier transaction (see share-inflation). A share whose value is not computed from a balance at the
moment, or that is asked without a static call. A gift that is made through a third contract, or to a pool.

## Triage
Pause the market that paid. Look how many shares the vault that it prices has given out: an empty one must not be taken
as collateral.

## References
- https://docs.openzeppelin.com/contracts/5.x/erc4626 (inflation attack)
- Compound v2 and its forks: an empty market must be seeded before it is opened
"""

from collections.abc import Iterator, Mapping
from operator import itemgetter
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from tocsin.chain import abi
from tocsin.chain.abi import ADDRESS_BYTES, SELECTOR_BYTES
from tocsin.chain.routers import ROUTERS
from tocsin.chain.signatures import selector
from tocsin.detect.detector import Detector, Example, Read
from tocsin.detect.detectors import _acts
from tocsin.detect.detectors._acts import LISTED, Act, shown
from tocsin.detect.detectors._example_rows import call, moved
from tocsin.detect.detectors._frames import Frame, argument
from tocsin.detect.detectors.prices import _price_reads
from tocsin.detect.worth import PRICES_READ, Prices, about
from tocsin.model.finding import Entity, Place, Severity, Sighting
from tocsin.tables import literal
from tocsin.tables.amounts import WORD_BYTES
from tocsin.tables.choice import rows_at, rows_where
from tocsin.tables.dataset import Tables

HIGH_DOLLARS = 10_000
CONFIDENCE = {Severity.HIGH: 0.7, Severity.MEDIUM: 0.4}
FAMILY = "family:price-manipulation"
TRANSFER, BALANCE = selector("transfer(address,uint256)"), _price_reads.BALANCE
_TRANSFER, _BALANCE = abi.keys((TRANSFER,)), abi.keys((BALANCE,))
_HOLDER = slice(SELECTOR_BYTES + WORD_BYTES - ADDRESS_BYTES, SELECTOR_BYTES + WORD_BYTES)
_CALL, _STATIC, _CREATING = abi.texts(("call",)), abi.texts(("staticcall",)), abi.texts(("create", "create2"))


def run(tables: Tables) -> Iterator[Sighting]:
    """A sighting for each contract that paid out on the strength of a gift."""
    chosen = _candidates(tables["calls"], tables["swaps"]["pool_address"])
    if chosen.is_empty():
        return
    prices = Prices.of(tables)
    for act in _acts.acts(tables, chosen):
        gifts = _gifts(act)
        seen: dict[bytes, _price_reads.Read] = {}
        for read in _price_reads.reads_of_gifts(act.tree, act.members, gifts) if gifts else ():
            seen.setdefault(read.entry.callee, read)
        yield from (_sighting(act, prices, read, gifts[read.pool]) for read in seen.values())


def _candidates(calls: pl.DataFrame, pools: pl.Series) -> pl.DataFrame:
    """
    Transactions in which a contract that may be an actor's sends tokens to whoever's balance is asked for later.

    What a pool is sent is traded.
    """
    depth = calls["depth"].to_numpy()
    sends = abi.among(calls["selector"], _TRANSFER) & (depth > 0) & ~calls["reverted"].to_numpy()
    sent = _pairs(calls, np.flatnonzero(sends & abi.among(calls["call_type"], _CALL)))
    own, traded = _possible_actors(calls) if sent else frozenset(), frozenset(pools.to_list())
    first: dict[tuple[bytes | None, bytes, bytes], int] = {}
    for transaction, sender, token, holder, at in sorted(sent, key=itemgetter(-1)):
        if sender in own and holder not in traded:
            first.setdefault((transaction, token, holder), at)
    if not first:
        return calls.clear()
    asks = abi.among(calls["selector"], _BALANCE) & abi.among(calls["call_type"], _STATIC) & (depth > 1)
    later = [
        transaction
        for transaction, _, token, holder, at in _pairs(calls, np.flatnonzero(asks))
        if at > first.get((transaction, token, holder), at)
    ]
    if not later:
        return calls.clear()
    return rows_where(calls, calls["transaction_hash"].is_in(later, nulls_equal=True).to_numpy())


def _pairs(calls: pl.DataFrame, rows: npt.NDArray[np.intp]) -> list[tuple[bytes | None, bytes, bytes, bytes, int]]:
    """Of these frames: transaction, caller, token, who stands in the first argument, and position."""
    found = rows_at(calls[["transaction_hash", "from_address", "to_address", "input", "call_index"]], rows)
    return [
        (transaction, caller, token or b"", data[_HOLDER], at) for transaction, caller, token, data, at in found.rows()
    ]


def _possible_actors(calls: pl.DataFrame) -> frozenset[bytes]:
    """What a sender called, or what was created; routers act for anybody."""
    made = (calls["depth"].to_numpy() == 0) | abi.among(calls["call_type"], _CREATING)
    own = rows_where(calls[["to_address"]], made)["to_address"].to_list()
    return frozenset(own) - {address for _, address in ROUTERS}


def _gifts(act: Act) -> Mapping[bytes, Frame]:
    """By receiver: the first plain transfer of an actor to it."""
    found: dict[bytes, Frame] = {}
    for frame in act.tree:
        if frame.kind == "call" and frame.selector == TRANSFER and frame.caller in act.members:
            taker = argument(frame, 0)
            if taker not in act.members and taker not in act.created:
                found.setdefault(taker, frame)
    return found


def _sighting(act: Act, prices: Prices, read: _price_reads.Read, gift: Frame) -> Sighting:
    victim, holder = shown(read.entry.callee), shown(read.pool)
    net = _net(act)
    worth = sum(prices.dollars(act.place["chain_id"], token, amount) or 0.0 for token, amount in net.items())
    gained = [token for token, amount in net.items() if amount > 0]
    unknown = any(prices.dollars(act.place["chain_id"], token, 1) is None for token in gained)
    is_high = worth >= HIGH_DOLLARS or (worth >= 0 and unknown)
    severity = Severity.HIGH if is_high else Severity.MEDIUM
    much = f" The actors end with {about(worth)} more than before." if worth >= 1 else ""
    return Sighting(
        place=Place.of(act.place),
        severity=severity,
        confidence=CONFIDENCE[severity],
        title="A contract paid out on the strength of a gift to another",
        summary=f"Whoever acts for {shown(act.cluster.sender)} sent tokens {shown(gift.callee)} to {holder} and then "
        f"called {victim}, which gave them something after {shown(read.consumer)} had read what {holder} holds.{much}",
        entities=(
            Entity("victim", victim),
            Entity("vault", holder),
            *act.actors,
            Entity("token", shown(gift.callee)),
            *(Entity("token", shown(token)) for token in gained[:LISTED] if token != gift.callee),
        ),
        values={"gift_token": shown(gift.callee), "gift_to": holder, "gain_about_dollars": round(worth)},
        labels=(FAMILY,),
        key=victim,
    )


def _net(act: Act) -> dict[bytes, int]:
    """By token: what the actors gained."""
    net: dict[bytes, int] = {}
    for move in act.moves:
        sign = (move.taker in act.members) - (move.giver in act.members)
        net[move.token] = net.get(move.token, 0) + sign * move.amount
    return net


_RUN, _BORROW = selector("run()"), selector("borrow(uint256)")
_DAI = "0x6b175474e89094c44da98b954eedeac495271d0f"


def _story(*, given: bool = True, asked_of: str = "vault", called: str = "market") -> list[dict[str, Any]]:
    return [
        call(0, 0, 5, "mallory", "thief", _RUN),
        call(1, 1, 2, "thief", "coin" if given else "gold", TRANSFER + literal.words("vault", 1)),
        call(1, 2, 5, "thief", called, _BORROW),
        call(2, 3, 4, "oracle", "coin", BALANCE + literal.words(asked_of), kind="staticcall"),
        call(2, 4, 5, called, _DAI, TRANSFER + literal.words("thief", 1)),
    ]


detector = Detector(
    id="donated-backing",
    severity=Severity.HIGH,
    reads={**_acts.READS, "swaps": Read(columns=("pool_address",)), "prices": PRICES_READ},
    run=run,
    examples=(
        Example(
            says="a vault is given coins, and a market lends on its share",
            tables={"calls": _story(), **moved(("thief", "vault", "coin", 1), ("market", "thief", _DAI, 50_000))},
            finds=(
                {
                    "severity": "high",
                    "entities": {"victim": "market", "vault": "vault", "attacker": "mallory"},
                    "values": {"gift_to": literal.address("vault"), "gain_about_dollars": 50_000},
                    "labels": [FAMILY],
                },
            ),
        ),
        Example(
            says="it lends little",
            tables={"calls": _story(), **moved(("thief", "vault", "coin", 1), ("market", "thief", _DAI, 50))},
            finds=({"severity": "medium"},),
        ),
        Example(
            says="the vault itself gives something for what it was sent",
            tables={
                "calls": _story(called="vault"),
                **moved(("thief", "vault", "coin", 1), ("vault", "thief", _DAI, 50_000)),
            },
        ),
        Example(
            says="another balance is read",
            tables={
                "calls": _story(asked_of="market"),
                **moved(("thief", "vault", "coin", 1), ("market", "thief", _DAI, 50_000)),
            },
        ),
        Example(
            says="other tokens were given",
            tables={
                "calls": _story(given=False),
                **moved(("thief", "vault", "gold", 1), ("market", "thief", _DAI, 50_000)),
            },
        ),
    ),
)
