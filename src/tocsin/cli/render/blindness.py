"""What could not be looked at, in words."""

from collections.abc import Iterator, Mapping

from tocsin.app.scan import Report
from tocsin.cli.render.money import count

SHOWN_PROBLEMS = 10
"""Failures told one by one; the rest are counted."""


def blindness(report: Report) -> Iterator[str]:
    """One sentence for each set of missing datasets, with the detectors that lack it."""
    for (missing, wholly, times), detectors in _by_what_is_missing(report.blind).items():
        lacking = " and ".join(missing)
        where = "" if times == report.units else f" in {count(times, report.noun)} of {report.units}"
        seeing = "blind" if wholly else "seeing less"
        yield f"{seeing}{where} without {lacking}: {', '.join(sorted(detectors))}."


_Missing = tuple[tuple[str, ...], bool, int]


def _by_what_is_missing(blind: Mapping[tuple[str, tuple[str, ...], bool], int]) -> dict[_Missing, list[str]]:
    grouped: dict[_Missing, list[str]] = {}
    for (detector, missing, wholly), times in blind.items():
        grouped.setdefault((missing, wholly, times), []).append(detector)
    return dict(sorted(grouped.items(), key=lambda item: (not item[0][1], item[0])))


def problems(report: Report) -> Iterator[str]:
    """What could not be read and which detectors failed where."""
    for source, failure in report.failures[:SHOWN_PROBLEMS]:
        error = failure.error
        yield f"detector {failure.detector} failed on {source}: {type(error).__name__}: {error}"
    if (more := len(report.failures) - SHOWN_PROBLEMS) > 0:
        yield f"{count(more, 'detector failure')} more."
    if report.unreadable:
        yield f"{count(report.unreadable_units, report.noun)} of {report.units} could not be read: left out."
