"""
The publisher: sends the updates that people had sent, until every recipient was told or cannot be.

A pass claims what is due, sends it, and writes what became of it. When the first recipient was told, the incident's
journal has that the update was published. What cannot be told is a health alert.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from tocsin.app.bell import heard
from tocsin.app.desk import Desk
from tocsin.app.telling.teller import Receipt, Teller
from tocsin.app.unbroken import unbroken, whole
from tocsin.edge.logs import Log
from tocsin.edge.store import health, incidents
from tocsin.edge.store import updates as rows
from tocsin.edge.store.errors import named_errors
from tocsin.edge.store.updates import Connection
from tocsin.edge.store.values import HealthAlert
from tocsin.model.actor import TOCSIN, parse
from tocsin.model.errors import ChannelBusy, ChannelError, ChannelRefused, StoreError
from tocsin.respond.incident.events import UpdatePublished
from tocsin.respond.incident.incident import Incident
from tocsin.respond.message import Message, MessageKind
from tocsin.respond.updates.update import MOST_ATTEMPTS, Delivery, DeliveryState, Update, UpdateState, delay

AT_ONCE = 16
LOOK_SECONDS = 1.0
"""How often to look where no bell rings: another process may have written."""
HELD_SECONDS = 180.0
"""How long a claim holds; longer than any channel may take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One recipient to be told, and what."""

    delivery: Delivery
    message: Message


@dataclass(slots=True, kw_only=True)
class Publisher:
    """The endless work on updates."""

    desk: Desk
    teller: Teller
    log: Log
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    """Set by the bell."""

    async def run(self) -> None:
        """Publish without end."""
        while True:
            self.wake.clear()
            try:
                did_something = await self.once()
            except StoreError as error:
                self.log.warning("publisher: the store is away; trying again", error=str(error))
                did_something = False
            if not did_something:
                await heard(self.wake, LOOK_SECONDS)

    async def once(self) -> bool:
        """One pass; whether there was anything to do. Raises `StoreError`."""
        return await whole(self._pass())

    async def _pass(self) -> bool:
        jobs = await unbroken(self._claim)
        if not jobs:
            return False
        results = await asyncio.gather(*(self._told(job) for job in jobs))
        await unbroken(self._write, [job.delivery for job in jobs], results)
        self.desk.ring()
        return True

    def _claim(self) -> tuple[Job, ...]:
        now = self.desk.clock()
        with named_errors(), self.desk.store.engine.begin() as connection:
            due = rows.next_due(connection)
            if due is None or due > now:
                return ()
            incidents.hold(connection)
            claimed = rows.claim(connection, now=now, until=now + HELD_SECONDS, limit=AT_ONCE)
            return tuple(self._job(connection, each) for each in claimed)

    def _job(self, connection: Connection, delivery: Delivery) -> Job:
        update = rows.load(connection, delivery.update)
        about = incidents.load(connection, update.incident)
        return Job(delivery=delivery, message=message_of(update, about, delivery))

    async def _told(self, job: Job) -> Receipt | ChannelError:
        try:
            return await self.teller.tell(job.delivery.channel, job.delivery.address, job.message)
        except ChannelError as error:
            return error
        except Exception as error:
            self.log.exception("a defect of tocsin; please report it")
            return ChannelBusy(f"channel {job.delivery.channel}: {type(error).__name__}", may_have_taken=True)

    def _write(self, deliveries: Sequence[Delivery], results: Sequence[Receipt | ChannelError]) -> None:
        now = self.desk.clock()
        with named_errors(), self.desk.store.engine.begin() as connection:
            incidents.hold(connection)
            for delivery, result in zip(deliveries, results, strict=True):
                after, outcome = stood(delivery, result, now)
                rows.ended(connection, after, outcome, now)
            for update in dict.fromkeys(each.update for each in deliveries):
                self._settle(connection, rows.load(connection, update), now)

    def _settle(self, connection: Connection, update: Update, now: float) -> None:
        """Say that it was published when the first was told, and how it ended when all have."""
        every = rows.deliveries(connection, update.id)
        told, after = [each for each in every if each.state.is_taken], update
        if told and update.published_at is None:
            _publish(connection, update, told, now)
            after = replace(after, published_at=now)
        failed = [each for each in every if each.state is DeliveryState.FAILED]
        waiting = [each for each in every if each.state is DeliveryState.PENDING and each.attempts]
        if all(each.state.is_over for each in every):
            note = "; ".join(dict.fromkeys(each.detail for each in failed))[: rows.MOST_DETAIL]
            after = replace(after, state=UpdateState.SENT if told else UpdateState.FAILED, note=note)
        _tell_health(connection, update, (*failed, *waiting), now)
        if after != update:
            rows.change(connection, replace(after, version=update.version + 1, changed_at=now), update.version)


def stood(delivery: Delivery, result: Receipt | ChannelError, now: float) -> tuple[Delivery, str]:
    """How a delivery stands after an attempt, and the outcome of the attempt."""
    if isinstance(result, Receipt):
        state = DeliveryState.DELIVERED if result.is_delivered else DeliveryState.SENT
        return replace(delivery, state=state, provider_id=result.provider_id[:200], detail=""), state.value
    detail = str(result)
    if isinstance(result, ChannelRefused):
        return replace(delivery, state=DeliveryState.FAILED, detail=detail), "refused"
    busy = result if isinstance(result, ChannelBusy) else ChannelBusy(detail)
    if delivery.attempts >= MOST_ATTEMPTS:
        return replace(delivery, state=DeliveryState.FAILED, detail=detail), "busy"
    again = replace(
        delivery,
        state=DeliveryState.PENDING,
        due_at=now + delay(delivery.attempts, busy.retry_after_seconds),
        may_have_gone=delivery.may_have_gone or busy.may_have_taken,
        detail=detail,
    )
    return again, "busy"


def message_of(update: Update, incident: Incident, delivery: Delivery) -> Message:
    """What one recipient is told."""
    return Message(
        key=f"update:{update.id}:{delivery.position}",
        subject=f"incident:{incident.number}",
        kind=MessageKind.UPDATE,
        title=update.title,
        text=update.text,
        priority=incident.priority,
        tlp=update.tlp,
        may_be_repeat=delivery.may_have_gone,
        is_exercise=bool(incident.exercise),
    )


def _publish(connection: Connection, update: Update, told: Sequence[Delivery], now: float) -> None:
    published = UpdatePublished(
        update=update.id,
        audience=update.group,
        text=f"{update.title}\n\n{update.text}",
        tlp=update.tlp,
        channels=tuple(dict.fromkeys(each.channel for each in told)),
    )
    actor = parse(update.sender) if update.sender else TOCSIN
    incidents.record(connection, update.incident, (published,), actor=actor, occurred_at=now, now=now)


def _tell_health(connection: Connection, update: Update, untold: Sequence[Delivery], now: float) -> None:
    key = f"update:{update.id}"
    if not untold:
        health.close_within(connection, key, now)
        return
    detail = f"{len(untold)} recipient(s) of an update to {update.group} could not be told: {untold[0].detail}"
    health.open_within(connection, HealthAlert(key=key, kind="update", chain_id=None, detail=detail, times=1), now)
