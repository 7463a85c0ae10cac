"""
A contract was made to take what bystanders had allowed it to take.

## What it finds
An actor's contract calls another contract, and that one moves tokens by `transferFrom` from an account that does
nothing in the transaction and gets nothing in it, to an actor. Routers, bridges and bots hold the allowances of
thousands; whoever can make one of them call a token as he likes has them all.

Or it trades for two bystanders or more, who do nothing: it moves their tokens to somebody else, such as a pool, and
they get something without a known price at best, while the actors end with at least half of what they were made to pay.

* critical: two bystanders or more lost $100 000 or more.
* high: two bystanders or more; or one, and the call that the caller handed over holds the very `transferFrom`.
* low: one bystander, otherwise: it may be a charge that was agreed upon.

The label `family:input-validation` says that the contract passed on a call that it was handed, `family:access-control`
that it spends for whoever is named to it.

## Why it matters
The loss is everybody's who ever used the contract, and goes on for as long as their allowances stand.

## Blind spots
Allowances given to whoever sends the transaction (see ice-phishing), and contracts that the sender calls without one
of his own. Takings that go to a third account, or that bystanders get something worthless for, where the actors end
with less than half of them in tokens with a known price.

## Triage
Pause the contract that took. Tell its users to revoke what they allowed it, today: the same call works for each.

## References
- https://cwe.mitre.org/data/definitions/441.html (confused deputy)
- https://arxiv.org/abs/2208.13035
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from tocsin.chain import abi
from tocsin.chain.abi import ADDRESS_BYTES, SELECTOR_BYTES
from tocsin.chain.signatures import selector
from tocsin.detect.actors import SAME
from tocsin.detect.detector import Detector, Example
from tocsin.detect.detectors import _acts
from tocsin.detect.detectors._acts import LISTED, Act, shown
from tocsin.detect.detectors._example_rows import call, moved
from tocsin.detect.detectors._frames import Frame, argument, is_entry
from tocsin.detect.worth import PRICES_READ, Prices, about
from tocsin.model.finding import Entity, Place, Severity, Sighting
from tocsin.tables import literal
from tocsin.tables.amounts import WORD_BYTES
from tocsin.tables.choice import rows_at, rows_where
from tocsin.tables.dataset import Tables

TRANSFER_FROM = selector("transferFrom(address,address,uint256)")
SEVERAL = 2
CRITICAL_DOLLARS = 100_000
CONFIDENCE, CONFIDENCE_ONE = 0.85, 0.4
GAINED_SHARE = 0.5
"""Whoever ends with so much of what others were made to pay has not filled their orders (by design)."""
HANDED_OVER, UNGUARDED = "family:input-validation", "family:access-control"
_OWNER = slice(SELECTOR_BYTES + WORD_BYTES - ADDRESS_BYTES, SELECTOR_BYTES + WORD_BYTES)
_KEY, _CALL = abi.keys((TRANSFER_FROM,)), abi.texts(("call",))


@dataclass(frozen=True, slots=True)
class Drain:
    """What one contract took from bystanders for the actors."""

    taken: Mapping[tuple[bytes, bytes], int]
    """By bystander and token."""
    told: bool
    """The call data that an actor handed over holds one of the transfers."""
    traded: bool = False
    """It went to somebody else."""

    @property
    def owners(self) -> list[bytes]:
        """The bystanders."""
        return sorted({owner for owner, _ in self.taken})


def run(tables: Tables) -> Iterator[Sighting]:
    """A sighting for each contract that took from bystanders."""
    chosen = _candidates(tables["calls"])
    if chosen.is_empty():
        return
    prices = Prices.of(tables)
    for act in _acts.acts(tables, chosen):
        yield from (_sighting(act, prices, taker, drain) for taker, drain in _drains(act, prices))


def _candidates(calls: pl.DataFrame) -> pl.DataFrame:
    """Transfers, by contracts that the sender did not call, from accounts that call nothing."""
    is_one = abi.among(calls["selector"], _KEY) & (calls["depth"].to_numpy() > 1)
    is_one &= abi.among(calls["call_type"], _CALL) & ~calls["reverted"].to_numpy()
    rows = np.flatnonzero(is_one)
    taken = [(hash_, data[_OWNER]) for hash_, data in rows_at(calls[["transaction_hash", "input"]], rows).rows()]
    if not taken:
        return calls.clear()
    is_active = abi.among(calls["from_address"], abi.keys({owner for _, owner in taken}))
    acting = set(rows_where(calls[["transaction_hash", "from_address"]], is_active).rows())
    return rows_at(calls[[*SAME]], rows[np.array([each not in acting for each in taken], dtype=np.bool_)])


def _drains(act: Act, prices: Prices) -> Iterator[tuple[bytes, Drain]]:
    """By contract: what it took for the actors, and what it traded for others while they gained by it."""
    callers = {frame.caller for frame in act.tree}
    paid = {move.taker for move in act.moves if move.amount}
    taken: dict[tuple[bytes, bool], dict[tuple[bytes, bytes], int]] = {}
    told: set[bytes] = set()
    entries: list[Frame] = []
    for frame in act.tree:
        while entries and entries[-1].end <= frame.position:
            entries.pop()
        if entries and _spends(act, frame):
            owner, traded = argument(frame, 0), argument(frame, 1) not in act.members
            if owner not in callers and owner not in act.created and (traded or owner not in paid):
                own = taken.setdefault((frame.caller, traded), {})
                own[owner, frame.callee] = own.get((owner, frame.callee), 0) + _amount(act, frame)
                if _call_of(owner) in act.inputs[entries[-1].position]:
                    told.add(frame.caller)
        if is_entry(frame, act.members):
            entries.append(frame)
    for (taker, traded), own in taken.items():
        drain = Drain(own, taker in told, traded)
        if not traded or _gained_by_it(act, prices, drain):
            yield taker, drain


def _spends(act: Act, frame: Frame) -> bool:
    owner = argument(frame, 0)
    spends = frame.kind == "call" and frame.selector == TRANSFER_FROM and frame.caller not in act.members
    return spends and owner not in (frame.caller, b"") and owner not in act.members


def _gained_by_it(act: Act, prices: Prices, drain: Drain) -> bool:
    """Whether bystanders were made to pay for what ends with the actors, and got nothing with a known price."""
    chain_id, owners = act.place["chain_id"], set(drain.owners)
    if len(owners) < SEVERAL or any(
        move.taker in owners and move.amount and prices.dollars(chain_id, move.token, 1) is not None
        for move in act.moves
    ):
        return False
    gained = sum(
        prices.dollars(chain_id, move.token, move.amount * ((move.taker in act.members) - (move.giver in act.members)))
        or 0.0
        for move in act.moves
    )
    worth = _worth(drain, prices, chain_id)
    return worth >= 1 and gained >= GAINED_SHARE * worth


def _worth(drain: Drain, prices: Prices, chain_id: int) -> float:
    return sum(prices.dollars(chain_id, token, amount) or 0.0 for (_, token), amount in drain.taken.items())


def _amount(act: Act, frame: Frame) -> int:
    start = SELECTOR_BYTES + 2 * WORD_BYTES
    return int.from_bytes(act.inputs[frame.position][start : start + WORD_BYTES], "big")


def _call_of(owner: bytes) -> bytes:
    """How a call that takes from this owner begins."""
    return TRANSFER_FROM + bytes(WORD_BYTES - ADDRESS_BYTES) + owner


def _sighting(act: Act, prices: Prices, taker: bytes, drain: Drain) -> Sighting:
    owners = drain.owners
    tokens = sorted({token for _, token in drain.taken})
    chain_id, place = act.place["chain_id"], Place.of(act.place)
    worth = _worth(drain, prices, chain_id)
    severity = _severity(len(owners), worth, told=drain.told)
    who = f"{len(owners)} accounts" if len(owners) > 1 else shown(owners[0])
    much = f", {about(worth)} in all" if worth >= 1 else ""
    did = "traded for" if drain.traded else "took from"
    whom, got = (
        ("to somebody else", "; the caller gained by it") if drain.traded else ("to the caller", " and got nothing")
    )
    return Sighting(
        place=place,
        severity=severity,
        confidence=CONFIDENCE if severity >= Severity.HIGH else CONFIDENCE_ONE,
        title=f"A contract {did} {len(owners)} of those who had allowed it to",
        summary=f"Called by whoever acts for {shown(act.cluster.sender)}, {shown(taker)} used its allowances to move "
        f"tokens of {who} {whom}{much}. The owners did nothing in the transaction{got}.",
        entities=(
            Entity("exploited_contract", shown(taker)),
            *(Entity("victim", shown(owner)) for owner in owners[:LISTED]),
            *act.actors,
            *(Entity("token", shown(token)) for token in tokens[:LISTED]),
        ),
        values=_values(drain, len(owners), worth),
        labels=(HANDED_OVER if drain.told else UNGUARDED,),
        key=shown(taker) + (" traded" if drain.traded else ""),
    )


def _values(drain: Drain, owners: int, worth: float) -> dict[str, Any]:
    listed = sorted(drain.taken)[:LISTED]
    return {
        "owner_count": owners,
        "owners": [shown(owner) for owner, _ in listed],
        "tokens": [shown(token) for _, token in listed],
        "amounts": [drain.taken[key] for key in listed],
        "taken_about_dollars": round(worth),
        "call_was_handed_over": drain.told,
    }


def _severity(owners: int, worth: float, *, told: bool) -> Severity:
    if owners >= SEVERAL:
        return Severity.CRITICAL if worth >= CRITICAL_DOLLARS else Severity.HIGH
    return Severity.HIGH if told else Severity.LOW


_WETH = "0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2"
_RUN, _ROUTE = selector("run()"), selector("route(address,bytes)")


def _taken(*owners: str, told: bool = False, by: str = "router", to: str = "thief") -> list[dict[str, Any]]:
    end = 2 + len(owners)
    handed = TRANSFER_FROM + literal.words(owners[0], to, 1) if told else b""
    return [
        call(0, 0, end, "mallory", "thief", _RUN),
        call(1, 1, end, "thief", by, _ROUTE + handed),
        *(
            call(2, 2 + at, 3 + at, by, _WETH, TRANSFER_FROM + literal.words(owner, to, 5 * 10**18))
            for at, owner in enumerate(owners)
        ),
    ]


_TRADES = (
    *((owner, "pool", _WETH, 5) for owner in ("alice", "bob")),
    *(("pool", owner, "junk", 1) for owner in ("alice", "bob")),
)

detector = Detector(
    id="approval-drain",
    severity=Severity.CRITICAL,
    reads={**_acts.READS, "prices": PRICES_READ},
    run=run,
    examples=(
        Example(
            says="a router takes from two who once used it",
            tables={"calls": _taken("alice", "bob")},
            finds=(
                {
                    "severity": "high",
                    "entities": {"exploited_contract": "router", "victim": "bob", "attacker": "mallory"},
                    "values": {"owner_count": 2, "amounts": [5 * 10**18] * 2},
                    "labels": [UNGUARDED],
                },
            ),
        ),
        Example(
            says="it takes from one, with the call that it was handed",
            tables={"calls": _taken("alice", told=True)},
            finds=({"severity": "high", "values": {"call_was_handed_over": True}, "labels": [HANDED_OVER]},),
        ),
        Example(
            says="it takes from one: perhaps a fee",
            tables={"calls": _taken("alice")},
            finds=({"severity": "low"},),
        ),
        Example(
            says="two are made to buy what is worth nothing, and the caller sells it to the same pool",
            tables={
                "calls": _taken("alice", "bob", to="pool"),
                **moved(*_TRADES, ("pool", "thief", _WETH, 9)),
            },
            finds=(
                {"severity": "high", "labels": [UNGUARDED], "entities": {"victim": "alice", "attacker": "mallory"}},
            ),
        ),
        Example(
            says="orders of two are filled at a pool, and who brings them there is paid a little",
            tables={
                "calls": _taken("alice", "bob", to="pool"),
                **moved(*_TRADES, ("pool", "thief", _WETH, 1)),
            },
        ),
        Example(
            says="orders are filled: the owners get something",
            tables={
                "calls": _taken("alice", "bob"),
                **moved(("thief", "alice", "art", 1), ("thief", "bob", "art", 1)),
            },
        ),
        Example(
            says="the actor's own contract uses the allowances that it was given",
            tables={"calls": _taken("alice", "bob", by="thief")},
        ),
    ),
)
