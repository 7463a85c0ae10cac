"""
Filling the gaps of detectors that failed or were blind: the block is fetched again, and looked at with what was
remembered then.

All detectors look again, so that labels lower and raise as they did; only what the failed one finds is new. A stateful
detector that failed missed one block of its memory until then: what it would have found in the blocks between is not
looked for again.
"""

from tocsin.app.backoff import Backoff
from tocsin.app.look import fetch, look
from tocsin.app.unbroken import unbroken
from tocsin.app.watching.watch import Watcher
from tocsin.chain.header import Header
from tocsin.detect.engine import Outcome
from tocsin.edge.store import gaps
from tocsin.edge.store.done import DoneBlock
from tocsin.edge.store.values import Gap
from tocsin.model.errors import EndpointRefused, InputError, RemoteError

BLOCKS_AT_ONCE = 50
"""How many blocks of gaps are looked at before the newest blocks have their turn again."""


async def fill_due_gaps(watcher: Watcher, backoff: Backoff) -> int:
    """Look again where a detector failed and it is time. Returns how many blocks were filled."""
    filled = 0
    while filled < BLOCKS_AT_ONCE and (due := await _next_due(watcher)) is not None:
        if await _fill(watcher, due, backoff):
            filled += 1
    return filled


async def _next_due(watcher: Watcher) -> Gap | None:
    known = await unbroken(gaps.open_gaps, watcher.store.engine, watcher.reader.chain_id)
    now = watcher.clock()
    return next((gap for gap in known if gap.detector in watcher.detectors and gap.next_try_at <= now), None)


async def _fill(watcher: Watcher, gap: Gap, backoff: Backoff) -> bool:
    """Look at the first block of a gap. What fails puts off the gap, and never the newest blocks."""
    try:
        done, reason = await _look(watcher, gap)
        if not reason:
            await unbroken(gaps.fill, watcher.store.engine, done, gap, now=watcher.clock())
    except (RemoteError, InputError) as error:
        reason = type(error).__name__
    if reason:
        later = watcher.clock() + backoff.delay(gap.attempts + 1)
        await unbroken(gaps.put_off, watcher.store.engine, gap, reason, next_try_at=later)
        return False
    watcher.position = None
    return True


async def _look(watcher: Watcher, gap: Gap) -> tuple[DoneBlock, str]:
    """What the detector adds to the block, and why it failed again if it did."""
    if (header := await watcher.reader.header(gap.first)) is None:
        raise EndpointRefused(f"chain {gap.chain_id}: no endpoint has block {gap.first} any more; its gap stays open")
    memories = await unbroken(watcher.memories_before, gap.first)
    fetched = await fetch(watcher.reader, header, 1)
    outcome = await look(watcher.reader, fetched, watcher.decode, watcher.detectors, memories, watcher.known)
    failures = {failure.detector: type(failure.error).__name__ for failure in outcome.failures}
    blind = {blind.detector: gaps.BLIND for blind in outcome.blind if blind.wholly}
    return _of(gap, header, outcome), {**blind, **failures}.get(gap.detector, "")


def _of(gap: Gap, header: Header, outcome: Outcome) -> DoneBlock:
    """What the detector that had failed adds to a block that is done."""
    name = gap.detector
    return DoneBlock(
        chain_id=gap.chain_id,
        header=header,
        findings=tuple(finding for finding in outcome.findings if finding.detector == name),
        remembered={name: outcome.remembered[name]} if name in outcome.remembered else {},
    )
