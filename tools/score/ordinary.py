"""Alarms where nobody has called anything an attack."""

from collections import Counter

from measuring import DATA, HEAD, alarms, findings, read, row

from tocsin.model.finding import Finding, Severity

ORDINARY = ("mev/blocks", "mev/traces", "state/18000000.json.gz")


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
