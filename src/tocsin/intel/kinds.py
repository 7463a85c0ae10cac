"""The kinds of labels, and what each says."""

from collections.abc import Mapping

KINDS: Mapping[str, str] = {
    "watched": "a contract or wallet that the organisation protects",
    "own": "another account of the organisation's",
    "exchange": "an exchange's wallet",
    "bridge": "a bridge's contract",
    "mixer": "a mixer's contract",
    "mev": "a searcher or its contract",
    "router": "a contract that trades for whoever calls it",
    "relayer": "an account that sends others' transactions",
    "service": "another known service",
    "sanctioned": "an account on a sanctions list",
    "phishing": "an account reported for phishing or another fraud",
    "exploit": "an account reported for an exploit",
}

HOSTILE = frozenset({"sanctioned", "phishing", "exploit"})
"""Kinds that speak against an account."""

OURS = frozenset({"watched", "own"})
"""Kinds that say that an account is the organisation's."""

BENIGN = frozenset({"own", "exchange", "bridge", "mev", "router", "relayer", "service"})
"""Kinds that say that an account is there for many, or is known."""

EXPLAINING = BENIGN | OURS
"""Kinds that explain what an account does."""
