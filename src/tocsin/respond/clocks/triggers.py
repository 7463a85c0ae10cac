"""
Triggers: the moments from which the time of a duty counts. Each is declared by a person, with when and why.

They are decisions: that somebody was aware, that it is major, that it is material. tocsin never makes them by itself
(reference: incident response, 11.5).
"""

import difflib
from collections.abc import Mapping

from tocsin.model.errors import Unacceptable

SUBMITTED, NOT_REPORTABLE = "submitted", "not_reportable"
"""What is said of one duty, not of the incident."""

TRIGGERS: Mapping[str, str] = {
    "activities_recovered": "regular activities work again",
    "aware": "we know with reasonable certainty that it happened",
    "classified": "we decided that it is a major incident",
    "control_obtained": "a whitehat has control of the funds",
    "control_obtained_by_bot": "an arbitrage bot has control of the funds",
    "detected": "a material event was detected",
    "determined": "we decided that a reportable incident occurred, here, at an affiliate or at a third party",
    "discovered": "a relevant incident was discovered",
    "extortion_paid": "an extortion payment was made",
    "high_risk_determined": "we decided that it is a high risk to people",
    "materiality_determined": "we decided that it is material to investors",
    "missing_data_known": "what the first filing could not say is known now",
    "ransom_paid": "a ransom was paid",
    "reasonable_belief": "we have reason to believe that it happened",
    "threshold_met": "it meets the threshold of the rules on operational incidents",
}
"""What each says when it is declared."""


def known_trigger(name: str) -> str:
    """The trigger as it is. Raises `Unacceptable`, which names the nearest right spelling."""
    if name in TRIGGERS:
        return name
    near = difflib.get_close_matches(name, TRIGGERS, n=1, cutoff=0)
    raise Unacceptable(f"no trigger {name[:50]!r}; did you mean {near[0]!r}? Known: {', '.join(TRIGGERS)}")
