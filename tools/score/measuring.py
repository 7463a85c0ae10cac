"""What every part of the score shares: looking through recordings, counting, and intervals."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from math import sqrt
from pathlib import Path

from tocsin.chain import codecs
from tocsin.chain.catalogue import derived
from tocsin.chain.recording import Recording
from tocsin.detect.catalogue import detectors
from tocsin.detect.engine import Outcome, detect, settle
from tocsin.detect.fusion import fuse
from tocsin.detect.known import KNOWN
from tocsin.edge import recordings
from tocsin.intel.reference import Beside
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


@dataclass(frozen=True)
class Measured:
    """One recording, looked at once, before labels were applied."""

    settled: Outcome
    transactions: int

    def findings(self, without: str = "") -> tuple[Finding, ...]:
        """What all detectors find in it, or all but one."""
        kept = tuple(finding for finding in self.settled.findings if finding.detector != without)
        return fuse(replace(self.settled, findings=kept), detectors(), KNOWN).findings


_MEASURED: dict[str, Measured] = {}
"""By recording: several parts of the score look at the same ones."""


def measured(recording: Recording) -> Measured:
    """What all detectors find in one recording, and how many transactions it holds."""
    if recording.name not in _MEASURED:
        _MEASURED[recording.name] = _measure(recording)
    return _MEASURED[recording.name]


def _measure(recording: Recording) -> Measured:
    tables = derived(codecs.tables([recording]))
    outcome = detect(Beside(tables, KNOWN), detectors().values(), {})
    outcome = settle(outcome, detectors(), recording.lookups)
    if outcome.failures:
        raise SystemExit(f"{recording.name}: {outcome.failures}")
    column = "transactions" if "transactions" in tables else "calls"
    return Measured(replace(outcome, remembered={}), tables[column]["transaction_hash"].n_unique())


def findings(recording: Recording) -> tuple[tuple[Finding, ...], int]:
    """What all detectors find in one recording, and how many transactions it holds."""
    found = measured(recording)
    return found.findings(), found.transactions


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
