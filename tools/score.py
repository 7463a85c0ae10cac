"""
Detection quality on labelled recordings, with counts and 95 % intervals.

`make score` prints it; `make score ARGS=--write` also keeps it in docs/measurements/. The recordings under
../shared/data are measured where they are there; the project's own demo recording always.
"""

import datetime as dt
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from math import sqrt
from pathlib import Path
from typing import Any

import tocsin.app
from tocsin.app.pipeline import examine
from tocsin.chain import codecs
from tocsin.chain.catalogue import derived
from tocsin.chain.recording import Recording
from tocsin.detect.catalogue import detectors
from tocsin.edge import recordings
from tocsin.model.finding import Finding, Severity

ROOT = Path(__file__).parents[1]
DATA = ROOT.parent / "shared" / "data"
DEMO = Path(tocsin.app.__path__[0]) / "demo_recording"
NORMAL_QUANTILE = 1.959964
"""Of a two-sided 95 % interval."""
ORDINARY = ("mev/blocks", "mev/traces", "state/18000000.json.gz")


def wilson(hits: int, trials: int) -> tuple[float, float]:
    """Wilson's score interval for a proportion, as two percentages."""
    if not trials:
        return 0.0, 100.0
    share, square = hits / trials, NORMAL_QUANTILE**2
    middle = share + square / (2 * trials)
    spread = NORMAL_QUANTILE * sqrt(share * (1 - share) / trials + square / (4 * trials * trials))
    scale = 1 + square / trials
    return 100 * (middle - spread) / scale, 100 * (middle + spread) / scale


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
    return f"| {name} | {hits} / {trials} {unit} | {100 * hits / trials:.1f} % | {low:.1f} to {high:.1f} % |"


HEAD = ["| what | count | share | 95 % interval |", "|---|---:|---:|---:|"]


def exploits() -> list[str]:
    """Recall on recorded exploit transactions."""
    detectors_by_exploit = [
        {finding.detector for finding in alarms(findings(recording)[0], Severity.HIGH)}
        for recording in read(DATA / "exploits/traces")
    ]
    trials = len(detectors_by_exploit)
    each = Counter(name for names in detectors_by_exploit for name in names)
    lines = ["## Exploits found (call trees only; at least one finding of high or more)", "", *HEAD]
    lines.append(row("any detector", sum(map(bool, detectors_by_exploit)), trials, "exploits"))
    return [*lines, *(row(name, hits, trials, "exploits") for name, hits in each.most_common()), ""]


def ordinary() -> list[str]:
    """False alarms on ordinary blocks: alarms per transaction that nobody has called an attack."""
    found: list[Finding] = []
    trials = 0
    for name in ORDINARY:
        for recording in read(DATA / name):
            some, transactions = findings(recording)
            found += some
            trials += transactions
    lines = ["## Alarms on ordinary mainnet blocks, chosen by others for their MEV", "", *HEAD]
    for level in (Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM):
        shown = {f.place.transaction_hash for f in alarms(found, level)}
        lines.append(row(f"{level.word} or more", len(shown), trials, "transactions"))
    lines += ["", "Per 100 000 transactions, by detector and severity:", ""]
    lines += ["| detector | severity | alarms | per 100 000 |", "|---|---|---:|---:|"]
    counts = Counter((f.detector, f.severity) for f in alarms(found, Severity.MEDIUM))
    for (name, level), count in sorted(counts.items(), key=lambda item: (-item[0][1], item[0][0])):
        lines.append(f"| {name} | {level.word} | {count} | {100_000 * count / trials:.0f} |")
    return [*lines, ""]


Fact = tuple[object, ...]
"""What is known of one event, amounts included, in the order of `stated`."""


def mev() -> list[str]:
    """Recall of the MEV labels against the peer's asserted facts, exact to the last unit."""
    seen = {
        (finding.detector, stated(finding))
        for folder in ("mev/blocks", "mev/traces")
        for recording in read(DATA / folder)
        for finding in findings(recording)[0]
        if finding.detector in STATED
    }
    lines = ["## MEV labels (what the peer's tests assert, amounts exact)", "", *HEAD]
    for name, wanted in expected().items():
        hits = sum((name, fact) in seen for fact in wanted)
        lines.append(row(name, hits, len(wanted), "facts"))
    return [*lines, ""]


STATED: dict[str, tuple[str, ...]] = {
    "arbitrage": ("swap_count", "profit_token", "profit_amount"),
    "sandwich": ("front_transaction", "back_transaction", "profit_token", "profit_amount"),
    "liquidation": ("debt_token", "debt_amount", "collateral_token", "collateral_amount"),
    "jit-liquidity": (
        "burn_transaction",
        "mint_token0_amount",
        "mint_token1_amount",
        "burn_token0_amount",
        "burn_token1_amount",
    ),
}
"""By label, the values of a finding that are compared, behind its transaction."""


def stated(finding: Finding) -> Fact:
    """What a finding says of what is compared."""
    return (finding.place.transaction_hash, *(finding.values[name] for name in STATED[finding.detector]))


def expected() -> dict[str, set[Fact]]:
    """By label, the facts that must be found."""
    truth = json.loads((DATA / "mev/expected.json").read_text())
    arbitrages = [item for block in truth["blocks"].values() for item in block.get("arbitrages", ())]
    sandwiches = [item for items in truth["sandwiches"].values() for item in items]
    return {
        "arbitrage": {
            (item["transaction_hash"], item["n_swaps"], item["profit_token"], item["profit_amount"])
            for item in arbitrages
        },
        "sandwich": {_sandwich(item) for item in sandwiches},
        "liquidation": {
            (
                item["transaction_hash"],
                item["debt_token_address"],
                item["debt_purchase_amount"],
                item["received_token_address"],
                item["received_amount"],
            )
            for item in truth["liquidations"]
        },
        "jit-liquidity": {
            (
                item["mint_transaction_hash"],
                item["burn_transaction_hash"],
                *(item[name] for name in STATED["jit-liquidity"][1:]),
            )
            for item in truth["jit_liquidity"]
        },
    }


def _sandwich(item: dict[str, Any]) -> Fact:
    front, back = item["frontrun_swap"]["transaction_hash"], item["backrun_swap"]["transaction_hash"]
    return front, front, back, item["profit_token_address"], item["profit_amount"]


def demo() -> list[str]:
    """The project's own recording: the attack, and whatever else was raised."""
    truth = json.loads((DEMO / "truth.json").read_text())
    found = [finding for recording in read(DEMO) for finding in alarms(findings(recording)[0], Severity.HIGH)]
    attack = truth["attack_transaction"]
    others = {f.place.transaction_hash for f in found} - {attack}
    hit = any(finding.place.transaction_hash == attack for finding in found)
    return [
        "## The demo recording",
        "",
        f"Attack found: {'yes' if hit else 'NO'}. Alarms on other transactions: {len(others)}.",
    ]


def main() -> int:
    """Measure, print, and keep if asked."""
    parts = [exploits, ordinary, mev, demo] if DATA.is_dir() else [demo]
    text = "\n".join([f"# Detection quality\n\n{dt.date.today()}.\n", *("\n".join(part()) for part in parts), ""])
    print(text)
    if "--write" in sys.argv:
        (ROOT / "docs/measurements/detection.md").write_text(text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
