"""Alarms where nobody has called anything an attack."""

from collections import Counter
from collections.abc import Iterator

from measuring import DATA, HEAD, Measured, alarms, measured, read, row, wilson

from tocsin.chain.recording import Recording
from tocsin.model.finding import Finding, Severity

ORDINARY = ("mev/blocks", "mev/traces", "state/18000000.json.gz")
LEVELS = (Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM)


def recordings() -> Iterator[Recording]:
    """Mainnet blocks, MEV and all."""
    for name in ORDINARY:
        yield from read(DATA / name)


def looked() -> list[Measured]:
    """What is found in them."""
    return [measured(recording) for recording in recordings()]


def alarming(found: list[Finding], level: Severity) -> int:
    """How many transactions have a finding of this severity or worse."""
    return len({finding.place.transaction_hash for finding in alarms(found, level)})


def ordinary() -> list[str]:
    """False alarms on ordinary blocks: alarms per transaction that nobody has called an attack."""
    parts = looked()
    found, trials = [finding for part in parts for finding in part.findings()], sum(part.transactions for part in parts)
    lines = ["## Alarms on ordinary mainnet blocks, chosen by others for their MEV", "", *HEAD]
    lines += [row(f"{level.word} or more", alarming(found, level), trials, "transactions") for level in LEVELS]
    most = 1_000 * wilson(alarming(found, Severity.HIGH), trials)[1]
    lines += ["", f"Per 100 000 transactions: at most {most:.0f} of high or more, by the upper end of the interval. So"]
    lines += ["few transactions cannot show that there are fewer than 20.", ""]
    lines += ["| detector | severity | alarms | per 100 000 |", "|---|---|---:|---:|"]
    counts = Counter((f.detector, f.severity) for f in alarms(found, Severity.MEDIUM))
    for (name, level), count in sorted(counts.items(), key=lambda item: (-item[0][1], item[0][0])):
        lines.append(f"| {name} | {level.word} | {count} | {100_000 * count / trials:.0f} |")
    return [*lines, ""]
