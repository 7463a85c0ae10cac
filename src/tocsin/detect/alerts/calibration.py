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

INTERCEPT, SLOPE = -1.498, 1.228
"""Of the logistic curve from weight to probability: 76 attacks against 32 alerts on ordinary blocks."""
