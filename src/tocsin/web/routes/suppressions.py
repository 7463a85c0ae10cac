"""
Suppressions: what is hidden from the queue of alerts, why, by whom, and until when.

All end, at most ninety days after they were made. One that can hide what is high or worse waits until somebody else
approves it; until then it only records what it would have hidden.
"""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from tocsin.app.desk import Desk
from tocsin.app.triage import reading, rules
from tocsin.respond.triage.suppression import LONGEST_CHARACTERS, LONGEST_DAYS, Action, Mode
from tocsin.respond.triage.verdicts import LONGEST_REASON_CHARACTERS
from tocsin.web.asking import DESK, Caller, needs
from tocsin.web.resource import Resource

router = APIRouter(prefix="/suppressions")
READ, WRITE = "alert:read", "alert:write"
Id = Annotated[str, Field(min_length=1, max_length=36)]
Reason = Annotated[str, Field(min_length=1, max_length=LONGEST_REASON_CHARACTERS)]


class Suppression(BaseModel):
    """A suppression, with what it does now."""

    suppression: str
    expression: str
    action: Action
    mode: Mode
    reason: str
    author: str
    approver: str | None
    made_at: float
    expires_at: float
    waits: Annotated[bool, Field(description="Whether somebody else must approve it first.")]
    is_over: bool
    hides: Annotated[int, Field(description="How many alerts it hides now.")]
    matched: int
    last_matched_at: float | None


class Wish(BaseModel):
    """What is to be hidden."""

    model_config = ConfigDict(extra="forbid")
    expression: Annotated[str, Field(min_length=1, max_length=LONGEST_CHARACTERS)]
    days: Annotated[float, Field(gt=0, le=LONGEST_DAYS, allow_inf_nan=False)]
    reason: Reason
    action: Action = Action.SNOOZE
    mode: Mode = Mode.ACTIVE


class Ending(BaseModel):
    """Why it ends."""

    model_config = ConfigDict(extra="forbid")
    reason: Reason


class Share(BaseModel):
    """Why alerts were not needed."""

    reason: str
    alerts: int


class Quality(BaseModel):
    """What people said of the alerts of one detector."""

    detector: str
    alerts: int
    verdicts: dict[str, int]
    precision: float | None
    interval: Annotated[tuple[float, float] | None, Field(description="95 % of the precision, after Wilson.")]
    noise: list[Share]
    unjudged: int
    oldest_unjudged_seconds: float | None


@router.get("")
def find(
    desk: Annotated[Desk, DESK],
    _caller: Annotated[Caller, needs(READ)],
    with_ended: Annotated[bool, Query(description="Those that have ended, too.")] = False,
) -> list[Suppression]:
    """What is hidden, the newest first."""
    return [_shown(each) for each in rules.suppressions(desk, with_ended=with_ended)]


@router.post("", status_code=201)
def suppress(desk: Annotated[Desk, DESK], caller: Annotated[Caller, needs(WRITE)], body: Wish) -> Suppression:
    """Hide what an expression matches, for a while."""
    return _shown(rules.suppress(desk, caller.actor, rules.Wish(**body.model_dump())))


@router.post("/{suppression}/approval")
def approve(desk: Annotated[Desk, DESK], caller: Annotated[Caller, needs(WRITE)], suppression: Id) -> Suppression:
    """Let somebody else's suppression hide what is high or worse."""
    return _shown(rules.approve(desk, caller.actor, suppression))


@router.post("/{suppression}/end")
def end(
    desk: Annotated[Desk, DESK], caller: Annotated[Caller, needs(WRITE)], suppression: Id, body: Ending
) -> Suppression:
    """End a suppression now: what it hides comes back."""
    return _shown(rules.end(desk, caller.actor, suppression, body.reason))


@router.get("/quality")
def quality(
    desk: Annotated[Desk, DESK],
    _caller: Annotated[Caller, needs(READ)],
    days: Annotated[float, Query(gt=0, le=3_650, allow_inf_nan=False)] = 90.0,
) -> list[Quality]:
    """How good the alerts of each detector were: what to hide, and what to mend."""
    return [
        Quality(
            detector=row.detector,
            alerts=row.alerts,
            verdicts={verdict.value: times for verdict, times in row.verdicts.items()},
            precision=row.precision,
            interval=row.interval,
            noise=[Share(reason=reason, alerts=alerts) for reason, alerts in row.noise],
            unjudged=row.unjudged,
            oldest_unjudged_seconds=row.oldest_unjudged_seconds,
        )
        for row in reading.quality_report(desk, days=days)
    ]


def _shown(one: rules.Listed) -> Suppression:
    rule = one.rule
    return Suppression(
        suppression=rule.id,
        expression=rule.expression,
        action=rule.action,
        mode=rule.mode,
        reason=rule.reason,
        author=rule.author,
        approver=rule.approver,
        made_at=rule.made_at,
        expires_at=rule.expires_at,
        waits=one.waits,
        is_over=one.is_over,
        hides=one.hides,
        matched=rule.matched,
        last_matched_at=rule.last_matched_at,
    )


resource = Resource(id="suppressions", router=router)
