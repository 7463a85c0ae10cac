"""
The pager: follows the journal, fires timers, and sends pages until somebody answers.

One pass is one transaction: entries are acted on, timers fired, pages written, and ways claimed, each with the row of
its attempt, before anything is sent. Then the claimed ways are sent, many at once, and what became of each is written.
Killed anywhere, the next process goes on: a page that may have gone is sent again and says so. Several pagers on one
database share the work: the follower's row is held by one pass at a time.
"""

import asyncio
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import partial

from tocsin.app.desk import Desk
from tocsin.app.paging import escalating
from tocsin.app.paging.escalating import Turn
from tocsin.app.paging.heartbeat import Heartbeat
from tocsin.app.paging.jobs import Job, follow_up, job_of, wordless_job
from tocsin.app.paging.oncall import Directory, changed
from tocsin.app.paging.reactions import react
from tocsin.app.paging.results import RESULTS
from tocsin.app.telling.teller import Teller
from tocsin.app.unbroken import unbroken, whole
from tocsin.edge.logs import Log
from tocsin.edge.sending.sender import Sender
from tocsin.edge.store import escalations, incidents, journal, on_call, page_sending, pages
from tocsin.edge.store.errors import named_errors
from tocsin.edge.store.on_call import Connection
from tocsin.edge.store.page_sending import Claim
from tocsin.model.errors import ChannelBusy, ChannelRefused, StoreError
from tocsin.respond.channels.channel import Receipt
from tocsin.respond.journal import Entry
from tocsin.respond.paging import links
from tocsin.respond.paging.timers import Timer

FOLLOWER = "pager"
AT_ONCE = 32
"""Pages that are being sent at the same time, at most."""
LOOK_SECONDS = 0.5
"""How often to look where no bell rings: another process may have written."""
SENDING_SECONDS = 10.0
"""How long a message may take where no channel says so."""
SPARE_SECONDS = 5.0
"""How much longer than a message may take a claim holds: past it the process that made it is thought to be dead."""
WRITE_AGAIN_SECONDS = (0.1, 0.5, 2.0)
"""When what became of an attempt is written again while the store is away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """What one transaction came to."""

    jobs: tuple[Job, ...] = ()
    did_something: bool = False
    said_something: bool = False
    """Whether the journal grew."""
    next_at: float | None = None
    """When something is due next, as far as is known."""


@dataclass(slots=True, kw_only=True)
class Pager:
    """The endless work on pages."""

    desk: Desk
    teller: Teller
    log: Log
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when something may be due: by the bell, and when a page has been sent."""
    directory: Directory | None = None
    sending: set["asyncio.Task[None]"] = field(default_factory=set)
    by_channel: Counter[str] = field(default_factory=Counter)
    """How many of these are on which channel."""
    heartbeat: Heartbeat | None = None
    beating: "asyncio.Task[bool] | None" = None

    async def run(self) -> None:
        """Page without end."""
        failures = 0
        try:
            while True:
                self.wake.clear()
                try:
                    passed = await self._pass()
                except StoreError as error:
                    failures += 1
                    self.log.warning("pager: the store is away; trying again", error=str(error), failures=failures)
                    passed = Passed()
                else:
                    failures = 0
                    self._beat()
                if not passed.did_something:
                    await self._wait(passed.next_at)
        finally:
            await asyncio.gather(*self.sending, return_exceptions=True)

    async def once(self) -> bool:
        """One pass, and what it sends; whether there was anything to do. Raises `StoreError`."""
        passed = await self._pass()
        await asyncio.gather(*self.sending)
        return passed.did_something

    async def write(self) -> bool:
        """One pass that writes pages and sends none; whether there was anything to do. Raises `StoreError`."""
        passed = await unbroken(self._transact, 0)
        if passed.said_something:
            self.desk.ring()
        return passed.did_something

    async def _wait(self, next_at: float | None) -> None:
        seconds = LOOK_SECONDS if next_at is None else min(LOOK_SECONDS, max(0.0, next_at - self.desk.clock()))
        try:
            async with asyncio.timeout(seconds):
                await self.wake.wait()
        except TimeoutError:
            return

    async def _pass(self) -> Passed:
        passed = await unbroken(self._transact, AT_ONCE - len(self.sending))
        if passed.said_something:
            self.desk.ring()
        for job in passed.jobs:
            self.by_channel[job.claim.channel] += 1
            task = asyncio.create_task(whole(self._send(job)))
            self.sending.add(task)
            task.add_done_callback(partial(self._sent, job.claim.channel))
        return passed

    def _beat(self) -> None:
        """Tell the outside watcher that pages go out: the store answered, and there is a channel."""
        if self.heartbeat is None:
            url = self.desk.settings.respond.heartbeat.reveal
            self.heartbeat = Heartbeat(url=url, send=Sender().send, clock=self.desk.clock, log=self.log)
        if self.heartbeat.is_due and self.teller.channels:
            self.beating = asyncio.create_task(self.heartbeat.beat())

    def _sent(self, channel: str, task: "asyncio.Task[None]") -> None:
        self.by_channel[channel] -= 1
        self.sending.discard(task)
        self.wake.set()

    def _transact(self, free: int) -> Passed:
        """Follow, fire, write and claim. Raises `StoreError`."""
        if self.directory is None:
            self.directory = Directory(desk=self.desk)
        known = self.directory.read()
        with named_errors(), self.desk.store.engine.begin() as connection:
            now = self.desk.clock()  # not before it is this one's turn to write: the journal goes on in time
            entries = journal.unread(connection, FOLLOWER)
            if not entries and not _is_due(connection, now):
                return Passed(next_at=_next(connection))
            incidents.hold(connection)
            turn = Turn(
                connection=connection,
                now=now,
                estate=known.estate,
                plan=changed(connection, known.plan, now),
                key=link_key(connection, self.desk),
                new_id=self.desk.new_id,
                follow_up=follow_up(self.teller),
            )
            self._tell_fault(turn, known.fault)
            passed = self._act(turn, entries, free)
            passed = replace(passed, said_something=bool(turn.said))
            turn.enter()
            journal.acted_on(connection, FOLLOWER, entries)
        if any(entry.stream == escalating.ESTATE_STREAM for entry in entries):
            self.directory.forget()
        return passed

    def _tell_fault(self, turn: Turn, fault: str) -> None:
        if fault:
            turn.trouble("files", f"{fault}. Pages go by what was read before")
        else:
            turn.fine("files")

    def _act(self, turn: Turn, entries: tuple[Entry, ...], free: int) -> Passed:
        for entry in entries:
            self._react(turn, entry)
        due = escalating.due_timers(turn)
        for timer in due:
            self._fire(turn, timer)
        freed = page_sending.reclaim(turn.connection, turn.now)
        until = turn.now + self._longest_seconds() + SPARE_SECONDS
        claims = page_sending.claim(
            turn.connection, now=turn.now, until=until, limit=max(0, free), sending=self.by_channel
        )
        jobs = tuple(self._job(turn, claimed) for claimed in claims)
        return Passed(jobs=jobs, did_something=bool(entries or due or freed or jobs))

    def _react(self, turn: Turn, entry: Entry) -> None:
        """What fails here must not stop the pages of everything else: it is told."""
        try:
            with named_errors():
                react(turn, entry)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - one entry that cannot be acted on must not stop all pages: it is told
            self._tell_defect(turn, f"{entry.stream}, entry {entry.sequence} ({entry.kind})", error)

    def _fire(self, turn: Turn, timer: Timer) -> None:
        try:
            with named_errors():
                escalating.fire(turn, timer)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - as above
            self._tell_defect(turn, f"incident {timer.incident}, policy {timer.policy}, step {timer.number + 1}", error)
            escalating.put_off(turn, timer)

    def _tell_defect(self, turn: Turn, where: str, error: Exception) -> None:
        self.log.error("pager: a defect of tocsin; please report it", where=where, exc_info=error)
        turn.trouble("defect", f"{where}: {type(error).__name__}: what it asked for was not done; look yourself")

    def _longest_seconds(self) -> float:
        return max((each.shared.seconds for each in self.teller.channels.values()), default=SENDING_SECONDS)

    def _job(self, turn: Turn, claimed: Claim) -> Job:
        page = pages.load(turn.connection, claimed.page)
        base = self.desk.settings.serve.public_url.rstrip("/")
        try:
            with named_errors():
                return job_of(turn, page, claimed, base)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - who is to be woken is woken, whatever cannot be put into words
            self._tell_defect(turn, f"page {page.id}", error)
            return wordless_job(turn, page, claimed, base)

    async def _send(self, job: Job) -> None:
        """Send it and write what became of it."""
        result = await self._told(job)
        for seconds in (*WRITE_AGAIN_SECONDS, None):
            try:
                await unbroken(self._write, job, result)
            except StoreError as error:
                if seconds is None:
                    self.log.warning("pager: what became of a page is not written; it is sent again", error=str(error))
                    return
                await asyncio.sleep(seconds)
            else:
                self.desk.ring()
                return

    async def _told(self, job: Job) -> Receipt | ChannelBusy | ChannelRefused:
        """Tell it; a defect counts as a channel that is busy: it must not lose the page."""
        channel = job.claim.channel
        try:
            async with asyncio.timeout(self._longest_seconds()):
                return await self.teller.tell(channel, job.claim.address, job.fit_for(self.teller))
        except (ChannelBusy, ChannelRefused) as error:
            return error
        except TimeoutError:
            return ChannelBusy(f"channel {channel}: no answer in time", may_have_taken=True)
        except Exception as error:
            self.log.exception("a defect of tocsin; please report it")
            return ChannelBusy(f"channel {channel}: {type(error).__name__}", may_have_taken=True)

    def _write(self, job: Job, result: Receipt | ChannelBusy | ChannelRefused) -> None:
        """Raises `StoreError`."""
        with named_errors(), self.desk.store.engine.begin() as connection:
            incidents.hold(connection)
            known = self.directory.known if self.directory else Directory(desk=self.desk).known
            turn = Turn(
                connection=connection,
                now=self.desk.clock(),
                estate=known.estate,
                plan=known.plan,
                key=b"",
                new_id=self.desk.new_id,
            )
            RESULTS[type(result)](turn, job.claim, result)
            turn.enter()


def _is_due(connection: Connection, now: float) -> bool:
    next_at = _next(connection)
    return next_at is not None and next_at <= now


def _next(connection: Connection) -> float | None:
    found = (escalations.next_due(connection), page_sending.next_due(connection), page_sending.next_free(connection))
    return min((each for each in found if each is not None), default=None)


def link_key(connection: Connection, desk: Desk) -> bytes:
    """The key that signs links, made at first use."""
    if (key := on_call.link_key(connection)) is None:
        key = desk.entropy(links.KEY_BYTES)
        on_call.keep_link_key(connection, key, desk.clock())
    return key
