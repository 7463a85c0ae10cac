"""Swaps by hash time locks, where somebody writes many of them."""

from collections import Counter

from tocsin.detect.checks import build
from tocsin.detect.detectors.htlc._examples import BEGUN, FAR, HOME, lock
from tocsin.detect.detectors.htlc.htlc_fault import MOST_SEVERE, detector
from tocsin.detect.engine import detect
from tocsin.detect.known import KNOWN

SWAPS = 30


def test_of_many_faults_in_one_transaction_a_few_are_grave() -> None:
    wrong = [
        leg
        for n in range(SWAPS)
        for leg in (
            lock(HOME, 1, (f"given {n}", "first", "second"), 1, hash_=f"hash {n}", index=n),
            lock(FAR, 2, (f"wanted {n}", "second", "first"), 2, hash_=f"hash {n}", index=n),
        )
    ]

    found = detect({**KNOWN, **build(detector, {"blocks": BEGUN, "logs": wrong})}, [detector], {})

    assert not found.failures
    assert Counter(each.severity.word for each in found.findings) == {
        "high": MOST_SEVERE,
        "medium": SWAPS - MOST_SEVERE,
    }
