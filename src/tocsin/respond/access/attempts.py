"""How often somebody may try: after wrong attempts an account waits, longer each time; whoever asks has a bucket."""

from collections import OrderedDict
from dataclasses import dataclass, field

FREE_FAILURES = 5
"""Wrong passwords in a row before an account waits."""
FIRST_WAIT_SECONDS = 2.0
LONGEST_WAIT_SECONDS = 900.0
"""Not for ever: whoever knows a name could otherwise keep its owner out during an attack. Passkeys do not wait."""


def wait_seconds(failures: int) -> float:
    """How long the account waits after so many wrong attempts in a row."""
    over = failures - FREE_FAILURES
    return 0.0 if over < 0 else min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2 ** min(over, 20))


@dataclass(slots=True, kw_only=True)
class Buckets:
    """
    A token bucket per name, in bounded memory.

    The longest unused names are forgotten first. A forgotten one begins full again: to profit by that, somebody must
    ask from more than `most_names` addresses.
    """

    per_second: float
    burst: float
    most_names: int = 10_000
    _left: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)

    def take(self, name: str, now: float) -> float:
        """Take one; 0 where it was there, else the seconds until there is one."""
        left, at = self._left.pop(name, (self.burst, now))
        left = min(self.burst, left + max(0.0, now - at) * self.per_second)
        wait = 0.0 if left >= 1.0 else (1.0 - left) / self.per_second
        self._left[name] = (left if wait else left - 1.0, now)
        while len(self._left) > self.most_names:
            self._left.popitem(last=False)
        return wait

    def __len__(self) -> int:
        return len(self._left)


@dataclass(slots=True, kw_only=True)
class Strangers:
    """
    Wrong attempts at names that nobody has: they wait like others, so that waiting does not tell which names there are.

    In bounded memory; the longest unused names are forgotten first.
    """

    most_names: int = 10_000
    _failures: OrderedDict[str, tuple[int, float]] = field(default_factory=OrderedDict)

    def locked_until(self, name: str) -> float:
        """Until when the name waits."""
        return self._failures.get(name, (0, 0.0))[1]

    def failed(self, name: str, now: float) -> None:
        """One more wrong attempt."""
        failures = self._failures.pop(name, (0, 0.0))[0] + 1
        self._failures[name] = (failures, now + wait_seconds(failures))
        while len(self._failures) > self.most_names:
            self._failures.popitem(last=False)
