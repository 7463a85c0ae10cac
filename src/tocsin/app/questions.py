"""
The questions about the state that looking at a recorded block raises, so that their answers can be recorded with it.

What is asked depends on what stateful detectors remember: the blocks are to be taken in order.
"""

from collections.abc import Mapping

from tocsin.app.sources.recorded import decoded
from tocsin.app.token_names import asking, moved, unknown
from tocsin.app.watching.memories import Memories, first_block
from tocsin.chain.recording import Recording
from tocsin.detect.detector import Detector
from tocsin.detect.engine import detect
from tocsin.detect.known import KNOWN
from tocsin.intel.reference import Beside
from tocsin.model.errors import InputError
from tocsin.model.lookups import Lookup
from tocsin.tables.dataset import Tables


class Questions:
    """What detectors ask about one block after the other and, if wanted, what its tokens are called."""

    def __init__(self, detectors: Mapping[str, Detector], *, names: bool, known: Tables = KNOWN) -> None:
        self._detectors = detectors
        self._names = names
        self._known = known
        self._memories = Memories(detectors)

    def about(self, recording: Recording) -> list[Lookup]:
        """The questions about a block; none where it cannot be decoded, so that it is recorded all the same."""
        try:
            tables = decoded(recording)
        except InputError:
            return []
        memories = self._memories.before(recording.chain_id, first_block(tables))
        outcome = detect(Beside(tables, self._known), self._detectors.values(), memories)
        self._memories.add(recording.chain_id, outcome)
        return [*outcome.lookups, *(_names(tables, recording.chain_id) if self._names else ())]


def _names(tables: Tables, chain_id: int) -> list[Lookup]:
    number = first_block(tables)
    return [] if number is None else asking(unknown(moved(tables), chain_id), block_number=number, chain_id=chain_id)
