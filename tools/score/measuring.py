"""What every part of the score shares: looking through recordings, counting, and intervals."""

from collections.abc import Iterable, Iterator
from math import sqrt
from pathlib import Path

from tocsin.app.pipeline import examine
from tocsin.chain import codecs
from tocsin.chain.catalogue import derived
from tocsin.chain.recording import Recording
from tocsin.detect.catalogue import detectors
from tocsin.edge import recordings
from tocsin.model.finding import Finding, Severity

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"
NORMAL_QUANTILE = 1.959964
"""Of a two-sided 95 % interval."""


def wilson(hits: int, trials: int) -> tuple[float, float]:
    """Wilson's score interval for a proportion, as two percentages."""
    if not trials:
        return 0.0, 100.0
    share, square = hits / trials, NORMAL_QUANTILE**2
    middle = share + square / (2 * trials)
    spread = NORMAL_QUANTILE * sqrt(share * (1 - share) / trials + square / (4 * trials * trials))
    scale = 1 + square / trials
    return max(0.0, 100 * (middle - spread) / scale), 100 * (middle + spread) / scale


def findings(recording: Recording) -> tuple[tuple[Finding, ...], int]:
    """What all detectors find in one recording, and how many transactions it holds."""
    tables = derived(codecs.tables([recording]))
    outcome = examine(tables, detectors(), {}, lambda _: recording.lookups)
    if outcome.failures:
        raise SystemExit(f"{recording.name}: {outcome.failures}")
    column = "transactions" if "transactions" in tables else "calls"
    return outcome.findings, tables[column]["transaction_hash"].n_unique()


def read(path: Path) -> Iterator[Recording]:
    """The recordings below a path."""
    return recordings.read(path)


def alarms(found: Iterable[Finding], at_least: Severity) -> list[Finding]:
    """The findings that would be shown to somebody."""
    return [finding for finding in found if finding.severity >= at_least]


def row(name: str, hits: int, trials: int, unit: str) -> str:
    """One line of a table of proportions."""
    low, high = wilson(hits, trials)
    return f"| {name} | {hits} / {trials} {unit} | {100 * hits / trials:.2f} % | {low:.2f} to {high:.2f} % |"


HEAD = ["| what | count | share | 95 % interval |", "|---|---:|---:|---:|"]
