"""Written by `make calibrate`: what scores rest on, from the development data alone."""

from collections.abc import Mapping

TRANSACTIONS = 4015
"""Ordinary transactions looked at."""

COUNTS: Mapping[str, Mapping[str, int]] = {}
"""By detector and severity: how many of them have such a finding, as bad or worse."""

INTERCEPT, SLOPE = -4.0, 1.0
"""Of the logistic curve from weight to probability."""
