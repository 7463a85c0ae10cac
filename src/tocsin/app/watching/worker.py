"""
One chain, watched until it is stopped: heads come, blocks are done, what fails is told and tried again.

Nothing that fails ends the work or moves the checkpoint. Each kind of failure has one health alert per chain, which
closes when the chain is caught up again.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tocsin.app.backoff import Backoff
from tocsin.app.health import HealthBook
from tocsin.app.unbroken import unbroken
from tocsin.app.watching.fill import fill_due_gaps
from tocsin.app.watching.watch import Watcher
from tocsin.chain.header import Header
from tocsin.edge.logs import Log
from tocsin.edge.store import gaps
from tocsin.edge.store.values import Checkpoint, Gap, HealthAlert
from tocsin.model.errors import InconsistentInput, InputError, RemoteError, StoreError, TocsinError

KINDS: Sequence[tuple[type[Exception], str]] = ((RemoteError, "rpc"), (InputError, "decode"), (StoreError, "store"))
"""What failed, by the class of the error: the kinds of a chain's health alerts, beside `DEFECT`."""
DEFECT = "defect"
"""A failure that nobody foresaw: ours."""
GIVE_UP_FAILURES = 6
"""When only catching up was asked for: so many failures in a row, and the command fails instead of going on."""


@dataclass(slots=True, kw_only=True)
class Worker:
    """The endless work on one chain."""

    watcher: Watcher
    book: HealthBook
    log: Log
    backoff: Backoff
    gap_backoff: Backoff
    count_failure: Callable[[str], None]
    newest: Header | None = None
    """The newest head that came."""
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    failures: int = 0
    stood_at: Checkpoint | None = None
    turns_standing: int = 0
    """When only catching up was asked for: how often in a row there was a newer head and nothing to do."""

    async def run(self, *, until_caught_up: bool) -> None:
        """Watch without end, or until there is nothing left to do. Raises only when that cannot be reached."""
        listening = asyncio.create_task(self._listen())
        try:
            while not await self._turn(until_caught_up=until_caught_up):
                pass
        finally:
            listening.cancel()
            await asyncio.wait([listening])

    async def _turn(self, *, until_caught_up: bool) -> bool:
        """Do what there is to do; True when that was all that was asked for."""
        try:
            head = await self._head(ask=until_caught_up or self.failures > 0)
            await self.watcher.catch_up(head)
            await fill_due_gaps(self.watcher, self.gap_backoff)
        except Exception as error:  # noqa: BLE001 - whatever it is must not end the watching: it is told, and tried again
            await self._failed(error, until_caught_up=until_caught_up)
            return False
        self.failures = 0
        await self.book.fine([self._key(kind) for kind in (*(kind for _, kind in KINDS), DEFECT)])
        if until_caught_up and not self._reached(head):
            await self._stand(head)
        return until_caught_up and self._reached(head)

    async def _stand(self, head: Header) -> None:
        """The head is not to be had yet: no need to ask at full speed, nor for ever."""
        done = self.watcher.position.checkpoint if self.watcher.position else None
        self.turns_standing = self.turns_standing + 1 if done == self.stood_at else 1
        self.stood_at = done
        if self.turns_standing > GIVE_UP_FAILURES:
            raise InconsistentInput(
                f"chain {self.watcher.reader.chain_id}: the endpoints say that the head is {head.number}, but give no "
                f"block that stands on the last one done, {done.number if done else 'none'}: they lag behind their "
                "own head, or contradict themselves; compare with another endpoint"
            )
        await asyncio.sleep(self.backoff.delay(self.turns_standing))

    async def _head(self, *, ask: bool) -> Header:
        if ask or self.newest is None:
            return await self.watcher.reader.head()
        await self.arrived.wait()
        self.arrived.clear()
        return self.newest

    def _reached(self, head: Header) -> bool:
        position = self.watcher.position
        return position is not None and position.checkpoint.number >= head.number

    async def _listen(self) -> None:
        """Keep the newest head at hand, whatever becomes of the subscription."""
        failures = 0
        while True:
            try:
                async for head in self.watcher.reader.heads():
                    self.newest, failures = head, 0
                    self.arrived.set()
                    await self.book.fine([self._key("heads")])
            except Exception as error:  # noqa: BLE001 - without heads the chain would wait for ever: told, and tried again
                failures += 1
                await self._tell("heads", error)
            await asyncio.sleep(self.backoff.delay(max(1, failures)))

    async def _failed(self, error: Exception, *, until_caught_up: bool) -> None:
        self.failures += 1
        if until_caught_up and self.failures >= GIVE_UP_FAILURES:
            raise error
        kind = next((kind for error_class, kind in KINDS if isinstance(error, error_class)), DEFECT)
        await self._tell(kind, error)
        await self._note_undone(kind)
        delay = self.backoff.delay(self.failures)
        self.log.warning("trying again", failed=kind, failures=self.failures, seconds=round(delay, 2))
        await asyncio.sleep(delay)

    async def _tell(self, kind: str, error: Exception) -> None:
        self.count_failure(kind)
        if not isinstance(error, TocsinError):
            self.log.error("a defect of tocsin; please report it", exc_info=error)
        await self.book.trouble(
            HealthAlert(
                key=self._key(kind),
                kind=kind,
                chain_id=self.watcher.reader.chain_id,
                detail=f"{type(error).__name__}: {error}" if isinstance(error, TocsinError) else type(error).__name__,
                times=1,
            )
        )

    async def _note_undone(self, reason: str) -> None:
        """The blocks that wait are a gap until they are done."""
        if self.watcher.position is None or self.newest is None:
            return
        first, last = self.watcher.position.checkpoint.number + 1, self.newest.number
        if first > last:
            return
        gap = Gap(chain_id=self.watcher.reader.chain_id, first=first, last=last, detector="", reason=reason, attempts=1)
        try:
            await unbroken(gaps.note_undone, self.watcher.store.engine, gap)
        except StoreError:
            self.log.debug("the gap is not written: the store is away")  # its alert says so, and the gap is plain

    def _key(self, kind: str) -> str:
        return f"chain:{self.watcher.reader.chain_id}:{kind}"
