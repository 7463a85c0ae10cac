"""
Prices of a contract that are read while it is in the middle of a call and an actor has control.

Words: as in `_reentry`. The *pool* is the open contract whose price is read, the *reader* somebody else's contract that
reads it behind the door, the *entry* the actor's call in which it does so, and an *act* what happens in that entry, or
in a later one into the same contracts, before the pool's frame closes.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from tocsin.chain.signatures import selector
from tocsin.detect.detectors._frames import FROM_WHOM, Frame, argument, gives, is_door, is_entry, receiver
from tocsin.detect.detectors.reentrancy._reentry import BY_DESIGN
from tocsin.tables.amounts import WORD_BYTES

VIEWS = frozenset(
    selector(signature)
    for signature in (
        "get_virtual_price()",
        "price_oracle()",
        "lp_price()",
        "get_dy(int128,int128,uint256)",
        "calc_withdraw_one_coin(uint256,int128)",
        "balances(uint256)",
        "getRate()",
        "getPoolTokens(bytes32)",
        "getPoolTokenInfo(bytes32,address)",
        "getReserves()",
        "slot0()",
        "totalAssets()",
        "convertToAssets(uint256)",
        "convertToShares(uint256)",
        "previewRedeem(uint256)",
        "previewWithdraw(uint256)",
        "pricePerShare()",
        "getPricePerFullShare()",
        "exchangeRateStored()",
        "latestAnswer()",
        "latestRoundData()",
    )
)
"""Views whose answer is a price, or from which one is computed."""
SAME_SHARE = 0.01
"""An answer that differs by less than this from one given while the pool was at rest is a true price (design)."""


@dataclass(frozen=True, slots=True)
class MidCallRead:
    """One read of a price that its pool had no chance to put right."""

    pool: bytes
    reader: bytes
    outer: Frame
    """The pool's frame that was open."""
    door: Frame
    read: Frame
    entry: Frame
    givers: frozenset[bytes]
    """Who then gave something to an actor."""
    acted: bool
    """Something else was moved or minted: taken from an actor, or given to somebody else."""
    times: float | None
    """How many times the price differs from the one given at rest; None where none was read then."""

    @property
    def is_true(self) -> bool:
        """Whether the pool is known to have told the price it also tells at rest."""
        return self.times is not None and self.times < 1 + SAME_SHARE


_Found: TypeAlias = tuple[Frame, Frame, Frame, tuple[Frame, ...]]
"""The pool's frame, the door, the read, and the frames between door and read, the entry first."""
_Question: TypeAlias = tuple[bytes, bytes]


def mid_call_reads(tree: Sequence[Frame], members: frozenset[bytes]) -> Iterator[MidCallRead]:
    """The reads by others than actors, in the order of execution. The tree leaves out what reverted."""
    found = list(_reads(tree, members))
    if not found:
        return
    answers = _answers(tree)
    for outer, door, read, path in found:
        readers = frozenset(frame.callee for frame in path) | {read.caller}
        givers, acted = _acts(tree, members, outer, read, path[0], readers)
        yield MidCallRead(
            pool=outer.state,
            reader=read.caller,
            outer=outer,
            door=door,
            read=read,
            entry=path[0],
            givers=givers,
            acted=acted,
            times=_times(read, outer, answers[read.callee, read.data]),
        )


def _reads(tree: Sequence[Frame], members: frozenset[bytes]) -> Iterator[_Found]:
    stack: list[Frame] = []
    for frame in tree:
        while stack and stack[-1].end <= frame.position:
            stack.pop()
        is_read = frame.kind == "staticcall" and frame.selector in VIEWS and frame.caller not in members
        if is_read and (found := _mid_call(stack, frame, members)):
            yield found
        stack.append(frame)


def _mid_call(stack: Sequence[Frame], read: Frame, members: frozenset[bytes]) -> _Found | None:
    """The read this static call is, if its callee is open, handed over control, and it is somebody else who asks."""
    pool = read.callee
    height = next((n for n, frame in enumerate(stack) if frame.state == pool and frame.kind != "staticcall"), None)
    if height is None or read.caller == pool:
        return None
    door = next((n for n in range(height + 1, len(stack)) if is_door(stack[n], members)), None)
    if door is None or stack[door].selector in BY_DESIGN:
        return None
    entries = (n for n in range(door + 1, len(stack)) if stack[n].caller in members and stack[n].callee not in members)
    entry = max(entries, default=None)
    if entry is None or any(frame.state == pool for frame in stack[door:]):
        return None
    return stack[height], stack[door], read, tuple(stack[entry:])


def _acts(
    tree: Sequence[Frame],
    members: frozenset[bytes],
    outer: Frame,
    read: Frame,
    entry: Frame,
    readers: frozenset[bytes],
) -> tuple[frozenset[bytes], bool]:
    """Who gave something to an actor before the pool's frame closed, and whether anything else was moved."""
    givers, acted, end = set(), False, entry.end if is_entry(entry, members) else 0
    for frame in _between(tree, read.end, outer.end):
        if is_entry(frame, members) and frame.callee in readers:
            end = max(end, frame.end)
        if frame.position >= end or frame.caller in members:
            continue
        if gives(frame, members):
            if receiver(frame) in members:
                givers.add(frame.caller)
            acted = True
        acted |= frame.selector in FROM_WHOM and argument(frame, 0) in members
    return frozenset(givers), acted


def _between(tree: Sequence[Frame], start: int, end: int) -> Sequence[Frame]:
    first, last = (bisect_left(tree, at, key=_position) for at in (start, end))
    return tree[first:last]


def _position(frame: Frame) -> int:
    return frame.position


def _answers(tree: Sequence[Frame]) -> dict[_Question, list[tuple[int, int]]]:
    """What each view answered, and when."""
    found: dict[_Question, list[tuple[int, int]]] = defaultdict(list)
    for frame in tree:
        if frame.kind == "staticcall" and frame.selector in VIEWS and len(frame.output) >= WORD_BYTES:
            found[frame.callee, frame.data].append((frame.position, int.from_bytes(frame.output[:WORD_BYTES], "big")))
    return found


def _times(read: Frame, outer: Frame, answers: Sequence[tuple[int, int]]) -> float | None:
    """How many times the answer differs from the nearest one given while the pool's frame was not open."""
    told = int.from_bytes(read.output[:WORD_BYTES], "big")
    before = [answer for at, answer in answers if at < outer.position and answer]
    after = [answer for at, answer in answers if at >= outer.end and answer]
    nearest = (after[:1] or before[-1:]) if told else []
    return max(told / nearest[0], nearest[0] / told) if nearest else None
