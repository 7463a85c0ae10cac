"""tocsin on the same bytes: JSON to stored findings, with every detector, as one batch and block by block."""

import sys
from collections.abc import Sequence

import measuring

from tocsin.app.pipeline import examine
from tocsin.chain import codecs
from tocsin.chain.catalogue import datasets, derived
from tocsin.chain.codecs.recording import parse
from tocsin.chain.recording import Recording
from tocsin.detect.catalogue import detectors
from tocsin.model.finding import Finding


def unanswered(_: object) -> dict[object, str]:
    """Nobody answers lookups in a benchmark: the cost of a node is not ours."""
    return {}


def whole(raws: Sequence[bytes]) -> tuple[Finding, ...]:
    """All the way, from bytes to findings."""
    tables = derived(codecs.tables(read(raws)))
    return examine(tables, detectors(), {}, unanswered).findings


def read(raws: Sequence[bytes]) -> list[Recording]:
    """The recordings in these bytes."""
    return [parse(raw, f"recording {number}") for number, raw in enumerate(raws)]


def derive_all(raw_tables: dict) -> list[object]:
    """Every dataset that can be derived."""
    tables = derived(raw_tables)
    return [tables[name] for name in datasets() if name in tables]


def main() -> None:
    """Measure."""
    raws, rounds = measuring.recordings(sys.argv[1]), int(sys.argv[2])
    recordings = read(raws)
    raw_tables = codecs.tables(recordings)
    tables = derived(raw_tables)
    derive_all(raw_tables)
    examine(tables, detectors(), {}, unanswered)
    stages = {
        "JSON to recording": lambda: read(raws),
        "recording to raw datasets": lambda: codecs.tables(recordings),
        "raw to derived datasets": lambda: derive_all(raw_tables),
        "datasets to findings": lambda: examine(tables, detectors(), {}, unanswered),
        "all, one batch": lambda: whole(raws),
        "all, block by block": lambda: [whole([raw]) for raw in raws],
    }
    seconds = {name: measuring.best(work, rounds) for name, work in stages.items()}
    measuring.report(seconds, len(raw_tables["transactions"]))


if __name__ == "__main__":
    main()
