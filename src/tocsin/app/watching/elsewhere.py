"""
What detectors whose memory reaches across chains remember of the other chains, as whoever watches those wrote it down.

The store is where two watchers meet, in one process or in two: each commits what it saw and reads then what the other
committed, so that of two blocks looked at in the same moment at least one is looked at with both in view.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from tocsin.app.watching.memories import across_chains, with_others
from tocsin.detect.detector import Detector
from tocsin.detect.engine import Outcome
from tocsin.edge.store import memory
from tocsin.edge.store.opening import Store

READS_BETWEEN_COUNTS = 64
"""Whether a gap in a chain's old rows was filled is asked every so often."""
NEWEST_ROWS = 5_000
"""Rows by which two readings are compared: what is new is at the end, and its beginning is told by the number."""


@dataclass(slots=True)
class Elsewhere:
    """The rows of the other chains, as last read."""

    rows: Mapping[str, Mapping[int, pl.DataFrame]] = field(default_factory=dict)
    """By detector and chain."""
    reads: int = 0

    def read(self, store: Store, chain_id: int, detectors: Mapping[str, Detector], keep_blocks: int) -> bool:
        """Read what is new; whether there was anything. Raises `StoreError`."""
        before, again = self.rows, self.reads % READS_BETWEEN_COUNTS == 0
        self.reads += 1
        self.rows = {
            name: memory.elsewhere(store.engine, chain_id, name, before.get(name, {}), keep_blocks, again=again)
            for name in across_chains(detectors)
        }
        return any(not _are_same(before.get(name, {}), now) for name, now in self.rows.items())

    def beside(self, own: Mapping[str, pl.DataFrame]) -> Mapping[str, pl.DataFrame]:
        """What detectors are given: the rows of their own chain, and those of the others."""
        return with_others(own, {name: known.values() for name, known in self.rows.items()})


def told(detectors: Mapping[str, Detector], outcome: Outcome) -> dict[str, Detector]:
    """The detectors across chains that have something to remember of a block, or of several."""
    rows = outcome.remembered
    return {name: detectors[name] for name in across_chains(detectors) if name in rows and not rows[name].is_empty()}


def _are_same(before: Mapping[int, pl.DataFrame], now: Mapping[int, pl.DataFrame]) -> bool:
    return before.keys() == now.keys() and all(_is_same(before[chain], rows) for chain, rows in now.items())


def _is_same(before: pl.DataFrame, now: pl.DataFrame) -> bool:
    return before.height == now.height and before.tail(NEWEST_ROWS).equals(now.tail(NEWEST_ROWS))
