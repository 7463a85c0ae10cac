"""The way of a batch: tables, detectors, lookups, fusion. Scan, watch and demo all go this way."""

from collections.abc import Callable, Mapping, Sequence

import polars as pl

from tocsin.app.asked import asked
from tocsin.detect.detector import Detector
from tocsin.detect.engine import Outcome, detect, settle
from tocsin.detect.fusion import fuse
from tocsin.detect.known import KNOWN
from tocsin.intel.reference import Beside
from tocsin.model.lookups import Answers, Lookup
from tocsin.tables.dataset import Tables

Ask = Callable[[Sequence[Lookup]], Answers]
"""Whoever can answer questions about the state: a node, or the recording itself."""


def examine(
    tables: Tables,
    detectors: Mapping[str, Detector],
    memories: Mapping[str, pl.DataFrame],
    ask: Ask,
    known: Tables = KNOWN,
) -> Outcome:
    """
    Everything the detectors find in one batch, with questions asked and labels applied; nothing is pending.

    `known` holds the reference tables.
    """
    beside = Beside(tables, known)
    outcome = detect(beside, asked(tables, detectors).values(), memories)
    settled = settle(outcome, detectors, ask(outcome.lookups) if outcome.pending else {})
    return fuse(settled, detectors, beside)
