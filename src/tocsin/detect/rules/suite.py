"""What every rule must satisfy: the suite of all detectors, as far as it can be asked of it."""

from collections.abc import Iterator
from functools import partial

from tocsin.detect.checks import Check, yield_checks
from tocsin.detect.rules.correlation import Correlation
from tocsin.detect.rules.loading import Compiled
from tocsin.model.errors import RuleError

_GROWTH = "growth: "


def _missing(rule: Compiled) -> None:
    raise RuleError(
        f"{rule.mark.file}:{rule.mark.line}: tests: there are none; write rows that match and rows that do not"
    )


def suite(rule: Compiled) -> Iterator[tuple[str, Check]]:
    """
    Yield (name, check) for each thing this rule must satisfy.

    A correlation that is not grouped counts everything together: to it no two copies are unrelated, so that it cannot
    be asked to find as many times as much in many copies.
    """
    alone = isinstance(rule, Correlation) and not rule.is_grouped
    if not rule.detector.examples:
        yield "tests", partial(_missing, rule)
        return
    for name, check in yield_checks(rule.detector):
        if not (alone and name.startswith(_GROWTH)):
            yield name, check
