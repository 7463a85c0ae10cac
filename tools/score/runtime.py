"""What each detector costs on one block."""

import os
import subprocess
import sys
import textwrap
from time import process_time

from measuring import DATA, read

from tocsin.chain import codecs
from tocsin.chain.catalogue import datasets, derived
from tocsin.detect.catalogue import detectors
from tocsin.detect.detector import Detector
from tocsin.detect.engine import detect
from tocsin.detect.known import KNOWN
from tocsin.intel.reference import Beside
from tocsin.tables.dataset import Tables

TRANSACTIONS = 200
"""The block is the recorded one whose number of transactions is nearest to this."""
ROUNDS = 15
DEAR_MILLISECONDS = 1.0


def runtime() -> list[str]:
    """The cost of detection, measured in a process of its own that uses one core."""
    environment = {**os.environ, "POLARS_MAX_THREADS": "1"}
    done = subprocess.run([sys.executable, __file__], env=environment, check=True, capture_output=True, text=True)
    return done.stdout.split("\n")


def measured() -> list[str]:
    """The cost of all detectors together, and of those that cost more than a millisecond."""
    tables, transactions = _block()
    alone = {name: _milliseconds(tables, [detector]) for name, detector in detectors().items()}
    together = _milliseconds(tables, list(detectors().values()))
    cheap = sorted((item for item in alone.items() if item[1] <= DEAR_MILLISECONDS), key=lambda item: -item[1])
    dear = sorted((item for item in alone.items() if item[1] > DEAR_MILLISECONDS), key=lambda item: -item[1])
    return [
        f"## Cost of detection on a block of {transactions} transactions",
        "",
        f"All {len(alone)} detectors together: {together:.1f} ms, of tables that are there, on one core; the quickest",
        f"of {ROUNDS} rounds. Those that cost more than a millisecond alone:",
        "",
        "| detector | ms |",
        "|---|---:|",
        *(f"| {name} | {cost:.1f} |" for name, cost in dear),
        "",
        "The others:",
        "",
        *textwrap.wrap(", ".join(f"{name} {cost:.2f}" for name, cost in cheap) + ".", 120, break_on_hyphens=False),
        "",
    ]


def _block() -> tuple[Tables, int]:
    blocks = [derived(codecs.tables([recording])) for recording in read(DATA / "mev/blocks")]
    block = min(blocks, key=lambda tables: abs(tables["transactions"].height - TRANSACTIONS))
    whole = {name: block[name] for name in datasets() if name in block}
    return Beside(whole, KNOWN), block["transactions"].height


def _milliseconds(tables: Tables, chosen: list[Detector]) -> float:
    return 1_000 * min(_seconds(tables, chosen) for _ in range(ROUNDS))


def _seconds(tables: Tables, chosen: list[Detector]) -> float:
    begin = process_time()
    detect(tables, chosen, {})
    return process_time() - begin


if __name__ == "__main__":
    print("\n".join(measured()))
