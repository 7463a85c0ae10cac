"""
How a chain is followed: from what is done and what the node says, the one next step. Pure; the driver does it.

The rules, in order:

1. A head at or below the last done block says nothing new, unless its hash differs from the block done there.
2. The next block is done when its parent is the last done block. Heights are never skipped.
3. Otherwise walk back: ask for the node's block at each done height, downwards, to the first that is the same.
   What is done above it is orphaned, if the node shows a different block in the place of any of it. A node that
   merely has not got those blocks (it lags, or lies about its head) orphans nothing.
4. When no kept header is the same, the reorg is deeper than the window: all that is kept is orphaned, and said so.
5. When the head is below the window and the node has not got the window's lowest block, it lags or it is on a shorter
   branch: only what is known from before the window can tell.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from tocsin.chain.header import Header


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask the node for its block at this height, then decide again."""

    number: int


@dataclass(frozen=True, slots=True)
class Process:
    """This block is next, and stands on what is done."""

    header: Header


@dataclass(frozen=True, slots=True)
class RollBack:
    """These done blocks are no longer part of the chain, lowest first."""

    orphans: tuple[Header, ...]
    replaced_by: Header | None
    """The node's block where the lowest orphan stood, if it has one."""
    deep: bool
    """True when no common block was found: there may be orphans below the headers kept."""


@dataclass(frozen=True, slots=True)
class LookBelow:
    """The node's head is below the headers kept; compare what is known of blocks up to it."""

    orphans: tuple[Header, ...]
    """The done blocks that are orphaned if they are not the same."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do until the next head."""


Step: TypeAlias = Ask | Process | RollBack | LookBelow | Wait
Seen: TypeAlias = Mapping[int, Header | None]
"""The node's blocks by height, as far as asked since the last step was done; None where it has none."""


def decide(done: Sequence[Header], start: int, head: Header, seen: Seen) -> Step:
    """
    The next step.

    `done` are the headers kept of done blocks, lowest first, without holes; `start` is the height to begin at
    while there are none.
    """
    if not done:
        return _begin(start, head, seen)
    if head.number <= done[-1].number:
        return _behind(done, head, seen)
    number = done[-1].number + 1
    if (following := _known(number, head, seen)) is None:
        return Wait() if number in seen else Ask(number)
    if following.parent_hash == done[-1].hash:
        return Process(following)
    return _walk_back(done, head, seen)


def _begin(start: int, head: Header, seen: Seen) -> Step:
    if head.number < start:
        return Wait()
    if (first := _known(start, head, seen)) is not None:
        return Process(first)
    return Wait() if start in seen else Ask(start)


def _behind(done: Sequence[Header], head: Header, seen: Seen) -> Step:
    place = head.number - done[0].number
    if place < 0:
        return _far_behind(done, seen)
    return Wait() if done[place].hash == head.hash else _walk_back(done, head, seen)


def _far_behind(done: Sequence[Header], seen: Seen) -> Step:
    lowest = done[0]
    if lowest.number not in seen:
        return Ask(lowest.number)
    theirs = seen[lowest.number]
    if theirs is None:
        return LookBelow(tuple(done))
    return Wait() if theirs.hash == lowest.hash else RollBack(tuple(done), replaced_by=theirs, deep=True)


def _walk_back(done: Sequence[Header], head: Header, seen: Seen) -> Step:
    for place in range(len(done) - 1, -1, -1):
        mine = done[place]
        theirs = _known(mine.number, head, seen)
        if theirs is None and mine.number not in seen:
            return Ask(mine.number)
        if theirs is not None and theirs.hash == mine.hash:
            return _orphan(done[place + 1 :], head, seen, deep=False)
    return _orphan(done, head, seen, deep=True)


def _orphan(orphans: Sequence[Header], head: Header, seen: Seen, *, deep: bool) -> Step:
    if not any(_known(orphan.number, head, seen) for orphan in orphans):
        return Wait()
    return RollBack(tuple(orphans), replaced_by=_known(orphans[0].number, head, seen), deep=deep)


def _known(number: int, head: Header, seen: Seen) -> Header | None:
    return head if head.number == number else seen.get(number)
