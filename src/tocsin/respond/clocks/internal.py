"""
The organisation's own clocks, as data: response, acknowledgement, containment, updates, post-mortem.

The required response is the promise (reference: incident response, 4.1). The others are targets tighter than it or
beside it (4.2); the post-mortem's week is SEAL's incident policy (4.3). All but the required response may be set anew.
"""

from collections.abc import Mapping

from tocsin.model.priority import Priority
from tocsin.respond.clocks.definition import OPEN_STATUS, Anchor, By, ClockDefinition, Waiting, Which
from tocsin.respond.clocks.targets import (
    DAY_SECONDS,
    HOUR_SECONDS,
    MINUTE_SECONDS,
    BusinessDays,
    ByPriority,
    Elapsed,
    Limit,
)

NOTHING_THERE = frozenset({"benign", "false_positive", "duplicate", "test"})
"""Verdicts that say there was nothing to learn from."""
RESPONSE, ACKNOWLEDGE, CONTAIN, UPDATE, POST_MORTEM = "response", "acknowledge", "contain", "update", "post-mortem"

_OVER = frozenset({"resolved", "closed"})
_DECLARED = Anchor(kind="declared", at="detected_at")
"""Counts from the first receipt of the alert; for an incident opened by hand, from when it was declared."""
_UNMERGED = Anchor(kind="unmerged", which=Which.LAST)
_REOPENED = Anchor(kind="status_changed", where={"after": frozenset({"reopened"})}, which=Which.LAST)
_REOPENED_BY_ITSELF = Anchor(
    kind="status_changed", where={"after": frozenset({"reopened"})}, by=By.MACHINE, which=Which.LAST
)
"""Whoever reopens an incident has it: only where nobody did must somebody answer again."""
_HARM_AGAIN = Anchor(
    kind="status_changed",
    where={"before": frozenset({"stable", "resolved"}), "after": frozenset({"active"})},
    which=Which.LAST,
)
_RESUMED = Anchor(
    kind="status_changed",
    where={"before": frozenset({"resolved"}), "after": frozenset({"active"})},
    which=Which.LAST,
)
_ANSWERED = (
    Anchor(kind="acknowledged", by=By.PERSON),
    Anchor(kind="status_changed", where={"after": frozenset({"stable", *_OVER})}, by=By.PERSON),
)
"""A named person says so, or settles it; what tocsin does by itself is no answer."""
_CONTAINED = (
    Anchor(kind="decision_made", where={"about": frozenset({"containment"})}, by=By.PERSON),
    Anchor(kind="status_changed", where={"after": frozenset({"stable", *_OVER})}, by=By.PERSON),
    Anchor(kind="phase_changed", where={"after": frozenset({"eradicate", "recover", "post", "closed"})}),
)
_SETTLED = (Anchor(kind="status_changed", where={"after": _OVER}), Anchor(kind="merged"))
_RESOLVED = Anchor(kind="status_changed", where={"after": frozenset({"resolved"})}, which=Which.LAST)
_CLOSED = Anchor(kind="status_changed", where={"after": frozenset({"closed"})})
"""Counts only where it was closed without having been resolved."""
_NOTHING = Anchor(kind="verdict_given", where={"verdict": NOTHING_THERE})
_TOLD = Anchor(kind="update_published", which=Which.LAST)

TARGETS: Mapping[str, Mapping[Priority, Limit]] = {
    RESPONSE: {priority: Elapsed(priority.response_seconds) for priority in Priority},
    ACKNOWLEDGE: {
        Priority.P1: Elapsed(5 * MINUTE_SECONDS),
        Priority.P2: Elapsed(15 * MINUTE_SECONDS),
        Priority.P3: Elapsed(4 * HOUR_SECONDS),
        Priority.P4: Elapsed(DAY_SECONDS),
    },
    CONTAIN: {
        Priority.P1: Elapsed(30 * MINUTE_SECONDS),
        Priority.P2: Elapsed(2 * HOUR_SECONDS),
        Priority.P3: Elapsed(DAY_SECONDS),
        Priority.P4: BusinessDays(5),
    },
    UPDATE: {Priority.P1: Elapsed(30 * MINUTE_SECONDS), Priority.P2: Elapsed(HOUR_SECONDS)},
    POST_MORTEM: dict.fromkeys((Priority.P1, Priority.P2, Priority.P3), Elapsed(7 * DAY_SECONDS)),
}
"""How long there is. A priority that is left out has no limit: an organisation may set one."""


def definitions(targets: Mapping[str, Mapping[Priority, Limit]]) -> tuple[ClockDefinition, ...]:
    """The organisation's clocks with these targets."""
    return (
        ClockDefinition(
            id=RESPONSE,
            says="a named person has responded",
            starts=(_DECLARED, _REOPENED_BY_ITSELF, _UNMERGED),
            stops=_ANSWERED,
            ends=_SETTLED,
            target=ByPriority(targets[RESPONSE]),
            while_status=OPEN_STATUS,
        ),
        ClockDefinition(
            id=ACKNOWLEDGE,
            says="a named person has acknowledged",
            starts=(_DECLARED, _REOPENED_BY_ITSELF, _UNMERGED),
            stops=_ANSWERED,
            ends=_SETTLED,
            target=ByPriority(targets[ACKNOWLEDGE]),
            while_status=OPEN_STATUS,
        ),
        ClockDefinition(
            id=CONTAIN,
            says="it is decided how the harm is stopped",
            starts=(_DECLARED, _HARM_AGAIN, _REOPENED, _UNMERGED),
            stops=_CONTAINED,
            ends=_SETTLED,
            target=ByPriority(targets[CONTAIN]),
            pauses_in=frozenset({Waiting.EXTERNAL_PARTY, Waiting.LAW_ENFORCEMENT}),
            while_status=OPEN_STATUS,
        ),
        ClockDefinition(
            id=UPDATE,
            says="stakeholders have been told how things stand",
            starts=(_DECLARED, _TOLD, _RESUMED, _REOPENED, _UNMERGED),
            stops=(_TOLD,),
            ends=_SETTLED,
            postponed_by=(Anchor(kind="update_postponed", at="until"),),
            target=ByPriority(targets[UPDATE]),
            pauses_in=frozenset(Waiting),
            while_status=OPEN_STATUS,
        ),
        ClockDefinition(
            id=POST_MORTEM,
            says="the post-mortem is written",
            starts=(_RESOLVED, _CLOSED),
            stops=(Anchor(kind="post_mortem_written"),),
            ends=(_REOPENED, _RESUMED, _NOTHING, Anchor(kind="merged")),
            target=ByPriority(targets[POST_MORTEM]),
            pauses_in=frozenset(Waiting),
            unless_verdict=NOTHING_THERE,
        ),
    )
