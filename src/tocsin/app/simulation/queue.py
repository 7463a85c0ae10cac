"""
New contracts that wait to be tried out, the most suspicious first, each once.

Watching must not wait for it: a simulation may take twenty seconds. Whoever watches offers what was found in a block,
and beside the watching somebody takes one contract after the other. One whose simulation failed is tried again after
the others. What has waited too long, or failed too often, is dropped and counted.
"""

from collections import Counter, OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from random import Random  # noqa: TID251 - the type alone: the generator is given
from typing import TypeAlias

from tocsin.app.simulation.simulation import Budget, finding, pending_contract, simulate_new_contract, suspects
from tocsin.app.simulation.trial import NewContract, SimulatingNode
from tocsin.chain.codecs.blocks import Transaction
from tocsin.chain.header import Header
from tocsin.detect.known import KNOWN
from tocsin.model.finding import Finding, Severity
from tocsin.tables.dataset import Tables

MOST_WAITING = 64
MOST_KNOWN = 4_096
"""Of so many contracts it is remembered that they were tried."""
MOST_FAILURES = 10
"""A contract whose simulation has failed so often is dropped."""

Key: TypeAlias = tuple[str, bool]
"""An address, and whether what is to be there is not mined yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A contract that is to be tried."""

    new: NewContract
    severity: Severity
    """Of what was said about it."""
    transaction_hash: str | None
    """Of its deployment."""
    failures: int = 0
    """How often trying it failed."""

    @property
    def is_pending(self) -> bool:
        """Whether its deployment is not mined yet."""
        return bool(self.new.overrides)

    @property
    def key(self) -> Key:
        """What is tried once: a contract, and before that its deployment while it waits to be mined."""
        return self.new.address, self.is_pending

    @property
    def rank(self) -> tuple[int, Severity]:
        """Whose turn is first."""
        return -self.failures, self.severity


@dataclass(slots=True, kw_only=True)
class SimulationQueue:
    """The contracts of one chain that wait."""

    node: SimulatingNode
    random: Random
    known: Tables = field(default_factory=lambda: KNOWN)
    budget: Budget = field(default_factory=Budget)
    dropped: int = 0
    """Contracts that were never tried, because too many waited or each attempt failed."""
    _waiting: dict[Key, Waiting] = field(default_factory=dict)
    _taken: OrderedDict[Key, int] = field(default_factory=OrderedDict)
    """What was tried, and the height of the state it was tried on."""

    def __len__(self) -> int:
        return len(self._waiting)

    def offer(self, findings: Iterable[Finding], head: Header) -> None:
        """Take in what findings about a block name; the state they are tried on is that after `head`."""
        for each in findings:
            for new in suspects([each], head):
                self._take_in(Waiting(new=new, severity=each.severity, transaction_hash=each.place.transaction_hash))

    async def offer_pending(self, said: Finding, transaction: Transaction, head: Header) -> None:
        """Take in what a transaction that is not mined yet would create. Raises `RemoteError`, `InputError`."""
        if (new := await pending_contract(self.node, transaction, head)) is not None:
            self._take_in(Waiting(new=new, severity=said.severity, transaction_hash=said.place.transaction_hash))

    def _take_in(self, one: Waiting) -> None:
        if one.key in self._taken:
            return
        before = self._waiting.get(one.key)
        if before is None or before.severity < one.severity:
            self._waiting[one.key] = one
        if len(self._waiting) > MOST_WAITING:
            del self._waiting[self._least()]
            self.dropped += 1

    def _least(self) -> Key:
        """
        The least suspicious one; of several the last of the deployer with the most.

        So whoever deploys many to crowd out one crowds out his own.
        """
        least = min(one.rank for one in self._waiting.values())
        of_deployer = Counter(one.new.deployer for one in self._waiting.values())
        among = [key for key, one in reversed(self._waiting.items()) if one.rank == least]
        return max(among, key=lambda key: of_deployer[self._waiting[key].new.deployer])

    def take(self) -> Waiting | None:
        """The most suspicious one, which counts as tried from now on; None where none waits."""
        if not self._waiting:
            return None
        one = self._waiting.pop(max(self._waiting, key=lambda key: self._waiting[key].rank))
        self._taken[one.key] = one.new.head.number
        if len(self._taken) > MOST_KNOWN:
            self._taken.popitem(last=False)
        return one

    def put_back(self, one: Waiting) -> None:
        """Trying this one failed: it is tried again after the others, unless its block was orphaned meanwhile."""
        if not self.stands(one):
            return
        if one.failures + 1 == MOST_FAILURES:
            self.dropped += 1
            return
        del self._taken[one.key]
        self._take_in(replace(one, failures=one.failures + 1))

    def forget_above(self, number: int) -> None:
        """The blocks above this height are orphaned: what was to be tried in them is offered again, if it is there."""
        self._waiting = {
            key: one for key, one in self._waiting.items() if one.is_pending or one.new.head.number <= number
        }
        taken = self._taken.items()
        self._taken = OrderedDict((key, height) for key, height in taken if key[1] or height <= number)

    def stands(self, one: Waiting) -> bool:
        """Whether the block of one that was taken has not been orphaned since."""
        return self._taken.get(one.key) == one.new.head.number

    async def tried(self, one: Waiting) -> Finding | None:
        """What trying it found. Raises as `simulate_new_contract`."""
        simulation = await simulate_new_contract(
            self.node, one.new, random=self.random, known=self.known, budget=self.budget
        )
        return finding(simulation, one.transaction_hash)
