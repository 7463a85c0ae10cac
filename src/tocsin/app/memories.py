"""What stateful detectors remember, carried in memory from one batch to the next."""

from collections.abc import Mapping

import polars as pl

from tocsin.detect.detector import Detector
from tocsin.detect.engine import Outcome, within_window
from tocsin.tables.dataset import Tables


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
        return kept

    def add(self, chain_id: int | None, outcome: Outcome) -> None:
        """Keep what a batch gave to remember."""
        kept = self._rows.setdefault(chain_id, {})
        for name, rows in outcome.remembered.items():
            kept[name] = pl.concat([kept[name], rows]) if name in kept else rows


def first_block(tables: Tables) -> int | None:
    """The lowest height of a batch, where it is known."""
    lowest = [tables[name]["block_number"].min() for name in ("transactions", "calls", "logs") if name in tables]
    return min((number for number in lowest if isinstance(number, int)), default=None)
