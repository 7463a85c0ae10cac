"""What each detector is worth: which attacks are lost without it, and which false alarms."""

from exploits import attacks
from measuring import Measured, alarms, measured
from ordinary import looked

from tocsin.detect.catalogue import detectors
from tocsin.model.finding import Severity


def ablation() -> list[str]:
    """Recall and false alarms without one detector after the other; those that change nothing are only counted."""
    attacked, calm = list(map(measured, attacks())), looked()
    lines = ["## Without one detector (of high or more; attacks and ordinary transactions of the tables above)", ""]
    lines += ["| without | attacks found | false alarms | false alarms of medium or more |", "|---|---:|---:|---:|"]
    everything = _counts(attacked, calm, "")
    lines.append(_row("nothing", everything, (0, 0, 0)))
    same = 0
    for name in detectors():
        counts = _counts(attacked, calm, name)
        same += counts == everything
        if counts != everything:
            lines.append(_row(name, counts, everything))
    return [
        *lines,
        "",
        f"The other {same} detectors change none of these counts by themselves: what they find",
        *_TAIL,
    ]


_TAIL = ["is found by another too, or is not in this data.", ""]


def _counts(attacked: list[Measured], calm: list[Measured], without: str) -> tuple[int, int, int]:
    found = sum(bool(alarms(each.findings(without), Severity.HIGH)) for each in attacked)
    ordinary = [finding for part in calm for finding in part.findings(without)]
    high, medium = (
        len({finding.place.transaction_hash for finding in alarms(ordinary, level)})
        for level in (Severity.HIGH, Severity.MEDIUM)
    )
    return found, high, medium


def _row(name: str, counts: tuple[int, int, int], before: tuple[int, int, int]) -> str:
    cells = (f"{now} ({now - was:+d})" if any(before) else str(now) for now, was in zip(counts, before, strict=True))
    return f"| {name} | {' | '.join(cells)} |"
