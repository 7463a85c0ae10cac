"""
Time tocsin and its peers on the same bytes, in one run, on one core, and print the table.

`make bench` runs this; `make bench ARGS=--write` also keeps the table in docs/measurements/.
"""

import datetime as dt
import json
import os
import platform
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.progress import track

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data" / "mev" / "blocks"
PASSES = 3
ROUNDS = 5
"""Each program runs in `PASSES` processes, in turn with the others, and takes the best of `ROUNDS` times in each."""

PROGRAMS = {
    "tocsin": (".venv", "ours.py"),
    "ethereum-etl 2.4.2": ("build/peers-etl", "peer_ethereum_etl.py"),
    "web3.py 8.0.0": ("build/peers-web3", "peer_web3_py.py"),
}
DOES = {
    "tocsin": "exact columns of every raw and derived dataset, all detectors, findings",
    "ethereum-etl 2.4.2": "dictionaries of blocks, transactions, receipts, logs, ERC-20 transfers and traces; "
    "hexadecimal stays text; no swaps, no detection",
    "web3.py 8.0.0": "Python objects of blocks, receipts and traces, ERC-20 Transfer events decoded; no detection",
}
END_TO_END = "all, one batch"


def main() -> int:
    """Measure, print, and keep if asked."""
    if not DATA.is_dir():
        print(f"make bench needs recorded blocks in {DATA.relative_to(ROOT.parent)}; there are none here")
        return 1
    runs: dict[str, list[dict]] = {name: [] for name in PROGRAMS}
    for name in track([*PROGRAMS] * PASSES, "Timing", console=Console(stderr=True), transient=True):
        runs[name].append(run(*PROGRAMS[name]))
    figures = {name: best(some) for name, some in runs.items()}
    text = "\n".join([*header(), *peers(figures), "", *stages(figures["tocsin"]), ""])
    print(text)
    if "--write" in sys.argv:
        (ROOT / "docs" / "measurements" / "speed.md").write_text(text)
    return 0


def best(runs: list[dict]) -> dict:
    """The least time of each stage over all passes, and the highest memory."""
    stages = {stage: min(each["seconds"][stage] for each in runs) for stage in runs[0]["seconds"]}
    peak = max(each["peak_megabytes"] for each in runs)
    return {"seconds": stages, "transactions": runs[0]["transactions"], "peak_megabytes": peak}


def run(environment: str, program: str) -> dict:
    """One process on one core."""
    command = [str(ROOT / environment / "bin/python"), str(ROOT / "tools/bench" / program), str(DATA), str(ROUNDS)]
    core = min(os.sched_getaffinity(0))
    done = subprocess.run(
        command,
        env={**os.environ, "POLARS_MAX_THREADS": "1"},
        preexec_fn=lambda: os.sched_setaffinity(0, {core}),
        check=True,
        capture_output=True,
    )
    return json.loads(done.stdout)


def header() -> list[str]:
    """What was measured, where and when."""
    blocks = len(list(DATA.glob("*.json.gz")))
    return [
        "# Speed",
        "",
        f"{dt.date.today()}, Python {platform.python_version()}, {platform.machine()}, one core, shared machine.",
        f"{blocks} whole mainnet blocks with receipts, logs and traces; JSON in memory; processor time, best of",
        f"{PASSES} processes with {ROUNDS} rounds each. Ratios travel between machines; absolute times do not.",
        "",
    ]


def peers(figures: dict) -> list[str]:
    """Ours beside the peers'."""
    base = figures["tocsin"]["seconds"][END_TO_END]
    rows = [
        "| program | what it does with the bytes | ms | tx/s | time, tocsin = 1 | peak MB |",
        "|---|---|---:|---:|---:|---:|",
    ]
    for name, figure in figures.items():
        seconds = figure["seconds"].get(END_TO_END) or figure["seconds"]["decode"]
        rate = figure["transactions"] / seconds
        rows.append(
            f"| {name} | {DOES[name]} | {seconds * 1000:.0f} | {rate:,.0f} | {seconds / base:.2f} "
            f"| {figure['peak_megabytes']:.0f} |"
        )
    return rows


def stages(ours: dict) -> list[str]:
    """Where our time goes."""
    blocks = len(list(DATA.glob("*.json.gz")))
    rows = ["| tocsin, stage | ms | tx/s | ms per block |", "|---|---:|---:|---:|"]
    for name, seconds in ours["seconds"].items():
        rows.append(
            f"| {name} | {seconds * 1000:.1f} | {ours['transactions'] / seconds:,.0f} | {seconds * 1000 / blocks:.2f} |"
        )
    return [
        *rows,
        "",
        "Live, blocks come one by one: they cost the last row. The design's budget for it is 20 ms a block.",
    ]


if __name__ == "__main__":
    raise SystemExit(main())
