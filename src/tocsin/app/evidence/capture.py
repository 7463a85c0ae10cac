"""
Capture: when an alert joins an incident, what the chain's nodes say of it is kept at once, before it is pruned.

What is to be captured is a row first, so that no crash forgets it. Each capture is one piece of evidence: everything
that was asked, who answered what, who has no answer and why, and what of it hashes prove.
"""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tocsin import __version__
from tocsin.app.backoff import Backoff
from tocsin.app.bell import heard as bell_heard
from tocsin.app.desk import Desk
from tocsin.app.evidence import custody as evidence
from tocsin.app.evidence.asking import Asks, Testimony, block_at, testify
from tocsin.app.evidence.proofs import proofs
from tocsin.app.evidence.rules import Given
from tocsin.app.unbroken import unbroken
from tocsin.chain.testimony import Place
from tocsin.edge.store import captures, journal
from tocsin.edge.store.captures import Job, Wanted
from tocsin.edge.store.errors import named_errors
from tocsin.edge.store.evidence import Connection
from tocsin.edge.store.health import close_within, open_within
from tocsin.edge.store.values import HealthAlert
from tocsin.model.actor import TOCSIN
from tocsin.model.errors import (
    EndpointUnavailable,
    Outdated,
    StoreError,
    TocsinError,
)
from tocsin.respond.evidence import custody
from tocsin.respond.evidence.custody import Act, Doing
from tocsin.respond.evidence.item import Item, Type
from tocsin.respond.incident.events import AlertLinked, event, incident_of
from tocsin.respond.journal import Entry, canonical

FOLLOWER = "evidence_capture"
FORMAT = "tocsin chain capture 1"
KIND = "capture"
"""The kind of the health alerts, one a chain."""
FINALITY_SECONDS = 60.0
LOOK_SECONDS = 5.0
"""How often to look without having been rung for."""
FINALIZED, ORPHANED = "finalized", "orphaned"


@dataclass(slots=True, kw_only=True)
class Capture:
    """Follows the journal, and captures. Safe to run in several processes: each capture is kept once."""

    desk: Desk
    witnesses: Mapping[int, Asks]
    """By chain id."""
    backoff: Backoff
    bell: asyncio.Event | None = None
    finality_at: float = 0.0

    async def once(self) -> bool:
        """One pass; True where something was noticed, captured or settled."""
        try:
            did = await unbroken(self._follow)
            for job in await unbroken(self._due):
                did = await self._attempt(job) or did
            if self.desk.clock() - self.finality_at >= FINALITY_SECONDS:
                self.finality_at = self.desk.clock()
                did = await self._finality() or did
        except StoreError:
            return False  # nothing is lost: the rows and the place in the journal are as they were
        return did

    async def run(self) -> None:
        """Endless."""
        bell = self.bell or asyncio.Event()
        while True:
            if not await self.once():
                await bell_heard(bell, LOOK_SECONDS)

    def _follow(self) -> bool:
        """Write down what new alerts call for, and how far was read, in one transaction."""
        now = self.desk.clock()
        with named_errors(), self.desk.store.engine.begin() as connection:
            entries = journal.unread(connection, FOLLOWER)
            wanted = [each for entry in entries for each in called_for(entry)]
            new = captures.want(connection, wanted, now=now)
            journal.acted_on(connection, FOLLOWER, entries)
        return new > 0 or len(entries) == journal.ENTRIES_AT_ONCE

    def _due(self) -> tuple[Job, ...]:
        with named_errors(), self.desk.store.engine.begin() as connection:
            return captures.due(connection, self.desk.clock())

    async def _attempt(self, job: Job) -> bool:
        try:
            asks = self.witnesses.get(job.wanted.chain_id)
            if asks is None:
                raise EndpointUnavailable(f"no [[chain]] of the settings has the chain id {job.wanted.chain_id}")
            said = await testify(asks, job.wanted, attempts=job.attempts)
            if not await unbroken(self._is_covered, job, said.at):
                await unbroken(self._keep, job, said)
        except Outdated:
            return True
        except StoreError:
            raise
        except TocsinError as error:
            await unbroken(self._failed, job, error)
            return False
        return True

    def _is_covered(self, job: Job, at: Place) -> bool:
        """Whether the transaction, in the block that it is in, is captured already, or is about to be."""
        now = self.desk.clock()
        with named_errors(), self.desk.store.engine.begin() as connection:
            is_covered = captures.covered(connection, job, at.hash, now=now)
            if is_covered:
                self._recovered(connection, job, now)
        return is_covered

    def _keep(self, job: Job, said: Testimony) -> None:
        data = canonical(document(job, said, at=self.desk.clock()))
        wanted, what = job.wanted, job.wanted.transaction_hash or "block"
        given = Given(
            name=f"chain-{wanted.chain_id}-{said.at.number}-{what}.json",
            why=f"captured when alert {wanted.alert} joined the incident",
            type=Type.CHAIN_SNAPSHOT,
            media="application/json",
            source=", ".join(dict.fromkeys(name for each in said.answers for name in each.said_by))[:500],
            method="JSON-RPC, at the hash of the block",
            tool=f"tocsin {__version__}",
            incident=wanted.incident,
        )
        now = self.desk.clock()

        def also(connection: Connection, item: Item) -> None:
            captures.done(connection, job.sequence, item.id, (said.at.number, said.at.hash), now=now)
            self._recovered(connection, job, now)

        evidence.add(self.desk, TOCSIN, given, (data,), also=also)

    def _recovered(self, connection: Connection, job: Job, now: float) -> None:
        if not captures.is_any_open(connection, job.wanted.chain_id):
            close_within(connection, f"{KIND}:{job.wanted.chain_id}", now)

    def _failed(self, job: Job, error: TocsinError) -> None:
        now, chain_id = self.desk.clock(), job.wanted.chain_id
        what = job.wanted.transaction_hash or f"block {job.wanted.block_number}"
        told = f"evidence of {what} on chain {chain_id} could not be captured yet, and is asked for again: {error}"
        alert = HealthAlert(key=f"{KIND}:{chain_id}", kind=KIND, chain_id=chain_id, detail=told, times=1)
        with named_errors(), self.desk.store.engine.begin() as connection:
            captures.failed(
                connection, job.sequence, str(error), next_try_at=now + self.backoff.delay(job.attempts + 1)
            )
            open_within(connection, alert, now)

    async def _finality(self) -> bool:
        return any([await self._settled(chain_id, asks) for chain_id, asks in self.witnesses.items()])

    async def _settled(self, chain_id: int, asks: Asks) -> bool:
        """Note of each captured block whether the chain has made it final, or another in its place."""
        jobs = await unbroken(self._not_final, chain_id)
        if not jobs:
            return False
        final = await block_at(asks, "finalized")
        if final is None:
            return False  # the chain or its nodes do not say
        ready = [job for job in jobs if job.wanted.block_number <= int(final["number"], 16)]
        heights = {job.wanted.block_number for job in ready}
        stands = {height: await block_at(asks, hex(height)) for height in sorted(heights)}
        for job in ready:
            if (there := stands[job.wanted.block_number]) is not None:
                await unbroken(self._note_finality, job, there["hash"].lower())
        return bool(ready)

    def _not_final(self, chain_id: int) -> tuple[Job, ...]:
        with named_errors(), self.desk.store.engine.begin() as connection:
            return captures.not_final(connection, chain_id)

    def _note_finality(self, job: Job, stands: str) -> None:
        now = self.desk.clock()
        finality = FINALIZED if stands == job.wanted.block_hash.lower() else ORPHANED
        more = {"finality": finality, "block_number": job.wanted.block_number, "stands": stands}
        doing = Doing(TOCSIN, now, "the chain will not take back blocks of this height any more")
        told = custody.act(job.evidence or "", Act.FINALITY, doing, more=more)
        with named_errors(), self.desk.store.engine.begin() as connection:
            if captures.settle(connection, job.sequence, finality):
                journal.append(connection, [told], now=now)
        self.desk.ring()


def called_for(entry: Entry) -> Iterator[Wanted]:
    """What is to be captured because of an entry: of an alert that joined an incident, each of its transactions."""
    if entry.kind != "alert_linked" or not (incident := incident_of(entry)):
        return
    linked = event(entry)
    if not isinstance(linked, AlertLinked) or linked.chain_id is None or linked.block_hash is None:
        return
    for transaction in linked.transactions or ("",):
        yield Wanted(
            incident=incident,
            alert=linked.alert,
            chain_id=linked.chain_id,
            block_number=linked.block_number or 0,
            block_hash=linked.block_hash,
            transaction_hash=transaction,
            accounts=tuple(each.lower() for each in (*linked.victims, *linked.attackers)),
        )


def document(job: Job, said: Testimony, *, at: float) -> dict[str, Any]:
    """The capture as evidence: what was asked and said, and what of it is proven."""
    wanted = job.wanted
    told: dict[str, Any] = {
        "format": FORMAT,
        "chain_id": wanted.chain_id,
        "block": {"number": said.at.number, "hash": said.at.hash},
        "transaction": wanted.transaction_hash,
        "alert": wanted.alert,
        "alert_block": {"number": wanted.block_number, "hash": wanted.block_hash},
        "asked_at": job.asked_at,
        "captured_at": at,
        "nodes": sorted({name for each in said.answers for name in each.said_by}),
        "answers": [each.to_json() for each in said.answers],
    }
    proven = [{"what": each.what, "outcome": each.outcome, "says": each.says} for each in proofs(told)]
    return {**told, "proofs": proven}
