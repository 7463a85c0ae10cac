"""Every detector on disk satisfies the suite of its kind."""

import pytest

from tocsin.detect.catalogue import detectors
from tocsin.detect.checks import Check, yield_checks

CASES = [
    pytest.param(check, id=f"{name}: {label}")
    for name, detector in detectors().items()
    for label, check in yield_checks(detector)
]


@pytest.mark.parametrize("check", CASES)
def test_detector(check: Check) -> None:
    """The check holds for this detector."""
    check()
