"""Prices that contracts read from others in static calls: how far they moved, and who acted on a distorted one."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from math import sqrt
from typing import TypeAlias

from tocsin.chain.signatures import selector
from tocsin.detect.detectors._frames import Frame, argument, gives, is_door, is_entry, receiver
from tocsin.tables.amounts import WORD_BYTES

DISTORTION = 1.3
"""How many times a price must have moved, either way, to count as distorted (LeiShen: 30 %)."""

RESERVES = selector("getReserves()")
BALANCE = selector("balanceOf(address)")
PRICE_VIEWS = frozenset(
    selector(signature)
    for signature in (
        "getReserves()",
        "slot0()",
        "get_virtual_price()",
        "price_oracle()",
        "getRate()",
        "latestAnswer()",
        "latestRoundData()",
        "exchangeRateStored()",
        "pricePerShare()",
        "getPricePerFullShare()",
    )
)
"""Views whose answer is a price, or from which one is computed."""

_NOTHING: Mapping[bytes, float] = {}
_RATE_WORD = {selector("latestRoundData()"): 1}
"""Which word of the answer is the number; the first where not said."""


@dataclass(frozen=True, slots=True)
class Read:
    """A contract that is no actor read a distorted price and gave something to the actors on the strength of it."""

    consumer: bytes
    """Who read."""
    pool: bytes
    """Whose price."""
    view: bytes
    times: float | None
    """How many times the price had moved; None where the pool had lent its tokens out."""
    entry: Frame
    """The actors' call in which it happened."""


Question: TypeAlias = tuple[bytes, bytes, bytes]
"""Contract, selector and call data of a view."""


@dataclass(slots=True)
class Prices:
    """The answers of price views in one transaction, in the order of execution."""

    first: dict[Question, float] = field(default_factory=dict)
    extremes: dict[Question, tuple[float, float]] = field(default_factory=dict)
    """The least and the greatest answer."""
    last: dict[Question, float] = field(default_factory=dict)

    def note(self, frame: Frame) -> float | None:
        """Keep an answer; how many times it differs from the first to the same question, or None without a number."""
        number = _number(frame)
        if number is None:
            return None
        question = (frame.callee, frame.selector, frame.data)
        least, greatest = self.extremes.get(question, (number, number))
        self.extremes[question] = (min(least, number), max(greatest, number))
        self.last[question] = number
        first = self.first.setdefault(question, number)
        return max(number / first, first / number)

    def moved(self, contract: bytes) -> float:
        """How many times the greatest answer of a contract to some question is the least."""
        return max(
            (high / low for (callee, _, _), (low, high) in self.extremes.items() if callee == contract), default=1.0
        )

    @property
    def are_distorted(self) -> bool:
        """Whether any question had answers so far apart."""
        return any(high / low >= DISTORTION for low, high in self.extremes.values())

    def moved_back(self) -> Iterator[bytes]:
        """The contracts whose price was distorted, and then moved at least half of the way back."""
        for question, first in self.first.items():
            low, high = self.extremes[question]
            furthest = max(high / first, first / low)
            left = max(self.last[question] / first, first / self.last[question])
            if furthest >= DISTORTION and left <= sqrt(furthest):
                yield question[0]


def _number(frame: Frame) -> float | None:
    words = [_word(frame.output, number) for number in range(2)]
    if frame.selector == RESERVES:
        return words[0] / words[1] if words[0] and words[1] else None
    return float(words[_RATE_WORD.get(frame.selector, 0)]) or None


def _word(output: bytes, number: int) -> int:
    return int.from_bytes(output[number * WORD_BYTES : (number + 1) * WORD_BYTES], "big")


def prices(frames: Iterable[Frame]) -> Prices:
    """The prices read in a transaction."""
    found = Prices()
    for frame in frames:
        if frame.kind == "staticcall" and frame.selector in PRICE_VIEWS:
            found.note(frame)
    return found


def distorted_reads(
    tree: tuple[Frame, ...],
    members: frozenset[bytes],
    lenders: frozenset[bytes],
    before: Mapping[bytes, float] = _NOTHING,
) -> Iterator[Read]:
    """
    The reads of distorted prices within calls of the actors that ended with something given to them.

    A price is distorted when it moved since it was first read, or when it is computed from the balance of a lender
    whose loan to the actors is open. `before` says of pools how many times their price had moved beforehand. A
    call that also trades with the pool itself is a trade: its price is the pool's.
    """
    seen, now, outcome = Prices(), _Now(before), _Outcomes(tree, members)
    for frame in tree:
        now.close(frame.position)
        if frame.kind == "staticcall":
            is_price = frame.selector in PRICE_VIEWS and not now.is_paying(frame.callee)
            times = seen.note(frame) if is_price else None
            read = now.read(frame, members, lenders, times)
            if read is not None and outcome.of(read.entry).shows_use_of(read.pool):
                yield read
        now.open(frame, members)


def reads_of_gifts(tree: tuple[Frame, ...], members: frozenset[bytes], gifts: Mapping[bytes, Frame]) -> Iterator[Read]:
    """
    The reads of balances of those who were given something before, within calls of the actors that ended with something
    given to them. A call to the one who was given it, or that calls it, is what the gift was a payment for.
    """
    now, outcome = _Now(_NOTHING), _Outcomes(tree, members)
    for frame in tree:
        now.close(frame.position)
        if frame.kind == "staticcall" and frame.selector == BALANCE and now.entries and frame.caller not in members:
            holder, entry = argument(frame, 0), now.entries[-1]
            gift = gifts.get(holder)
            is_later = gift is not None and gift.callee == frame.callee and gift.position < entry.position
            if is_later and holder != entry.callee and outcome.of(entry).shows_use_of(holder):
                yield Read(frame.caller, holder, frame.selector, None, entry)
        now.open(frame, members)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What happened inside one call of an actor."""

    called: frozenset[bytes]
    gave: bool

    def shows_use_of(self, pool: bytes) -> bool:
        """Something was given to an actor, and it was no trade with the pool itself."""
        return self.gave and pool not in self.called


class _Outcomes:
    """The outcomes of calls, each worked out once."""

    def __init__(self, tree: tuple[Frame, ...], members: frozenset[bytes]) -> None:
        self._tree, self._members = tree, members
        self._known: dict[int, _Outcome] = {}

    def of(self, entry: Frame) -> _Outcome:
        """The outcome of this call."""
        if entry.position not in self._known:
            self._known[entry.position] = self._work_out(entry)
        return self._known[entry.position]

    def _work_out(self, entry: Frame) -> _Outcome:
        first = bisect_left(self._tree, entry.position, key=_position)
        end = bisect_left(self._tree, entry.end, key=_position)
        inside = self._tree[first:end]
        return _Outcome(
            called=frozenset(frame.callee for frame in inside if frame.kind == "call"),
            gave=any(gives(frame, self._members) and receiver(frame) in self._members for frame in inside),
        )


def _position(frame: Frame) -> int:
    return frame.position


@dataclass(slots=True)
class _Now:
    """The calls of actors, and the calls back to them, that have not returned."""

    before: Mapping[bytes, float]
    entries: list[Frame] = field(default_factory=list)
    doors: list[Frame] = field(default_factory=list)

    def close(self, position: int) -> None:
        for stack in (self.entries, self.doors):
            while stack and stack[-1].end <= position:
                stack.pop()

    def open(self, frame: Frame, members: frozenset[bytes]) -> None:
        if is_entry(frame, members):
            self.entries.append(frame)
        elif is_door(frame, members):
            self.doors.append(frame)

    def is_paying(self, pool: bytes) -> bool:
        """Whether the pool is in the middle of a call, and calling an actor: what it says then is not its price yet."""
        return any(door.caller == pool for door in self.doors)

    def read(
        self, frame: Frame, members: frozenset[bytes], lenders: frozenset[bytes], times: float | None
    ) -> Read | None:
        """The read this static call is, if the price is distorted and somebody else's contract asks."""
        if not self.entries or frame.caller in members:
            return None
        pool = argument(frame, 0) if frame.selector == BALANCE else frame.callee
        is_price = frame.selector == BALANCE or frame.selector in PRICE_VIEWS
        if is_price and frame.caller != pool and self.before.get(pool, 1.0) >= DISTORTION:
            return Read(frame.caller, pool, frame.selector, self.before[pool], self.entries[-1])
        if times is not None and times >= DISTORTION and frame.caller != frame.callee:
            return Read(frame.caller, frame.callee, frame.selector, times, self.entries[-1])
        if frame.selector == BALANCE and pool in lenders and self._has_lent(frame, pool):
            return Read(frame.caller, pool, frame.selector, None, self.entries[-1])
        return None

    def _has_lent(self, frame: Frame, pool: bytes) -> bool:
        """Whether the pool is calling back an actor who is now inside another contract, which asks."""
        behind = self.entries[-1].position
        return frame.caller != pool and any(door.caller == pool and door.position < behind for door in self.doors)
