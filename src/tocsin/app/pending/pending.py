"""
What waits to be mined, looked at as if it were: simulated on the newest block, and shown to the detectors.

A finding about it is a warning of what has not happened. It is labelled `pending`, has no block, and is not the
finding that follows when the transaction is mined. What goes to a miner without passing a public pool is never seen.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import polars as pl

from tocsin.app.look import decode
from tocsin.app.pipeline import examine
from tocsin.app.reader import ChainReader
from tocsin.app.simulation.simulation import PREPARING
from tocsin.app.unbroken import unbroken
from tocsin.chain.codecs.blocks import Transaction
from tocsin.chain.header import Header
from tocsin.chain.pending import Queue, Waiting
from tocsin.chain.recording import Recording
from tocsin.detect.detector import Detector
from tocsin.detect.engine import Blind, Failure, Outcome
from tocsin.detect.known import KNOWN
from tocsin.edge.nodes import connect
from tocsin.model.errors import InputError, RemoteError
from tocsin.model.finding import Finding, Place
from tocsin.model.lookups import Answers, Lookup
from tocsin.tables.dataset import Tables

LABEL = "pending"
MOST_TRANSACTIONS = 64
"""So many are simulated in one look; the rest wait for the next."""
LOOK_SECONDS = 10.0
"""After so long no further queue is begun, and one that is being simulated is given up."""


class PoolReader(Protocol):
    """Shows what waits to be mined. Every call may raise `RemoteError`, and `InputError` for a wrong answer."""

    async def waiting(self) -> Waiting:
        """What waits now. Raises `MethodUnknown` where no pool is shown."""

    async def simulated(self, queue: Queue, head: Header) -> Recording:
        """What a queue would do after this block, as the next one."""


@dataclass(frozen=True, slots=True)
class PendingLook:
    """What came of one look at the pool."""

    findings: tuple[Finding, ...]
    """New ones: each is given once while its transaction waits."""
    simulated: int
    """Transactions simulated in this look."""
    left: int
    """Transactions that were due and not reached: looked at next time, unless there are always dearer ones."""
    undue: int
    """Transactions that nobody can mine yet, because one before them is missing: not simulated."""
    creations: tuple[tuple[Finding, Transaction], ...]
    """Transactions, due next for their senders, that create what a new finding calls made for an attack."""
    trouble: tuple[RemoteError | InputError, ...]
    """Why queues could not be simulated."""
    blind: tuple[Blind, ...]
    failures: tuple[Failure, ...]


@dataclass(slots=True, kw_only=True)
class PendingView:
    """The pool of one chain. Remembers what it has simulated and said, as long as that waits."""

    reader: ChainReader
    pool: PoolReader
    detectors: Mapping[str, Detector]
    known: Tables = field(default_factory=lambda: KNOWN)
    """The reference tables."""
    most_transactions: int = MOST_TRANSACTIONS
    look_seconds: float = LOOK_SECONDS
    _seen: dict[tuple[str, ...], bytes] = field(default_factory=dict)
    """By the hashes of a queue, the block it was last simulated on."""
    _said: dict[str, str] = field(default_factory=dict)
    """By id of a finding, the transaction it is about."""

    async def look(self, head: Header, memories: Mapping[str, pl.DataFrame]) -> PendingLook:
        """
        What is new in the pool, simulated on this block.

        Raises `MethodUnknown` where no endpoint shows its pool or can simulate, else `RemoteError`, `InputError` where
        not a single queue could be looked at.
        """
        waiting = await self.pool.waiting()
        self._forget(waiting)
        due = [queue for queue in waiting.queues if self._seen.get(queue.hashes) != head.hash]
        chosen = self._chosen(due)
        looked = _Looked()
        try:
            async with asyncio.timeout(self.look_seconds):
                for queue in chosen:
                    await self._one(queue, head, memories, looked)
        except TimeoutError:
            pass  # what was not reached is counted
        if looked.trouble and not looked.simulated:
            raise looked.trouble[0]
        return self._told(looked, waiting, sum(len(queue.hashes) for queue in due))

    def _forget(self, waiting: Waiting) -> None:
        """What is mined or dropped."""
        there = waiting.hashes
        self._seen = {queue: block for queue, block in self._seen.items() if there.issuperset(queue)}
        self._said = {name: transaction for name, transaction in self._said.items() if transaction in there}

    def waits(self, finding: Finding) -> bool:
        """Whether the transaction that a finding of this view is about still waited at the last look."""
        return finding.id in self._said

    def say(self, finding: Finding) -> bool:
        """Remember as long as its transaction waits that this was said; whether it was not said before."""
        if finding.id in self._said or finding.place.transaction_hash is None:
            return False
        self._said[finding.id] = finding.place.transaction_hash
        return True

    def _chosen(self, due: Sequence[Queue]) -> list[Queue]:
        chosen, left = [], self.most_transactions
        for queue in due:
            if left <= 0:
                break
            chosen.append(queue)
            left -= len(queue.transactions)
        return chosen

    async def _one(self, queue: Queue, head: Header, memories: Mapping[str, pl.DataFrame], looked: "_Looked") -> None:
        try:
            recording = await self.pool.simulated(queue, head)
            outcome = await self._examined(recording, head, memories)
        except (RemoteError, InputError) as error:
            looked.trouble.append(error)
            return
        self._seen[queue.hashes] = head.hash
        looked.first.append(queue.transactions[0])
        looked.simulated += len(queue.transactions)
        looked.outcomes.append(outcome)

    async def _examined(self, recording: Recording, head: Header, memories: Mapping[str, pl.DataFrame]) -> Outcome:
        loop = asyncio.get_running_loop()

        def ask(lookups: Sequence[Lookup]) -> Answers:
            return asyncio.run_coroutine_threadsafe(self._answers(lookups, head), loop).result()

        return await unbroken(lambda: examine(decode([recording]), self.detectors, memories, ask, self.known))

    async def _answers(self, lookups: Sequence[Lookup], head: Header) -> Answers:
        """Answers as of the newest block: the block that is asked about is not there yet."""
        asked = {lookup: _at_most(lookup, head.number) for lookup in lookups}
        answers = await self.reader.answers(tuple(dict.fromkeys(asked.values())))
        return {lookup: answers[known] for lookup, known in asked.items() if known in answers}

    def _told(self, looked: "_Looked", waiting: Waiting, due: int) -> PendingLook:
        found = (as_pending(each) for outcome in looked.outcomes for each in outcome.findings)
        new = [finding for finding in found if self.say(finding)]
        return PendingLook(
            findings=tuple(new),
            creations=tuple(looked.creations(new)),
            simulated=looked.simulated,
            left=due - looked.simulated,
            undue=waiting.undue,
            trouble=tuple(looked.trouble),
            blind=tuple(dict.fromkeys(blind for outcome in looked.outcomes for blind in outcome.blind)),
            failures=tuple(failure for outcome in looked.outcomes for failure in outcome.failures),
        )


async def pending_findings(
    url: str, detectors: Mapping[str, Detector], memories: Mapping[str, pl.DataFrame]
) -> PendingLook:
    """
    One look at the pool of the node at this URL, on its newest block.

    `memories` holds, by stateful detector, the rows remembered of the blocks up to that one. Raises as
    `PendingView.look`, and `RemoteError`, `SettingError` when the node cannot be reached. Whoever looks again and again
    keeps a `PendingView` instead, which gives each finding once.
    """
    reader = await connect([url])
    try:
        view = PendingView(reader=reader, pool=reader.mempool(), detectors=detectors)
        return await view.look(await reader.head(), memories)
    finally:
        await reader.close()


@dataclass(slots=True)
class _Looked:
    """How far a look has got."""

    simulated: int = 0
    first: list[Transaction] = field(default_factory=list)
    """Of each queue."""
    outcomes: list[Outcome] = field(default_factory=list)
    trouble: list[RemoteError | InputError] = field(default_factory=list)

    def creations(self, new: Sequence[Finding]) -> Iterator[tuple[Finding, Transaction]]:
        """What is worth trying out itself."""
        said = {each.place.transaction_hash: each for each in new if each.detector in PREPARING}
        for transaction in self.first:
            if transaction.to is None and (finding := said.get(transaction.hash.lower())):
                yield finding, transaction


def _at_most(lookup: Lookup, height: int) -> Lookup:
    *asked, block = lookup.parameters
    return replace(lookup, parameters=(*asked, hex(min(int(block, 16), height))))


def as_pending(finding: Finding) -> Finding:
    """A finding about what is not mined yet: without a block, and said to be that."""
    place = finding.place
    return replace(
        finding,
        place=Place(
            chain_id=place.chain_id,
            block_number=None,
            block_hash=None,
            transaction_hash=place.transaction_hash,
            transaction_index=None,
        ),
        title=f"Pending: {finding.title}",
        summary=f"Pending: not mined yet, this is what it would do. {finding.summary}",
        labels=(*finding.labels, LABEL),
    )
