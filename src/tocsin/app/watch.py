"""
Watching one chain: does what `follow.decide` says, one block after another, each committed whole.

A failed answer, a block that cannot be decoded and a store that cannot be written all raise out of `catch_up` and
leave the block undone: the checkpoint is the store's, so the next call goes on exactly where the last one stopped.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from tocsin.app.follow import Ask, Process, RollBack, Wait, decide
from tocsin.app.pipeline import examine
from tocsin.app.reader import ChainReader
from tocsin.chain.header import Header
from tocsin.chain.recording import Recording
from tocsin.detect.detector import Detector
from tocsin.detect.engine import Outcome, within_window
from tocsin.edge.store import health
from tocsin.edge.store.store import Store, checkpoint, commit_block, recent_headers, remembered, retract
from tocsin.edge.store.values import DoneBlock, Gap, HealthAlert
from tocsin.model.lookups import Answers, Lookup
from tocsin.tables.dataset import Tables

Decode = Callable[[Recording], Tables]
"""From a recording to its tables, raw and derived."""


@dataclass(slots=True, kw_only=True)
class Watcher:
    """One chain's watching. Its state is the store's; the fields are what it works with."""

    reader: ChainReader
    store: Store
    decode: Decode
    detectors: Mapping[str, Detector]
    clock: Callable[[], float]
    keep_blocks: int
    start: int | None
    """The first block; None for the head. Only used before there is a checkpoint."""
    seen: dict[int, Header | None] = field(default_factory=dict)

    async def catch_up(self, head: Header) -> None:
        """Do every block up to this head. Raises `RemoteError`, `InputError`, `StoreError`; may be called again."""
        self.seen = {}
        while not isinstance(step := await self._step(head), Wait):
            await self._do(step)

    async def _step(self, head: Header) -> Ask | Process | RollBack | Wait:
        done = await asyncio.to_thread(recent_headers, self.store, self.reader.chain_id)
        return decide(done, await self._begin_at(head), head, self.seen)

    async def _begin_at(self, head: Header) -> int:
        last = await asyncio.to_thread(checkpoint, self.store, self.reader.chain_id)
        if last is not None:
            return last.number + 1
        return head.number if self.start is None else self.start

    async def _do(self, step: Ask | Process | RollBack) -> None:
        if isinstance(step, Ask):
            self.seen[step.number] = await self.reader.header(step.number)
            return
        self.seen = {}
        if isinstance(step, RollBack):
            await asyncio.to_thread(self._roll_back, step)
        else:
            await self._process(step.header)

    async def _process(self, header: Header) -> None:
        recording = await self.reader.recording(header)
        loop = asyncio.get_running_loop()

        def ask(lookups: Sequence[Lookup]) -> Answers:
            return asyncio.run_coroutine_threadsafe(self.reader.answers(lookups), loop).result()

        await asyncio.to_thread(self._look, header, recording, ask)

    def _look(self, header: Header, recording: Recording, ask: Callable[[Sequence[Lookup]], Answers]) -> None:
        outcome = examine(self.decode(recording), self.detectors, self._memories(header), ask)
        self._note_failures(header, outcome)
        done = DoneBlock(
            chain_id=self.reader.chain_id,
            header=header,
            findings=outcome.findings,
            remembered=outcome.remembered,
            blind=outcome.blind,
        )
        commit_block(self.store, done, keep_blocks=self.keep_blocks, now=self.clock())

    def _memories(self, header: Header) -> Mapping[str, pl.DataFrame]:
        found = {}
        for name, detector in self.detectors.items():
            if detector.memory is None:
                continue
            rows = remembered(self.store, self.reader.chain_id, name, header.number - detector.memory.window_blocks)
            if rows is not None:
                found[name] = within_window(rows, detector, header.number)
        return found

    def _note_failures(self, header: Header, outcome: Outcome) -> None:
        """A detector that failed has not seen this block: its gap stays open, and an alert tells."""
        chain_id, number = self.reader.chain_id, header.number
        for failure in outcome.failures:
            reason = type(failure.error).__name__
            gap = Gap(
                chain_id=chain_id, first=number, last=number, detector=failure.detector, reason=reason, attempts=1
            )
            health.note_gap(self.store.engine, gap)
            self._alert(f"detector:{failure.detector}", "detector-failure", f"block {number}: {reason}")

    def _roll_back(self, step: RollBack) -> None:
        if step.deep:
            lowest = step.orphans[0].number
            self._alert("reorg", "deep-reorg", f"no common block down to {lowest}: raise keep_blocks, scan below it")
        by = step.replaced_by.hash if step.replaced_by else None
        hashes = [orphan.hash for orphan in step.orphans]
        retract(self.store, self.reader.chain_id, hashes, replaced_by=by, now=self.clock())

    def _alert(self, key: str, kind: str, detail: str) -> None:
        chain_id = self.reader.chain_id
        alert = HealthAlert(key=f"chain:{chain_id}:{key}", kind=kind, chain_id=chain_id, detail=detail, times=1)
        health.open_alert(self.store.engine, alert, now=self.clock())
