"""What most of a node's peers have in common."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import polars as pl

from tocsin.detect.detectors.consensus import _onsets
from tocsin.detect.detectors.consensus._onsets import Graded
from tocsin.detect.detectors.node._nodes import subject_of
from tocsin.model.finding import Severity


def majorities(
    peers: pl.DataFrame, of: Callable[[Mapping[str, Any]], str | None], *, percent: int, fewest: int, level: Severity
) -> Iterator[Graded]:
    """Each node more than so many of whose peers are alike, of those of which it is known, and these are not few."""
    for group in _onsets.by_block(peers, "layer", "observer"):
        told = {row["peer"]: found for row in group if (found := of(row)) is not None}
        alike, whole = Counter(told.values()), len(told)
        if whole >= fewest:
            commonest, most = min(alike.items(), key=lambda item: (-item[1], item[0]))
            if 100 * most > percent * whole:
                yield Graded(
                    row=group[0], subject=subject_of(group[0]), level=level, value=most, whole=whole, detail=commonest
                )
