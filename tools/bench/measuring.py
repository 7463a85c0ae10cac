"""What all programs of the benchmark share. Standard library only: the peers' environments have nothing of ours."""

import gzip
import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path


def recordings(folder: str) -> list[bytes]:
    """The decompressed recordings of a folder, in order of their names."""
    return [gzip.decompress(path.read_bytes()) for path in sorted(Path(folder).glob("*.json.gz"))]


def timed(work: Callable[[], object]) -> float:
    """Seconds of processor time that `work` takes."""
    before = time.process_time()
    work()
    return time.process_time() - before


def best(work: Callable[[], object], rounds: int) -> float:
    """The least of several times: what the work costs when nothing else disturbs it."""
    return min(timed(work) for _ in range(rounds))


def report(seconds: dict[str, float], transactions: int) -> None:
    """Print the figures as one JSON line for the program that compares them."""
    peak_megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    json.dump({"seconds": seconds, "transactions": transactions, "peak_megabytes": peak_megabytes}, sys.stdout)
