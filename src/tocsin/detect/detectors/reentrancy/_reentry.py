"""
Entries into contracts that are still at work, read off one transaction's call tree in one pass.

Words: a *member* belongs to the actor cluster. A *door* is a call by which somebody else hands control to a member: a
payment, a token hook, a callback. A contract is *open* while a frame that runs on its state has not returned; a
delegatecall runs on the state of its caller, so a proxy and its implementation are one. An *entry* is a call by a
member into somebody else's contract. What matters are entries behind a door, while a contract in front of it is open:

* into that contract itself; by a token's function only where it is seen to be paid for (a bank whose accounts can be
  transferred is no token);
* into a sibling that leans on the same helper contract (a market and its controller);
* into an account whose balance the open contract had asked for, if it then counts what the entry put there.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

from tocsin.chain.callbacks import CALLBACKS, EXCHANGES
from tocsin.chain.signatures import selector
from tocsin.detect.detectors._frames import (
    HOOKS,
    SHARED_CALLS,
    TOKEN_CALLS,
    Frame,
    argument,
    is_door,
    is_entry,
)
from tocsin.detect.detectors.reentrancy._reentry_signs import BALANCE, Ledger, Signs

BY_DESIGN = frozenset((*CALLBACKS, *EXCHANGES, selector("lockAcquired(bytes)")))
"""Doors that lenders and pools open on purpose, and guard."""

_LOCKS = frozenset((selector("unlockCallback(bytes)"), selector("lockAcquired(bytes)")))
"""Of these, those that managers of many pools open because all that they do is done behind them."""


class Way(Enum):
    """Where an entry led."""

    SAME = "same"
    """Into the open contract."""
    TOKEN = "token"  # noqa: S105 - no password: a way
    """Into the open contract, by a function that tokens have."""
    SIBLING = "sibling"
    """Into another contract that leans on the same helper."""
    MEASURED = "measured"
    """Into an account whose balance the open contract had asked for."""


@dataclass(frozen=True, slots=True)
class Reentry:
    """One entry into a contract that was open."""

    victim: bytes
    """The open contract."""
    outer: Frame
    door: Frame
    inner: Frame
    way: Way
    signs: Signs

    @property
    def sibling(self) -> bool:
        """Whether the inner call went into another contract."""
        return self.way in (Way.SIBLING, Way.MEASURED)

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
    measured: dict[bytes, tuple[Frame, int]] = field(default_factory=dict)
    """By account: the open frame that asked for its balance, and its height."""

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

    def in_front(self, noted: tuple[Frame | None, int]) -> Frame | None:
        """The frame noted, if it is still open and in front of the last door."""
        frame, height = noted
        return frame if self.doors and height < self.doors[-1] and self.is_open(frame, height) else None

    def is_open(self, frame: Frame | None, height: int) -> bool:
        """Whether this frame is still the one at this height."""
        return height < len(self.frames) and self.frames[height] is frame

    def note(self, notes: dict[bytes, tuple[Frame, int]], state: bytes, subject: bytes) -> None:
        """Note what an open state is about, unless an outer one that is still open is so already."""
        height = self.first.get(state)
        if height is not None and not self.is_open(*notes.get(subject, (None, 0))):
            notes[subject] = (self.frames[height], height)


def reentries(frames: Iterable[Frame], members: frozenset[bytes]) -> Iterator[Reentry]:
    """The entries into open contracts, in the order of execution. `frames` leaves out what reverted."""
    tree = tuple(frames)
    found = list(_entries(tree, members))
    ledger = Ledger(tree if found else (), members)
    for way, outer, door, inner in found:
        if door.selector in _LOCKS and door.caller == outer.state:
            continue
        signs = ledger.signs(outer, door, inner)
        if _counts(way, signs):
            yield Reentry(victim=outer.state, outer=outer, door=door, inner=inner, way=way, signs=signs)


def _counts(way: Way, signs: Signs) -> bool:
    """Whether such an entry is one at all: what anybody does with tokens and deposits needs a sign."""
    if way is Way.TOKEN:
        return signs.paid is not None
    return way is not Way.MEASURED or signs.counted_twice is not None


_Entry: TypeAlias = tuple[Way, Frame, Frame]
"""Which way, the outer and the inner frame."""


def _entries(tree: Iterable[Frame], members: frozenset[bytes]) -> Iterator[tuple[Way, Frame, Frame, Frame]]:
    """Way, outer frame, door and inner frame of each."""
    now = _Open()
    for frame in tree:
        now.close(frame.position)
        if now.doors and (found := _entry(now, frame, members)):
            way, outer, inner = found
            yield way, outer, now.frames[now.doors[-1]], inner
        if _is_lean(frame, members):
            now.note(now.helpers, frame.caller, frame.callee)
        elif frame.selector == BALANCE and frame.caller not in members:
            now.note(now.measured, frame.caller, argument(frame, 0))
        now.push(frame, is_door=is_door(frame, members))


def _entry(now: _Open, frame: Frame, members: frozenset[bytes]) -> _Entry | None:
    return _same(now, frame, members) or _sibling(now, frame, members) or _measured(now, frame, members)


def _same(now: _Open, frame: Frame, members: frozenset[bytes]) -> _Entry | None:
    height = now.first.get(frame.callee)
    if height is None or height >= now.doors[-1] or not is_entry(frame, members):
        return None
    if frame.selector not in TOKEN_CALLS:
        return Way.SAME, now.frames[height], frame
    door = now.frames[now.doors[-1]]
    paying = door.caller == frame.callee and not door.selector
    return (Way.TOKEN, now.frames[height], frame) if paying else None


def _sibling(now: _Open, frame: Frame, members: frozenset[bytes]) -> _Entry | None:
    """A frame behind the door that leans on a helper which an open contract in front of the door leaned on."""
    if not _is_lean(frame, members):
        return None
    outer = now.in_front(now.helpers.get(frame.callee, (None, 0)))
    if outer is None:
        return None
    behind = now.frames[now.doors[-1] + 1 :]
    inner = next((f for f in behind if _is_entry(f, members) and f.selector), None)
    if inner is None or now.first[inner.callee] < now.doors[-1]:
        return None
    return Way.SIBLING, outer, inner


def _measured(now: _Open, frame: Frame, members: frozenset[bytes]) -> _Entry | None:
    outer = now.in_front(now.measured.get(frame.callee, (None, 0)))
    return (Way.MEASURED, outer, frame) if outer is not None and _is_entry(frame, members) else None


def _is_entry(frame: Frame, members: frozenset[bytes]) -> bool:
    return is_entry(frame, members) and frame.selector not in TOKEN_CALLS


def _is_lean(frame: Frame, members: frozenset[bytes]) -> bool:
    return (
        frame.kind == "call"
        and frame.caller not in members
        and frame.callee not in members
        and bool(frame.selector)
        and frame.selector not in SHARED_CALLS
    )
