"""Written by `make calibrate`: what scores rest on, from the development data alone."""

from collections.abc import Mapping

TRANSACTIONS = 4015
"""Ordinary transactions looked at."""

COUNTS: Mapping[str, Mapping[str, int]] = {
    "approval-drain": {"low": 1, "info": 1},
    "flash-loan-use": {"info": 6},
    "large-profit": {"medium": 1, "low": 17, "info": 23},
}
"""By detector and severity: how many of them have such a finding, as bad or worse."""

HEARD = frozenset(
    (
        "approval-drain",
        "borrowed-votes",
        "control-change",
        "donated-backing",
        "emptied-contract",
        "evasive-code",
        "flash-loan-exploit",
        "flash-loan-use",
        "forged-claim",
        "keys-by-message",
        "large-profit",
        "late-initialisation",
        "multisig-change",
        "overflowing-amounts",
        "price-manipulation",
        "proxy-upgrade",
        "queued-payout",
        "read-only-reentrancy",
        "reentrancy",
        "repeated-gain",
        "takeover",
        "unallowed-transfer",
    )
)
"""The detectors that would have spoken there, had there been something: all others are taken to be unknown."""

INTERCEPT, SLOPE = -1.923, 1.395
"""Of the logistic curve from weight to probability: 76 attacks against 32 alerts on ordinary blocks."""
