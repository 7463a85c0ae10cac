"""
Entries into a contract that is still at work, read off one transaction's call tree in one pass.

Words: a *member* belongs to the actor cluster. A *door* is a call by which somebody else hands control to a member: a
payment, a token hook, a callback. A contract is *open* while a frame that runs on its state has not returned; a
delegatecall runs on the state of its caller, so a proxy and its implementation are one. An *entry* is a call by a
member into somebody else's contract. What matters are entries behind a door, while a contract in front of it is open:
into that contract itself, or into a sibling that leans on the same helper contract (a market and its controller).
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from tocsin.chain.callbacks import CALLBACKS, EXCHANGES
from tocsin.chain.signatures import selector
from tocsin.detect.detectors._frames import (
    HOOKS,
    SHARED_CALLS,
    TOKEN_CALLS,
    Frame,
    gives,
    is_door,
    is_entry,
    receiver,
)

BY_DESIGN = frozenset((*CALLBACKS, *EXCHANGES, selector("lockAcquired(bytes)")))
"""Doors that lenders and pools open on purpose, and guard."""


@dataclass(frozen=True, slots=True)
class Reentry:
    """One entry into a contract that was open."""

    victim: bytes
    """The open contract."""
    outer: Frame
    door: Frame
    inner: Frame
    sibling: bool
    """True when the inner call went into another contract that leans on the same helper."""
    gave_inside: bool
    """Something was given away within the inner call."""
    gave_around: bool
    """Something was given away in the rest of the outer call."""

    @property
    def gave_twice(self) -> bool:
        """Something was given away both within the inner call and in the rest of the outer one."""
        return self.gave_inside and self.gave_around

    @property
    def by_token(self) -> bool:
        """Whether the door is a token's hook, or a call to the attacker's contract as if it were a token."""
        return self.door.selector in HOOKS or self.door.selector in TOKEN_CALLS

    @property
    def by_design(self) -> bool:
        """Whether the door is one that pools and lenders open on purpose."""
        return self.door.selector in BY_DESIGN


@dataclass(slots=True)
class _Open:
    """The frames that have not returned, from the root inwards, and what is known of them."""

    frames: list[Frame] = field(default_factory=list)
    doors: list[int] = field(default_factory=list)
    """Heights in `frames` of the doors."""
    first: dict[bytes, int] = field(default_factory=dict)
    """Height of the outermost frame of each state."""
    helpers: dict[bytes, tuple[Frame, int]] = field(default_factory=dict)
    """By contract called: the open frame that leaned on it, and its height."""

    def close(self, position: int) -> None:
        """Drop the frames that ended before this position."""
        while self.frames and self.frames[-1].end <= position:
            height = len(self.frames) - 1
            gone = self.frames.pop()
            if self.first.get(gone.state) == height:
                del self.first[gone.state]
            if self.doors and self.doors[-1] == height:
                self.doors.pop()

    def push(self, frame: Frame, *, is_door: bool) -> None:
        """Open a frame."""
        if is_door:
            self.doors.append(len(self.frames))
        self.first.setdefault(frame.state, len(self.frames))
        self.frames.append(frame)

    def leaned_on(self, helper: bytes) -> Frame | None:
        """The frame in front of the last door that called this helper and is still open."""
        frame, height = self.helpers.get(helper, (None, 0))
        return frame if self.doors and height < self.doors[-1] and self.is_open(frame, height) else None

    def is_open(self, frame: Frame | None, height: int) -> bool:
        """Whether this frame is still the one at this height."""
        return height < len(self.frames) and self.frames[height] is frame

    def lean(self, state: bytes, helper: bytes) -> None:
        """Note that an open state leans on a helper, unless an outer one that is still open does so already."""
        height = self.first.get(state)
        if height is not None and not self.is_open(*self.helpers.get(helper, (None, 0))):
            self.helpers[helper] = (self.frames[height], height)


def reentries(frames: Iterable[Frame], members: frozenset[bytes]) -> Iterator[Reentry]:
    """The entries into open contracts, in the order of execution. `frames` leaves out what reverted."""
    tree = tuple(frames)
    found = list(_entries(tree, members))
    given = _Given(tree if found else (), members)
    for outer, door, inner in found:
        yield Reentry(
            victim=outer.state,
            outer=outer,
            door=door,
            inner=inner,
            sibling=inner.callee != outer.state,
            gave_inside=given.within(inner),
            gave_around=given.around(outer, inner),
        )


def _entries(tree: Iterable[Frame], members: frozenset[bytes]) -> Iterator[tuple[Frame, Frame, Frame]]:
    """Outer frame, door and inner frame of each."""
    now = _Open()
    for frame in tree:
        now.close(frame.position)
        if now.doors and (found := _same(now, frame, members) or _sibling(now, frame, members)):
            outer, inner = found
            yield outer, now.frames[now.doors[-1]], inner
        if _is_lean(frame, members):
            now.lean(frame.caller, frame.callee)
        now.push(frame, is_door=is_door(frame, members))


_Found: TypeAlias = tuple[Frame, Frame]
"""The outer and the inner frame."""


def _is_entry(frame: Frame, members: frozenset[bytes]) -> bool:
    return is_entry(frame, members) and frame.selector not in TOKEN_CALLS


def _same(now: _Open, frame: Frame, members: frozenset[bytes]) -> _Found | None:
    height = now.first.get(frame.callee)
    if height is None or height >= now.doors[-1] or not _is_entry(frame, members):
        return None
    return now.frames[height], frame


def _sibling(now: _Open, frame: Frame, members: frozenset[bytes]) -> _Found | None:
    """A frame behind the door that leans on a helper which an open contract in front of the door leaned on."""
    if not _is_lean(frame, members):
        return None
    outer = now.leaned_on(frame.callee)
    if outer is None:
        return None
    inner = next((f for f in now.frames[now.doors[-1] + 1 :] if _is_entry(f, members) and f.selector), None)
    if inner is None or now.first[inner.callee] < now.doors[-1]:
        return None
    return outer, inner


def _is_lean(frame: Frame, members: frozenset[bytes]) -> bool:
    return (
        frame.kind == "call"
        and frame.caller not in members
        and frame.callee not in members
        and bool(frame.selector)
        and frame.selector not in SHARED_CALLS
    )


class _Given:
    """Who gave something away, and where in the transaction."""

    def __init__(self, frames: Iterable[Frame], members: frozenset[bytes]) -> None:
        self._by_giver: dict[bytes, list[int]] = defaultdict(list)
        self._to_members: list[int] = []
        for frame in frames:
            if gives(frame, members):
                self._by_giver[frame.caller].append(frame.position)
                if receiver(frame) in members:
                    self._to_members.append(frame.position)

    def within(self, inner: Frame) -> bool:
        """Whether the inner call gave something away: its contract to anybody, anybody to a member."""
        return self._count(inner.state, inner) > 0

    def around(self, outer: Frame, inner: Frame) -> bool:
        """Whether the outer call did so outside the inner one."""
        return self._count(outer.state, outer) > self._count(outer.state, inner)

    def _count(self, giver: bytes, frame: Frame) -> int:
        """How many gifts of this giver or to a member lie within the frame."""
        places = (self._by_giver.get(giver, []), self._to_members)
        return sum(bisect_left(each, frame.end) - bisect_left(each, frame.position) for each in places)
