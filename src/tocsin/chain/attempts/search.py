"""
What to call a new contract with: first everything plainly, then more of what came furthest.

Functions are known by their selectors alone, so arguments are words that may mean anything: amounts of every size,
addresses that matter, numbers that other contracts answered on the way. Who comes further than before - more calls,
more logs - is varied on. All chance comes from the generator that is given.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from random import Random  # noqa: TID251 - the type alone: the generator is given

from tocsin.chain.attempts.traced import Attempt, Shown

MOST_FUNCTIONS = 32
ARGUMENTS = 5
"""How many words are varied (reference: detection, section 4.18)."""
PAID_WEI = 10 * 10**18
"""What a payable function is paid (reference: detection, section 4.18)."""
MOST_WORD = 2**256 - 1
EMPTY_ARRAY = ARGUMENTS * 32
"""An offset to the zeros behind the arguments."""
SIZES = tuple(10**power for power in range(28))
"""Of amounts: from one base unit to a billion tokens of eighteen decimals."""
POOL = 12
"""So many of a function's best attempts are varied on."""
MOST_LEARNED = 256
GAINED, MOST_DOLLARS = 10**6, 10**9
"""The score of an attempt that gained, before its dollars, and the most of these that count."""
ALIKE = 64
"""After so many attempts that made no difference a function takes no arguments that matter."""


@dataclass(slots=True)
class _Function:
    """What is known of one function."""

    best: list[tuple[int, Attempt]] = field(default_factory=list)
    shapes: dict[int, set[object]] = field(default_factory=dict)
    """How its attempts came out, by what was paid along."""
    tried: int = 0
    opening: tuple[int, Attempt] | None = None
    """Of the attempts that did not revert, the one that came furthest, and how far."""

    @property
    def is_settled(self) -> bool:
        """Its arguments make no difference."""
        return self.tried >= ALIKE and all(len(shapes) == 1 for shapes in self.shapes.values())


@dataclass(slots=True)
class Search:
    """What has been tried on one contract, and what to try next."""

    selectors: Sequence[bytes]
    callers: Sequence[str]
    addresses: Sequence[int]
    """That may matter as arguments: callers, the contract, what it names, what is watched."""
    random: Random
    _functions: dict[tuple[str, bytes], _Function] = field(default_factory=dict)
    _numbers: dict[int, None] = field(default_factory=dict)
    _done: set[Attempt] = field(default_factory=set)
    _plain: Iterator[Attempt] | None = None

    def take(self, count: int) -> list[Attempt]:
        """Up to so many attempts that were not made before; none when nothing is left to vary."""
        if self._plain is None:
            self._plain = self._first()
        found = list(islice((each for each in self._plain if each not in self._done), count))
        self._done.update(found)
        for _ in range(8 * (count - len(found))):
            if len(found) == count or (varied := self._varied()) is None:
                break
            if varied not in self._done:
                self._done.add(varied)
                found.append(varied)
        return found

    def learn(self, attempt: Attempt, shown: Shown) -> None:
        """How an attempt came out."""
        function = self._functions.setdefault((attempt.caller, attempt.selector), _Function())
        function.tried += 1
        function.shapes.setdefault(attempt.value, set()).add(shown.shape)
        for number in shown.numbers:
            if len(self._numbers) < MOST_LEARNED:
                self._numbers[number] = None
        if shown.is_done and (function.opening is None or function.opening[0] < shown.depth):
            function.opening = shown.depth, attempt
        score = 2 * shown.depth + shown.is_done
        self._keep(function, score, attempt)

    def reward(self, attempt: Attempt, dollars: float) -> None:
        """An attempt gained something: that counts for more than having come far."""
        if dollars > 0:
            self._keep(
                self._functions[attempt.caller, attempt.selector], GAINED + int(min(dollars, MOST_DOLLARS)), attempt
            )

    def openings(self) -> list[Attempt]:
        """An attempt of each function that was not reverted, furthest first: what others may need before them."""
        known = [each.opening for each in self._functions.values() if each.opening is not None]
        return [attempt for _, attempt in sorted(known, key=lambda each: -each[0]) if attempt.selector]

    def _keep(self, function: _Function, score: int, attempt: Attempt) -> None:
        function.best.append((score, attempt))
        function.best.sort(key=lambda each: -each[0])
        del function.best[POOL:]

    def _first(self) -> Iterator[Attempt]:
        """Each function with nothing, paid and not; then with the same word for every argument."""
        selectors = [*self.selectors[:MOST_FUNCTIONS], b""]
        for value in (0, PAID_WEI):
            for selector in selectors:
                for caller in self.callers:
                    yield Attempt(caller, selector, (0,) * ARGUMENTS, value)
        for word in (1, *SIZES[6::3], MOST_WORD, EMPTY_ARRAY, *self.addresses):
            for selector in selectors[:-1]:
                if not self._is_settled(selector):
                    yield Attempt(self.callers[0], selector, (word,) * ARGUMENTS, self._value(selector))

    def _is_settled(self, selector: bytes) -> bool:
        known = [each for (_, other), each in self._functions.items() if other == selector]
        return bool(known) and all(each.is_settled for each in known)

    def _value(self, selector: bytes) -> int:
        """What is paid along: what the attempt that came furthest paid."""
        best = [each.best[0] for (_, other), each in self._functions.items() if other == selector and each.best]
        return max(best, key=lambda each: each[0])[1].value if best else 0

    def _varied(self) -> Attempt | None:
        """Some attempt of those that came furthest, with something changed; functions that came far come up more."""
        open_ones = [each for (_, selector), each in self._functions.items() if selector and not each.is_settled]
        if not open_ones:
            return None
        weights = [each.best[0][0] for each in open_ones]
        (function,) = self.random.choices(open_ones, weights=weights)
        _, parent = self.random.choice(function.best)
        words = list(parent.words)
        for _ in range(self.random.choice((1, 1, 2))):
            place = min(self.random.randrange(ARGUMENTS), self.random.randrange(ARGUMENTS))
            words[place] = self._other(words[place])
        value = self.random.choice((parent.value, parent.value, parent.value, 0, PAID_WEI, 10**18))
        return Attempt(parent.caller, parent.selector, tuple(words), value)

    def _other(self, word: int) -> int:
        """A word in place of another."""
        choose = self.random.choice
        numbers = list(self._numbers)
        ways: list[int] = [choose(SIZES), min(word * 10, MOST_WORD), word // 10, min(word * 2, MOST_WORD), word // 2]
        ways += [choose(numbers), choose(numbers) // 2, choose(numbers) // 10] if numbers else []
        ways += [choose(list(self.addresses))] if self.addresses else []
        ways += [choose((0, 1, 2, EMPTY_ARRAY, MOST_WORD))]
        return self.random.choice(ways)
