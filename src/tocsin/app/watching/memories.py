"""
What stateful detectors remember, carried in memory from one batch to the next.

A detector whose memory reaches across chains is given the other chains' rows beside its own chain's. Those of a chain
are counted in that chain's own blocks: they go when the chain itself gets past them, whoever else looks at them.
"""

from collections.abc import Iterable, Mapping

import polars as pl

from tocsin.detect.detector import Detector
from tocsin.detect.engine import Outcome, within_window
from tocsin.tables.dataset import Tables

OTHERS_MOST_ROWS = 200_000
"""Of another chain's rows, the newest so many are given to a detector: what is looked through stays bounded."""
MOST_PIECES = 32
"""Of memory in which a frame of rows lies about."""


class Memories:
    """What stateful detectors remember, a chain apart from the other."""

    def __init__(self, detectors: Mapping[str, Detector]) -> None:
        self._stateful = {name: detector for name, detector in detectors.items() if detector.memory}
        self._rows: dict[int | None, dict[str, pl.DataFrame]] = {}

    def before(self, chain_id: int | None, first_block: int | None) -> Mapping[str, pl.DataFrame]:
        """The rows still to be seen by a batch that begins at this block."""
        kept = self._rows.get(chain_id, {})
        if first_block is not None:
            kept = {name: within_window(rows, self._stateful[name], first_block) for name, rows in kept.items()}
        self._rows[chain_id] = dict(kept)
        return with_others(kept, {name: self._others(chain_id, name) for name in across_chains(self._stateful)})

    def _others(self, chain_id: int | None, name: str) -> list[pl.DataFrame]:
        """The rows a detector remembers of every other chain."""
        return [kept[name] for other, kept in self._rows.items() if other != chain_id and name in kept]

    def add(self, chain_id: int | None, outcome: Outcome) -> None:
        """Keep what a batch gave to remember."""
        kept = self._rows.setdefault(chain_id, {})
        for name, rows in outcome.remembered.items():
            kept[name] = appended(kept[name], rows) if name in kept else rows


def appended(kept: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows behind those kept, in few pieces: each block adds one, and a look at a thousand of them is slow."""
    joined = pl.concat([kept, rows])
    return joined.rechunk() if joined.n_chunks() > MOST_PIECES else joined


def across_chains(detectors: Mapping[str, Detector]) -> list[str]:
    """The detectors whose memory holds the rows of all chains."""
    return [name for name, detector in detectors.items() if detector.memory and detector.memory.across_chains]


def with_others(
    own: Mapping[str, pl.DataFrame], others: Mapping[str, Iterable[pl.DataFrame]]
) -> dict[str, pl.DataFrame]:
    """The rows of a chain with those of others, by detector: for each of them the newest."""
    newest = {name: [rows.tail(OTHERS_MOST_ROWS) for rows in kept] for name, kept in others.items()}
    given = {name: [*kept, *([own[name]] if name in own else [])] for name, kept in newest.items()}
    return {**own, **{name: pl.concat(kept) for name, kept in given.items() if kept}}


_PLACED = ("transactions", "calls", "logs", "beacon_blocks", "finality", "node_status")
"""Raw datasets of which one is in every batch that has heights."""


def first_block(tables: Tables) -> int | None:
    """The lowest height of a batch, where it is known."""
    lowest = [tables[name]["block_number"].min() for name in _PLACED if name in tables]
    return min((number for number in lowest if isinstance(number, int)), default=None)
