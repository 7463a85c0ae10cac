"""Accounts whose swaps are called off again and again: others' tokens lie locked for nothing."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from tocsin.detect.detectors.htlc._families import Role
from tocsin.detect.detectors.htlc._locks import KEY, Leg, Row, swaps, when
from tocsin.model.finding import Entity, Place, Severity, Sighting, hexadecimal

LOCKS_FOR_GRIEFING, WITHIN_SECONDS = 5, 86_400
"""Reference: detection, section 4.30."""
CONFIDENCE = 0.5


@dataclass(frozen=True, slots=True)
class CalledOff:
    """With one refund, an account's swaps that came to nothing became many."""

    account: bytes
    at: Row
    locks: int


def called_off(memory: pl.DataFrame, new: pl.DataFrame) -> Iterator[CalledOff]:
    """Of each account that is a party to a refund of these rows, the refund with which there were too many."""
    refunds = new.filter(pl.col("role") == Role.REFUND.value)
    if refunds.is_empty():
        return
    locks = memory.filter(pl.col("role") == Role.LOCK.value)
    parties = locks.join(refunds.select(KEY).unique(), on=KEY, how="semi", nulls_equal=True)
    accounts = pl.concat([parties["sender"], parties["receiver"]]).unique()
    theirs = locks.filter(pl.col("sender").is_in(accounts.implode()) | pl.col("receiver").is_in(accounts.implode()))
    places = set(refunds.select("chain_id", "block_number").iter_rows())
    dead = _by_account(_dead(swaps(memory, theirs["hash"].drop_nulls().unique())))
    for account in sorted(accounts.drop_nulls().to_list()):
        for each in _crossed(account, dead.get(account, [])):
            if (each.at["chain_id"], each.at["block_number"]) in places:
                yield each


def _by_account(dead: Iterator[tuple[Row, list[Row]]]) -> dict[bytes, list[tuple[Row, int]]]:
    """How many locks each account had in each swap that was called off."""
    found: dict[bytes, list[tuple[Row, int]]] = {}
    for refund, locks in dead:
        parties = Counter(party for lock in locks for party in {lock["sender"], lock["receiver"]})
        for account, count in parties.items():
            found.setdefault(account, []).append((refund, count))
    return found


def _dead(found: dict[bytes, list[Leg]]) -> Iterator[tuple[Row, list[Row]]]:
    """The first refund of each swap in which nobody claimed before it, and the swap's locks."""
    for legs in found.values():
        refunds = sorted((row for leg in legs for row in leg.refunds), key=when)
        if refunds and not any(when(row) < when(refunds[0]) for leg in legs for row in leg.claims):
            yield refunds[0], [leg.lock for leg in legs if when(leg.lock) < when(refunds[0])]


def _crossed(account: bytes, called: list[tuple[Row, int]]) -> Iterator[CalledOff]:
    """The refunds with which the locks of a day became too many."""
    mine = sorted(called, key=lambda each: when(each[0]))
    first, total = 0, 0
    for refund, locks in mine:
        while mine[first][0]["timestamp"] + WITHIN_SECONDS <= refund["timestamp"]:
            total -= mine[first][1]
            first += 1
        total += locks
        if total >= LOCKS_FOR_GRIEFING > total - locks:
            yield CalledOff(account, refund, total)


def griefing(found: CalledOff) -> Sighting:
    """The finding about an account."""
    account = str(hexadecimal(found.account))
    return Sighting(
        place=Place.of(found.at),
        severity=Severity.LOW,
        confidence=CONFIDENCE,
        title="Many swaps of one account were called off within a day",
        summary=f"{found.locks} locks of swaps with {account} were never claimed within a day. Others' tokens lay "
        "locked for as long, with nothing given for it.",
        entities=(Entity("account", account),),
        values={"locks": found.locks},
        key=f"called-off:{account}",
    )
