"""What tells that a contract that was entered again was harmed by it: who gave what to whom, where in the call tree."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from tocsin.chain.abi import ADDRESS_BYTES, SELECTOR_BYTES
from tocsin.chain.signatures import selector
from tocsin.detect.detectors._frames import FROM_WHOM, Frame, argument, gives, receiver
from tocsin.tables.amounts import WORD_BYTES

BALANCE = selector("balanceOf(address)")
_PADDING = bytes(WORD_BYTES - ADDRESS_BYTES)
_ARGUMENTS = 2
"""How many words of call data a frame keeps."""

Question: TypeAlias = tuple[bytes, bytes]
"""The token asked, and about whom."""


@dataclass(frozen=True, slots=True)
class Signs:
    """What was seen of one entry."""

    gave_inside: bool = False
    """Something was given away within the inner call."""
    gave_around: bool = False
    """Something was given away in the rest of the outer call."""
    took_from: bytes | None = None
    """An account that the inner call named, from which the rest of the outer call then took for an actor."""
    paid: bytes | None = None
    """An account that the inner call named: an actor, or one that calls the contract, which it paid later on."""
    same_amount: bool = False
    """The inner call named just the amount that was being paid."""
    counted_twice: bytes | None = None
    """
    An account whose balance the outer call had measured and went on to use after an actor's deposit was credited there.
    """

    @property
    def gave_twice(self) -> bool:
        """Something was given away both within the inner call and in the rest of the outer one."""
        return self.gave_inside and self.gave_around


class Ledger:
    """Who gave something away, took something or asked for a balance, and where in the transaction."""

    def __init__(self, tree: Iterable[Frame], members: frozenset[bytes]) -> None:
        self._members = members
        self._by_giver: dict[bytes, list[int]] = defaultdict(list)
        self._to_members: list[int] = []
        self._credits: list[Frame] = []
        """Gifts to members by way of a token: its transfer or mint."""
        self._payments: dict[tuple[bytes, bytes], list[int]] = defaultdict(list)
        """Of giver and receiver."""
        self._takings: list[tuple[int, Frame]] = []
        """Tokens moved by somebody who is neither the giver nor an actor."""
        self._measured: dict[bytes, dict[Question, list[tuple[int, bytes]]]] = defaultdict(lambda: defaultdict(list))
        """By who asked: when, and the answer."""
        self._calls: dict[bytes, list[Frame]] = defaultdict(list)
        """By who called."""
        for frame in tree:
            self._note(frame)

    def _note(self, frame: Frame) -> None:
        if frame.kind == "staticcall":
            if frame.selector == BALANCE:
                question = frame.callee, argument(frame, 0)
                self._measured[frame.caller][question].append((frame.position, frame.output))
        elif frame.kind == "call":
            self._calls[frame.caller].append(frame)
            self._note_gift(frame)
            if frame.value > 0 or not frame.selector:
                self._payments[frame.caller, frame.callee].append(frame.position)
            if frame.selector in FROM_WHOM and frame.caller not in self._members and argument(frame, 0) != frame.caller:
                self._takings.append((frame.position, frame))

    def _note_gift(self, frame: Frame) -> None:
        if not gives(frame, self._members):
            return
        self._by_giver[frame.caller].append(frame.position)
        taker = receiver(frame)
        if taker != frame.callee:
            self._payments[frame.caller, taker].append(frame.position)
        if taker in self._members:
            self._to_members.append(frame.position)
            if taker != frame.callee:
                self._credits.append(frame)

    def signs(self, outer: Frame, door: Frame, inner: Frame) -> Signs:
        """What is seen of this entry."""
        named = tuple(_accounts(inner, {outer.state, inner.callee, inner.caller}))
        return Signs(
            gave_inside=self._gifts(inner.state, inner) > 0,
            gave_around=self._gifts(outer.state, outer) > self._gifts(outer.state, inner),
            took_from=next((account for account in named if self._took(account, inner.end, outer.end)), None),
            paid=next((account for account in named if self._paid(outer.state, account, inner.end)), None),
            same_amount=door.value > 0 and any(float(word) == door.value for word in _numbers(inner)),
            counted_twice=next(self._counted(outer, door, inner), None),
        )

    def _gifts(self, giver: bytes, frame: Frame) -> int:
        """How many gifts of this giver or to a member lie within the frame."""
        places = (self._by_giver.get(giver, []), self._to_members)
        return sum(bisect_left(each, frame.end) - bisect_left(each, frame.position) for each in places)

    def _took(self, account: bytes, start: int, end: int) -> bool:
        """Whether somebody moved tokens of this account, who is no actor, to an actor within these positions."""
        return account not in self._members and any(
            argument(frame, 0) == account and argument(frame, 1) in self._members for frame in self._taken(start, end)
        )

    def _taken(self, start: int, end: int) -> Iterator[Frame]:
        first, last = (bisect_left(self._takings, at, key=_position) for at in (start, end))
        return (frame for _, frame in self._takings[first:last])

    def _paid(self, giver: bytes, account: bytes, start: int) -> bool:
        """Whether this giver paid the account, which is an actor or asked it itself, from this position on."""
        places = self._payments.get((giver, account), [])
        if bisect_left(places, start) == len(places):
            return False
        return account in self._members or any(frame.callee == giver for frame in self._calls.get(account, ()))

    def _counted(self, outer: Frame, door: Frame, inner: Frame) -> Iterator[bytes]:
        """The accounts whose balance, once measured, rose by an actor's credited deposit, and was then used."""
        asked = self._measured.get(outer.state)
        if not asked:
            return
        for deposit in self._taken(inner.position, inner.end):
            token, account = deposit.callee, argument(deposit, 1)
            answers = asked.get((token, account), ())
            if argument(deposit, 0) in self._members and answers and self._credited(token, inner):
                before, after = _around(answers, outer, door)
                if before is not None and (
                    after != before if after is not None else self._hands_on(before, outer, door)
                ):
                    yield account

    def _hands_on(self, answer: bytes, outer: Frame, door: Frame) -> bool:
        """Whether the outer call, behind the door, tells somebody the number it had been answered in front of it."""
        word = answer[:WORD_BYTES]
        calls = self._calls.get(outer.state, [])
        first, last = (bisect_left(calls, at, key=_start) for at in (door.end, outer.end))
        return any(word) and any(word in _words(frame) for frame in calls[first:last])

    def _credited(self, deposited: bytes, inner: Frame) -> bool:
        """Whether a member was given another token within the inner call."""
        first, last = (bisect_left(self._credits, at, key=_start) for at in (inner.position, inner.end))
        return any(frame.callee != deposited for frame in self._credits[first:last])


def _around(answers: Sequence[tuple[int, bytes]], outer: Frame, door: Frame) -> tuple[bytes | None, bytes | None]:
    """The last answer within the outer call in front of the door, and the first behind it."""
    before = [answer for at, answer in answers if outer.position < at < door.position]
    after = [answer for at, answer in answers if door.end <= at < outer.end]
    return before[-1] if before else None, after[0] if after else None


def _start(frame: Frame) -> int:
    return frame.position


def _position(taking: tuple[int, Frame]) -> int:
    return taking[0]


def _words(frame: Frame) -> Iterator[bytes]:
    data = frame.data[SELECTOR_BYTES:]
    return (data[at : at + WORD_BYTES] for at in range(0, min(len(data), _ARGUMENTS * WORD_BYTES), WORD_BYTES))


def _numbers(frame: Frame) -> Iterator[int]:
    return (int.from_bytes(word, "big") for word in _words(frame) if len(word) == WORD_BYTES)


def _accounts(frame: Frame, but: set[bytes]) -> Iterator[bytes]:
    """The accounts that the first arguments may be."""
    for word in _words(frame):
        account = word[len(_PADDING) :]
        if len(word) == WORD_BYTES and word.startswith(_PADDING) and account not in but:
            yield account
