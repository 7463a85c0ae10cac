"""
Verdicts: what an alert turned out to be. Each has a written definition, so that numbers of them can be compared.

Precision counts what was true among what was true or false. A benign alert was right about what happened and wrong
that anybody had to know: it is no error of the detector, but noise, and is counted apart.
"""

from collections.abc import Mapping
from enum import StrEnum

from tocsin.model.errors import Unacceptable
from tocsin.respond.triage.machine import nearest

LONGEST_REASON_CHARACTERS = 2_000


class Verdict(StrEnum):
    """What an alert turned out to be (reference: incident response, 3.3)."""

    TP_IMPACT = "tp_impact"
    TP_NO_IMPACT = "tp_no_impact"
    BENIGN = "benign"
    FALSE_POSITIVE = "false_positive"
    DUPLICATE = "duplicate"
    TEST = "test"
    INSUFFICIENT = "insufficient"


DEFINITIONS: Mapping[Verdict, str] = {
    Verdict.TP_IMPACT: "It was an attack, a failure or a breach of policy, and harmed us or users.",
    Verdict.TP_NO_IMPACT: "It was one, and nothing was harmed: it was stopped, it failed, or it hit nothing of ours.",
    Verdict.BENIGN: "What it says happened, and is in order: somebody was allowed to do it, or it is how things work.",
    Verdict.FALSE_POSITIVE: "What it says did not happen: the detector read the facts wrongly. Say how.",
    Verdict.DUPLICATE: "Another alert tells the same; the verdict is there.",
    Verdict.TEST: "Somebody tried whether alerts come, or it is part of an exercise.",
    Verdict.INSUFFICIENT: "It cannot be told from what is known, and more will not become known.",
}
NEEDS_REASON = frozenset({Verdict.FALSE_POSITIVE, Verdict.INSUFFICIENT, Verdict.DUPLICATE})
TRUE = frozenset({Verdict.TP_IMPACT, Verdict.TP_NO_IMPACT})
FALSE = frozenset({Verdict.FALSE_POSITIVE})
NOISE = frozenset({Verdict.FALSE_POSITIVE, Verdict.BENIGN, Verdict.DUPLICATE})
"""Verdicts of alerts that nobody needed."""


def verdict(word: str, reason: str) -> Verdict:
    """The verdict of this name with this reason. Raises `Unacceptable`."""
    try:
        found = Verdict(word)
    except ValueError:
        known = ", ".join(Verdict)
        raise Unacceptable(
            f"{word[:50]!r} is no verdict; did you mean {nearest(word, Verdict)}? Known: {known}"
        ) from None
    if found in NEEDS_REASON and not reason.strip():
        raise Unacceptable(f"{found} needs a reason: {DEFINITIONS[found]}")
    if len(reason) > LONGEST_REASON_CHARACTERS:
        raise Unacceptable(f"the reason has {len(reason)} characters; at most {LONGEST_REASON_CHARACTERS}")
    return found
