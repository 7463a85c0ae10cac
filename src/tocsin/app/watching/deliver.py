"""
Telling what the outbox holds: oldest first, at least once on every channel, each attempt a row.

Nothing overtakes: a notice that could not be told holds back those after it, so that nobody hears of a retraction
before the finding.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tocsin.app.backoff import Backoff
from tocsin.app.health import HealthBook
from tocsin.app.unbroken import unbroken, whole
from tocsin.edge.channels import Channel
from tocsin.edge.logs import Log
from tocsin.edge.metrics import Metrics
from tocsin.edge.store import outbox
from tocsin.edge.store.opening import Store
from tocsin.edge.store.values import Delivery, HealthAlert, Notice
from tocsin.model.errors import StoreError

AT_ONCE = 100
"""How many notices are told before it is written that they were: as many may be told again after a crash."""
LOOK_SECONDS = 1.0


@dataclass(slots=True, kw_only=True)
class Deliverer:
    """The endless work on the outbox."""

    store: Store
    channels: Sequence[Channel]
    book: HealthBook
    metrics: Metrics
    log: Log
    backoff: Backoff
    clock: Callable[[], float]
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    telling: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Channels are told by one at a time: a line is never written into another."""

    async def run(self) -> None:
        """Tell without end."""
        while True:
            self.wake.clear()
            await self.drain()
            await self._wait()

    async def drain(self) -> None:
        """Tell all that is due."""
        try:
            while await whole(self._tell_some()):
                pass
            self.metrics.outbox.set(await unbroken(outbox.pending, self.store.engine))
        except StoreError as error:
            await self.book.trouble(
                HealthAlert(key="outbox:store", kind="store", chain_id=None, detail=str(error), times=1)
            )
        else:
            await self.book.fine(["outbox:store"])

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                await self.wake.wait()
        except TimeoutError:
            return

    async def _tell_some(self) -> bool:
        """
        Tell the oldest notices; False when none is left or one must wait.

        Done whole or not at all: a failed attempt that is written has its alert, though a stop comes in between.
        """
        due = await unbroken(outbox.due, self.store.engine, limit=AT_ONCE, now=self.clock())
        if not due:
            return False
        async with self.telling:
            attempts = await unbroken(self._try_and_write, due)
        failed = [attempt for attempt in attempts if attempt.error]
        await self._report(failed)
        return not failed

    async def tell_at_once(self, notices: Sequence[Notice]) -> bool:
        """Tell what is not in the outbox and cannot wait for what is; whether every channel took all of it."""
        return await whole(self._tell_at_once(notices))

    async def _tell_at_once(self, notices: Sequence[Notice]) -> bool:
        async with self.telling:
            attempts = await unbroken(lambda: [_tell(channel, each) for each in notices for channel in self.channels])
        self._count(attempts)
        failed = [attempt for attempt in attempts if attempt.error]
        await self._report(failed)
        return not failed

    def _try_and_write(self, due: Sequence[Notice]) -> list[Delivery]:
        """In one go, so that a stop between the two does not make it tell again."""
        attempts = self._try(due)
        self._write(due, attempts)
        return attempts

    def _try(self, due: Sequence[Notice]) -> list[Delivery]:
        """Tell these on every channel that has not told them yet, up to the first that fails."""
        told = outbox.told(self.store.engine, [notice.sequence for notice in due])
        attempts: list[Delivery] = []
        for notice in due:
            missing = [channel for channel in self.channels if (notice.sequence, channel.name) not in told]
            attempts += (tried := [_tell(channel, notice) for channel in missing])
            if any(attempt.error for attempt in tried):
                break
        return attempts

    def _write(self, due: Sequence[Notice], attempts: Sequence[Delivery]) -> None:
        now, engine = self.clock(), self.store.engine
        if attempts:
            outbox.note_deliveries(engine, attempts, now=now)
        stopped = next((attempt.notice for attempt in attempts if attempt.error), None)
        outbox.mark_delivered(
            engine, [notice.sequence for notice in due if stopped is None or notice.sequence < stopped], now=now
        )
        if stopped is not None:
            before = next(notice.attempts for notice in due if notice.sequence == stopped)
            outbox.put_off(engine, stopped, next_try_at=now + self.backoff.delay(before + 1))
        self._count(attempts)

    def _count(self, attempts: Sequence[Delivery]) -> None:
        for attempt in attempts:
            self.metrics.deliveries.labels(attempt.channel, "failed" if attempt.error else "told").inc()

    async def _report(self, failed: Sequence[Delivery]) -> None:
        for attempt in failed:
            await self.book.trouble(
                HealthAlert(
                    key=_key(attempt.channel), kind="delivery", chain_id=None, detail=attempt.error or "", times=1
                )
            )
        broken = {attempt.channel for attempt in failed}
        await self.book.fine([_key(channel.name) for channel in self.channels if channel.name not in broken])


def _tell(channel: Channel, notice: Notice) -> Delivery:
    try:
        channel.tell(notice)
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        reason = f"{type(error).__name__}: {error.strerror or error}{where}"
        return Delivery(notice=notice.sequence, channel=channel.name, error=reason)
    return Delivery(notice=notice.sequence, channel=channel.name, error=None)


def _key(channel: str) -> str:
    return f"outbox:{channel}"


def to_log(log: Log) -> Channel:
    """Notices as log events; never fails."""

    def tell(notice: Notice) -> None:
        body = notice.body
        names = ("severity", "detector", "title", "chain_id", "block_number", "transaction_hash", "id")
        log.warning(notice.kind, **{name: body.get(name) for name in names})

    return Channel("log", tell)
