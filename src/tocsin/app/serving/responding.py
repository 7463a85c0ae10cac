"""What works beside the watching when tocsin responds: triage, clocks, pages, evidence. Wired here, run by `live`."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tocsin.app.backoff import Backoff
from tocsin.app.bell import Bell
from tocsin.app.chosen import with_rules
from tocsin.app.clocks.timekeeper import Timekeeper, rules_of
from tocsin.app.desk import Desk
from tocsin.app.estate.latest import LatestEstate
from tocsin.app.estate.watch import EstateWatch
from tocsin.app.evidence.capture import Capture
from tocsin.app.evidence.checkpoint import Checkpointer
from tocsin.app.evidence.rehash import Rehasher
from tocsin.app.evidence.stamps import STAMP_RETRY, stampers_of
from tocsin.app.health import HealthBook
from tocsin.app.known import of_settings
from tocsin.app.paging.pager import Pager
from tocsin.app.settings import Settings
from tocsin.app.telling.publisher import Publisher
from tocsin.app.telling.teller import Stored, teller_of
from tocsin.app.triage.triage import Triage
from tocsin.app.watching.live import Beside, Work
from tocsin.detect.labels import Labels
from tocsin.edge import clock
from tocsin.edge.evidence.key import signing_key
from tocsin.edge.logs import Log
from tocsin.edge.nodes import Nodes
from tocsin.edge.store.opening import Store

CAPTURE_RETRY = Backoff(first_seconds=1.0, longest_seconds=300.0, jitter=clock.jitter)


@dataclass(frozen=True, slots=True, kw_only=True)
class Responding:
    """The desk at which it responds, the bell that the desk rings, and the works."""

    desk: Desk
    bell: Bell
    beside: Beside


def desk_of(settings: Settings, store: Store, bell: Bell) -> Desk:
    """The desk of a process in which followers are rung awake."""
    return Desk(settings=settings, store=store, clock=clock.now, entropy=clock.entropy, ring=bell.ring)


def responding(
    settings: Settings, store: Store, book: HealthBook, log: Log, environment: Mapping[str, str]
) -> Responding:
    """
    Everything that responds, not yet running; to be called in the loop that will run it.

    Raises `SettingError`, `EstateError`, and what files that the settings name raise.
    """
    bell = Bell(asyncio.get_running_loop())
    desk = desk_of(settings, store, bell)
    triage = Triage(
        desk=desk,
        detectors=with_rules(settings),
        known=Labels.of(of_settings(settings)),
        estate=LatestEstate(desk=desk),
        book=book,
    )
    rules_of(settings)  # what is wrong with them stops the start, not the clocks
    timekeeper = Timekeeper(desk=desk, heard=bell.listener(), health=book)
    teller = teller_of(settings, environment, Stored(store, clock.now))
    pager = Pager(desk=desk, teller=teller, log=log, wake=bell.listener())
    publisher = Publisher(desk=desk, teller=teller, log=log, wake=bell.listener())
    estate = EstateWatch(desk=desk, latest=LatestEstate(desk=desk), book=book, environment=environment)
    works = (
        estate.run,
        triage.run,
        timekeeper.run,
        pager.run,
        publisher.run,
        _checkpointer(desk).run,
        Rehasher(desk=desk).run,
    )
    capturing = partial(_captures, desk, bell)
    return Responding(desk=desk, bell=bell, beside=Beside(works=works, found=triage.wake.set, of_nodes=capturing))


def _checkpointer(desk: Desk) -> Checkpointer:
    evidence = desk.settings.evidence
    key = signing_key(Path(evidence.key))
    return Checkpointer(desk=desk, key=key, stampers=stampers_of(evidence, STAMP_RETRY))


def _captures(desk: Desk, bell: Bell, nodes: Mapping[int, Nodes]) -> Sequence[Work]:
    """What nodes say of an attack is kept as evidence, as soon as its alert joins an incident."""
    witnesses = {chain_id: reader.witness() for chain_id, reader in nodes.items()}
    return (Capture(desk=desk, witnesses=witnesses, backoff=CAPTURE_RETRY, bell=bell.listener()).run,)
