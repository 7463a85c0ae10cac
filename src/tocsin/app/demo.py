"""
The demo: a recorded attack through the very pipeline that watches live chains, into a store that is thrown away; and
what is then done about it.
"""

import asyncio
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tocsin.app.demo_response import Responded, responder
from tocsin.app.exercise.kept import ATTACK, KNOWN, SHIPPED
from tocsin.app.explain import Explanation, explain, find
from tocsin.app.known import load
from tocsin.app.look import decode
from tocsin.app.replay import Replay
from tocsin.app.sources import Request, pieces
from tocsin.app.watching.watch import Unobserved, Watcher
from tocsin.chain.header import Header
from tocsin.detect.detector import Detector
from tocsin.detect.engine import Outcome
from tocsin.detect.labels import Labels
from tocsin.edge import recordings
from tocsin.edge.store import outbox
from tocsin.edge.store.opening import Store, open_store
from tocsin.edge.store.values import Notice
from tocsin.exercise.truth import Truth, parse
from tocsin.model.errors import MalformedInput
from tocsin.tables.dataset import Tables

RECORDING = SHIPPED / "oracle-aave" / ATTACK
"""The attack that is shown, as it was played on the range: blocks as a node told them, and the truth about them."""
ORGANISATION = SHIPPED / "oracle-aave" / "organisation"
"""What the organisation that is attacked protects, who is on call, and who is told when."""
TRUTH = recordings.GROUND_TRUTH
MOST_NOTICES = 1_000
KEEP_BLOCKS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """One block that went through the pipeline."""

    header: Header
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What the demo did."""

    truth: Truth
    blocks: Sequence[Done]
    notices: Sequence[Notice]
    """What the store holds to be told."""
    attack: Explanation
    response: Responded | None
    """What was done about it; None where nothing was bad enough."""

    @property
    def is_detected(self) -> bool:
        """Whether any detector saw the attack itself."""
        return bool(self.attack.findings)


@dataclass(slots=True)
class _Observer(Unobserved):
    """Remembers what was done."""

    blocks: list[Done] = field(default_factory=list)

    def done(self, header: Header, head: Header, outcome: Outcome) -> None:  # noqa: ARG002 - as every observer has it
        """Keep it."""
        self.blocks.append(Done(header=header, outcome=outcome))


def play(detectors: Mapping[str, Detector], recording: Path = RECORDING) -> Played:
    """Replay the recorded attack. Raises `InputError` and `SourceError` when the recording is damaged."""
    truth = read_truth(recording / TRUTH)
    known = load([recording / KNOWN] if (recording / KNOWN).is_dir() else [])
    observer = _Observer()
    blocks = [one for one in recordings.read(recording) if one.chain_id == truth.losing.chain_id]
    reader = Replay(blocks)
    now = float(asyncio.run(reader.head()).timestamp)
    with tempfile.TemporaryDirectory(prefix="tocsin-demo-") as folder:
        store = open_store(f"sqlite:///{folder}/tocsin.db")
        try:
            notices = _watched(reader, detectors, known, observer, store, now)
            responding = responder(
                store=store,
                now=now,
                organisation=ORGANISATION,
                folder=Path(folder),
                blocks=blocks,
                detectors=detectors,
                known=Labels.of(known),
            )
            response = asyncio.run(responding.respond())
        finally:
            store.close()
    batch, transaction = find(pieces(Request(source=str(recording), together=1)), truth.losing.transaction)
    attack = explain(batch, transaction, detectors, known)
    return Played(truth=truth, blocks=observer.blocks, notices=notices, attack=attack, response=response)


def read_truth(path: Path) -> Truth:
    """The truth about a recorded attack. Raises `MalformedInput`."""
    try:
        return parse(path.read_bytes(), str(path))
    except OSError as error:
        raise MalformedInput(f"{path}: not the truth about a recorded attack: {error}") from error


def _watched(
    reader: Replay, detectors: Mapping[str, Detector], known: Tables, observer: _Observer, store: Store, now: float
) -> Sequence[Notice]:
    """Watch the recorded chain to its head, and return what is to be told."""
    watcher = Watcher(
        reader=reader,
        store=store,
        decode=decode,
        detectors=detectors,
        clock=lambda: now,
        keep_blocks=KEEP_BLOCKS,
        start=reader.first,
        observer=observer,
        known=known,
    )

    async def watch() -> None:
        await watcher.catch_up(await reader.head())

    asyncio.run(watch())
    return outbox.due(store.engine, limit=MOST_NOTICES, now=now)
