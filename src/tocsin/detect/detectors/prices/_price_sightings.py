"""What is seen of moved prices in one transaction, in words."""

from collections.abc import Iterator
from itertools import pairwise

from tocsin.chain.abi import SELECTOR_BYTES
from tocsin.chain.signatures import selector
from tocsin.detect.detectors._frames import Frame, is_entry, receiver
from tocsin.detect.detectors.prices import _price_reads, _trip_grades
from tocsin.detect.detectors.prices._price_cases import Case
from tocsin.detect.detectors.prices._price_reads import DISTORTION, Read
from tocsin.detect.detectors.prices._trip_grades import CONFIDENCE_HIGH, CONFIDENCE_UNPRICED, HIGH_DOLLARS, Grade
from tocsin.detect.worth import about
from tocsin.model.finding import Entity, Place, Severity, Sighting, hexadecimal
from tocsin.tables.amounts import WORD_BYTES

UNITS = range(1 << 40, 1 << 128)
"""What an amount of a token is likely to be, and an index, a time or an address is not."""
SAME_UNITS = 1.01
_SYNC, _TRANSFER = selector("sync()"), selector("transfer(address,uint256)")
CONFIDENCE_SWING = 0.3
MOVED_PRICE, WRONG_SUMS = "family:price-manipulation", "family:logic"
"""The kind of attack that a shape speaks for."""


def round_trips(case: Case) -> Iterator[Sighting]:
    """Contracts that gave back more than they were given."""
    for grade in _trip_grades.graded(case):
        yield _round_trip(case, grade)


def _round_trip(case: Case, grade: Grade) -> Sighting:
    trips, worth = grade.trips, grade.dollars
    victim = hexadecimal(trips[0].counterpart) or ""
    best = max(trips, key=lambda trip: trip.rate)
    token, tokens = hexadecimal(best.token), [hexadecimal(trip.token) or "" for trip in trips]
    told = about(worth) if worth >= 1 else f"{100 * (best.rate - 1):,.3g} %"
    more = f", {about(worth)} more in all" if worth >= 1 else ""
    return Sighting(
        place=Place.of(case.root),
        severity=grade.severity,
        confidence=grade.confidence,
        title=f"A contract gave back {told} more than it was given",
        summary=(
            f"Whoever acts for {hexadecimal(case.root['from_address'])} gave {best.given} of token {token} to"
            f" {victim} and got {best.returned} of token {token} back in the same transaction{more}."
        ),
        entities=_entities(case, victim, [trip.token for trip in trips]),
        values={
            "shape": "round-trip",
            "given_tokens": tokens,
            "given_amounts": [trip.given for trip in trips],
            "returned_tokens": tokens,
            "returned_amounts": [trip.returned for trip in trips],
            "gain_about_dollars": round(worth),
        },
        labels=(_family(case, trips[0].counterpart),),
        key=f"round-trip {victim}",
    )


def _family(case: Case, counterpart: bytes) -> str:
    """
    A contract that was traded with, one token for another, or that paid very differently for as much, was given a wrong
    price. One that lost of every token that went to and fro got its own sums wrong, and so did the token of a pool that
    has to be told what it holds.
    """
    if counterpart in case.pools:
        told = any(frame.selector == _SYNC and frame.callee == counterpart for frame in case.tree)
        return WRONG_SUMS if told else MOVED_PRICE
    traded = any(net > 0 for (account, _), net in case.net.items() if account == counterpart)
    return MOVED_PRICE if traded or _has_swung(case, counterpart) else WRONG_SUMS


def _has_swung(case: Case, counterpart: bytes) -> bool:
    """Whether one function of a contract paid very differently for as many units of something, as a curve does."""
    paid: dict[tuple[bytes, bytes], list[tuple[int, int]]] = {}
    entries: list[Frame] = []
    for frame in case.tree:
        while entries and entries[-1].end <= frame.position:
            entries.pop()
        if entries and frame.caller == counterpart and frame.selector == _TRANSFER and receiver(frame) in case.members:
            entry = entries[-1]
            paid.setdefault((entry.selector, frame.callee), []).append((_word(entry, 0), _word(frame, 1)))
        if is_entry(frame, case.members) and frame.callee == counterpart:
            entries.append(frame)
    return any(_are_apart(sales) for sales in paid.values())


def _are_apart(sales: list[tuple[int, int]]) -> bool:
    """Next to each other by units: what is no number of units, as an index or an address, says nothing."""
    ordered = sorted(sale for sale in sales if UNITS.start <= sale[0] < UNITS.stop and sale[1])
    return any(
        more <= SAME_UNITS * less and max(one, other) >= DISTORTION * min(one, other)
        for (less, one), (more, other) in pairwise(ordered)
    )


def _word(frame: Frame, number: int) -> int:
    start = SELECTOR_BYTES + number * WORD_BYTES
    return int.from_bytes(frame.data[start : start + WORD_BYTES], "big")


def _entities(case: Case, victim: str, tokens: list[bytes]) -> tuple[Entity, ...]:
    contracts = sorted(case.members - {case.root["from_address"]})
    return (
        Entity("victim", victim),
        Entity("attacker", hexadecimal(case.root["from_address"]) or ""),
        *(Entity("attack_contract", hexadecimal(address) or "") for address in contracts),
        *(Entity("token", hexadecimal(token) or "") for token in tokens),
    )


def reads(case: Case) -> Iterator[Sighting]:
    """Contracts that acted on a distorted price."""
    if not (case.lenders or case.seen.are_distorted):
        return
    by_victim: dict[bytes, list[Read]] = {}
    for read in _price_reads.distorted_reads(case.tree, case.members, case.lenders):
        by_victim.setdefault(read.entry.callee, []).append(read)
    for victim, found in by_victim.items():
        yield _read(case, hexadecimal(victim) or "", found)


def _read(case: Case, victim: str, found: list[Read]) -> Sighting:
    who, gained = hexadecimal(case.root["from_address"]), about(case.gain) if case.gain >= 1 else ""
    worst = max(found, key=lambda read: read.times or 0.0)
    how = f"after it had moved {worst.times:.3g} times" if worst.times else "while its tokens were out on loan"
    return Sighting(
        place=Place.of(case.root),
        severity=Severity.HIGH,
        confidence=CONFIDENCE_HIGH if case.gain >= HIGH_DOLLARS else CONFIDENCE_UNPRICED,
        title="A contract acted on a distorted price" + (f"; the sender gained {gained}" if gained else ""),
        summary=(
            f"Inside a call of {victim}, {hexadecimal(worst.consumer)} read the price of {hexadecimal(worst.pool)}"
            f" {how}, and something was given to whoever acts for {who}"
            + (f", who gained {gained}." if gained else ".")
        ),
        entities=(*_entities(case, victim, []), Entity("pool", hexadecimal(worst.pool) or "")),
        values={
            "shape": "read",
            "view_selector": hexadecimal(worst.view) or "",
            "moved_percent": round(100 * (worst.times - 1)) if worst.times else 0,
            "lent_out": worst.times is None,
            "reads": len(found),
            **({"gain_about_dollars": round(case.gain)} if gained else {}),
        },
        labels=(MOVED_PRICE,),
        key=f"read {victim}",
    )


def swings(case: Case) -> Iterator[Sighting]:
    """Prices that swung and that nobody was seen to use."""
    seen = case.seen
    for pool in sorted(set(seen.moved_back()) & case.pools.keys()):
        address = hexadecimal(pool) or ""
        yield Sighting(
            place=Place.of(case.root),
            severity=Severity.LOW,
            confidence=CONFIDENCE_SWING,
            title=f"A price was moved {seen.moved(pool):.3g} times and moved back",
            summary=(
                f"The price of {address} moved {seen.moved(pool):.3g} times and at least half of the way back within"
                " one transaction. Nobody was seen to use it in between."
            ),
            entities=(*_entities(case, address, []), Entity("pool", address)),
            values={"shape": "swing", "moved_percent": round(100 * (seen.moved(pool) - 1))},
            labels=(MOVED_PRICE,),
            key=f"swing {address}",
        )
