"""
The states of an alert, and what leads from one to another, as a table (reference: incident response, 3.12.1).

Two steps go beyond the reference, both because nobody may have to press a key first: an alert that is bad enough
becomes part of an incident from `new`, and a suppressed one returns as soon as something joins it that no rule hides.
"""

import difflib
from collections.abc import Mapping
from enum import StrEnum

from tocsin.model.errors import WrongState


class State(StrEnum):
    """Where an alert stands."""

    NEW = "new"
    ACKNOWLEDGED = "acknowledged"
    IN_TRIAGE = "in_triage"
    SUPPRESSED = "suppressed"
    ESCALATED = "escalated"
    MERGED = "merged"
    CLOSED = "closed"

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to look at it: one alert is open per key."""
        return self not in (State.MERGED, State.CLOSED)


class Act(StrEnum):
    """What is done to an alert."""

    ACKNOWLEDGE = "acknowledge"
    TAKE = "take"
    SUPPRESS = "suppress"
    RETURN = "return"
    ESCALATE = "escalate"
    MERGE = "merge"
    UNMERGE = "unmerge"
    JUDGE = "judge"
    REOPEN = "reopen"


_LOOKED_AT = (State.NEW, State.ACKNOWLEDGED, State.IN_TRIAGE)
TRANSITIONS: Mapping[Act, tuple[frozenset[State], State]] = {
    Act.ACKNOWLEDGE: (frozenset({State.NEW}), State.ACKNOWLEDGED),
    Act.TAKE: (frozenset({*_LOOKED_AT, State.SUPPRESSED}), State.IN_TRIAGE),
    Act.SUPPRESS: (frozenset({State.NEW}), State.SUPPRESSED),
    Act.RETURN: (frozenset({State.SUPPRESSED}), State.NEW),
    Act.ESCALATE: (frozenset(_LOOKED_AT), State.ESCALATED),
    Act.MERGE: (frozenset(_LOOKED_AT), State.MERGED),
    Act.UNMERGE: (frozenset({State.MERGED}), State.IN_TRIAGE),
    Act.JUDGE: (frozenset({*_LOOKED_AT, State.SUPPRESSED, State.ESCALATED}), State.CLOSED),
    Act.REOPEN: (frozenset({State.CLOSED}), State.IN_TRIAGE),
}


def after(state: State, act: Act) -> State:
    """The state an act leads to. Raises `WrongState`, with what can be done instead."""
    allowed, to = TRANSITIONS[act]
    if state not in allowed:
        can = ", ".join(possible(state))
        raise WrongState(f"the alert is {state}: it cannot {act}; what it can: {can}")
    return to


def possible(state: State) -> tuple[Act, ...]:
    """What can be done to an alert in this state."""
    return tuple(act for act in Act if state in TRANSITIONS[act][0])


def nearest(word: str, among: type[StrEnum]) -> str:
    """The nearest right spelling, to be told."""
    return difflib.get_close_matches(word, list(among), n=1, cutoff=0)[0]
