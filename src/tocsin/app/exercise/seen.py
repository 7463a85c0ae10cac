"""What tocsin sees of recorded blocks, one block after the other, as it would have seen them live."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from tocsin.app.look import decode
from tocsin.app.pipeline import examine
from tocsin.app.watching.memories import Memories, first_block
from tocsin.chain.recording import Recording
from tocsin.detect.detector import Detector
from tocsin.detect.engine import Failure
from tocsin.detect.known import KNOWN
from tocsin.model.finding import Finding
from tocsin.model.lookups import Answers, Lookup
from tocsin.tables.dataset import Tables


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One block, and what was found in it."""

    chain_id: int
    number: int
    timestamp: int
    transactions: tuple[str, ...]
    findings: tuple[Finding, ...]
    failures: tuple[Failure, ...]


def see(recordings: Iterable[Recording], detectors: Mapping[str, Detector], known: Tables = KNOWN) -> Iterator[Seen]:
    """Each block through the pipeline, alone, with what was seen before it remembered. Raises `InputError`."""
    memories = Memories(detectors)
    for recording in recordings:
        yield _see(recording, detectors, memories, known)


def _see(recording: Recording, detectors: Mapping[str, Detector], memories: Memories, known: Tables) -> Seen:
    tables = decode([recording])
    before = memories.before(recording.chain_id, first_block(tables))

    def ask(lookups: Iterable[Lookup]) -> Answers:
        return {lookup: recording.lookups[lookup] for lookup in lookups if lookup in recording.lookups}

    outcome = examine(tables, detectors, before, ask, known)
    memories.add(recording.chain_id, outcome)
    block = tables["blocks"].row(0, named=True)
    return Seen(
        chain_id=recording.chain_id,
        number=block["block_number"],
        timestamp=block["timestamp"],
        transactions=tuple("0x" + each.hex() for each in tables["transactions"]["transaction_hash"]),
        findings=outcome.findings,
        failures=outcome.failures,
    )
