"""
Ordinary traffic: activities begun at random by their rates, and their transactions put together into blocks.

Seeded: the same generator, rates and scene give the same blocks.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tocsin.chain.contract import Receipt, Transaction
from tocsin.exercise.activity import Activity, Doing, Far, Wait
from tocsin.exercise.play import Play
from tocsin.model.errors import ScenarioBroken

MOST_IN_A_BLOCK = 8
"""At most as many activities go on at a time."""


@dataclass(slots=True)
class _Going:
    """An activity that has begun, and what it does next."""

    activity: Activity
    doing: Doing
    next: Transaction | Far | Wait | None = None
    waited: int = 0
    receipt: Receipt | None = None


@dataclass(slots=True)
class Traffic:
    """Activities that go on from block to block."""

    play: Play
    activities: Mapping[str, Activity]
    rates: Mapping[str, float]
    """By activity: how often it begins, relative to the others."""
    together: int = MOST_IN_A_BLOCK
    whose: dict[str, str] = field(default_factory=dict)
    """The activity to which each transaction belongs, by its hash."""
    overdue: dict[str, float] = field(default_factory=dict)
    """By activity: how much less often it has begun than its rate asks for, in rates."""
    going: list[_Going] = field(default_factory=list)

    def blocks(self, transactions: int) -> Iterator[tuple[Receipt, ...]]:
        """
        Make blocks until so many transactions are done and all that was begun is ended; the receipts of each.

        Raises `ScenarioBroken` when an activity does nothing at all, or waits before it has done anything.
        """
        done = 0
        while done < transactions or self.going:
            while done < transactions and len(self.going) < self.together and self._begin():
                pass
            receipts = self._block()
            done += len(receipts)
            yield receipts

    def _begin(self) -> bool:
        """Begin one activity; False where those that could be begun are all taken."""
        busy = {each.activity.alone for each in self.going} - {""}
        free = [name for name, rate in self.rates.items() if rate > 0 and self.activities[name].alone not in busy]
        if not free:
            return False
        name = self._draw(free)
        going = _Going(self.activities[name], self.activities[name].run(self.play))
        if (first := next(going.doing, None)) is None:
            raise ScenarioBroken(f"activity {name}: it does nothing; let it send something, or set its rate to 0")
        going.next = first
        self.going.append(going)
        return True

    def _draw(self, free: Sequence[str]) -> str:
        """One of these at random; the longer one has been due, the likelier it is, so that the rare come too."""
        for each, rate in self.rates.items():
            self.overdue[each] = self.overdue.get(each, 0.0) + rate
        (name,) = self.play.random.choices(free, [self.rates[each] + max(self.overdue[each], 0.0) for each in free])
        self.overdue[name] -= sum(self.rates.values())
        return name

    def _block(self) -> tuple[Receipt, ...]:
        """One block on each chain of what those that go on do next."""
        home = [each for each in self.going if isinstance(each.next, Transaction)]
        far = [each for each in self.going if isinstance(each.next, Far)]
        receipts = self.play.home.mine(*(each.next for each in home if isinstance(each.next, Transaction)))
        if far:
            sent = (each.next.transaction for each in far if isinstance(each.next, Far))
            receipts = (*receipts, *self.play.far.mine(*sent))
        self._wait()
        for each, receipt in zip([*home, *far], receipts, strict=True):
            each.receipt = receipt
            self.whose[receipt.hash] = each.activity.id
            self._resume(each, receipt)
        return receipts

    def _wait(self) -> None:
        for each in [each for each in self.going if isinstance(each.next, Wait)]:
            each.waited += 1
            if isinstance(each.next, Wait) and each.waited >= each.next.blocks:
                each.waited = 0
                self._resume(each, each.receipt)

    def _resume(self, going: _Going, receipt: Receipt | None) -> None:
        if receipt is None:
            raise ScenarioBroken(f"activity {going.activity.id}: it waits before it has sent anything; send first")
        try:
            going.next = going.doing.send(receipt)
        except StopIteration:
            self.going.remove(going)


def everyday(activities: Mapping[str, Activity]) -> dict[str, float]:
    """The rates of the everyday profile: as each activity says itself."""
    return {name: activity.rate for name, activity in activities.items()}


def brief(rates: Mapping[str, float], activities: Mapping[str, Activity]) -> dict[str, float]:
    """The rates of what is done within minutes."""
    return {name: rate for name, rate in rates.items() if not activities[name].is_long}
