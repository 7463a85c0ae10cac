"""
New contracts that wait to be tried out, the most suspicious first, each once.

Watching must not wait for it: a simulation may take twenty seconds. Whoever watches offers what was found in a block,
and beside the watching somebody takes one contract after the other. What has waited too long is dropped and counted.
"""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from random import Random  # noqa: TID251 - the type alone: the generator is given

from tocsin.app.simulation import Budget, finding, simulate_new_contract, suspects
from tocsin.app.trial import NewContract, SimulatingNode
from tocsin.chain.header import Header
from tocsin.detect.known import KNOWN
from tocsin.model.finding import Finding, Severity
from tocsin.tables.dataset import Tables

MOST_WAITING = 64
MOST_KNOWN = 4_096
"""Of so many contracts it is remembered that they were tried."""


@dataclass(slots=True, kw_only=True)
class SimulationQueue:
    """The contracts of one chain that wait."""

    node: SimulatingNode
    random: Random
    known: Tables = field(default_factory=lambda: KNOWN)
    budget: Budget = field(default_factory=Budget)
    dropped: int = 0
    """Contracts that were never tried, because too many waited."""
    _waiting: dict[str, tuple[Severity, NewContract, str | None]] = field(default_factory=dict)
    _tried: OrderedDict[str, None] = field(default_factory=OrderedDict)

    def __len__(self) -> int:
        return len(self._waiting)

    def offer(self, findings: Iterable[Finding], head: Header) -> None:
        """Take in what findings about a block name; the state they are tried on is that after `head`."""
        for each in findings:
            for new in suspects([each], head):
                if new.address not in self._tried:
                    self._take_in(each, new)

    def _take_in(self, said: Finding, new: NewContract) -> None:
        before = self._waiting.get(new.address)
        if before is None or before[0] < said.severity:
            self._waiting[new.address] = (said.severity, new, said.place.transaction_hash)
        if len(self._waiting) > MOST_WAITING:
            least = min(self._waiting, key=lambda address: self._waiting[address][0])
            del self._waiting[least]
            self.dropped += 1

    async def next(self) -> Finding | None:
        """
        Try the most suspicious one, if any waits; what was found.

        Raises as `simulate_new_contract`: then that contract is not tried again.
        """
        if not self._waiting:
            return None
        address = max(self._waiting, key=lambda address: self._waiting[address][0])
        _, new, transaction_hash = self._waiting.pop(address)
        self._tried[address] = None
        if len(self._tried) > MOST_KNOWN:
            self._tried.popitem(last=False)
        simulation = await simulate_new_contract(
            self.node, new, random=self.random, known=self.known, budget=self.budget
        )
        return finding(simulation, transaction_hash)
