"""
Numbers: how response goes, worked out from the journal.

Durations are in seconds, shares from 0 to 1; null where there is nothing to say. Exercises stand apart.
"""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, Field

from tocsin.app import numbers as app
from tocsin.app.clocks.clocks import catch_up
from tocsin.app.desk import Desk
from tocsin.model.priority import Priority
from tocsin.respond.numbers.figures import Figures as Known
from tocsin.respond.numbers.figures import Wanted
from tocsin.respond.numbers.periods import Period
from tocsin.respond.triage.verdicts import Verdict
from tocsin.web.asking import DESK, Caller, needs
from tocsin.web.resource import Resource

router = APIRouter(prefix="/numbers")


class Spread(BaseModel):
    """How durations are spread, in seconds."""

    count: int
    median: float | None
    mean: float | None
    p90: Annotated[float | None, Field(description="Nine in ten took no longer.")]


class Compliance(BaseModel):
    """How often a clock was met. Waived is not met."""

    clock: str
    priority: Annotated[str, Field(description="Empty where priority does not matter.")]
    met: int
    breached: int
    waived: int
    open: int
    share_met: float | None


class Quality(BaseModel):
    """What people said of one source's alerts."""

    detector: str
    alerts: int
    verdicts: dict[Verdict, int]
    precision: float | None
    interval: Annotated[tuple[float, float] | None, Field(description="95 % of the precision (Wilson).")]
    noise: Annotated[list[tuple[str, int]], Field(description="Why alerts were not needed, most frequent first.")]
    unjudged: int
    oldest_unjudged_seconds: float | None


class Figures(BaseModel):
    """The numbers of one period."""

    period: Annotated[str, Field(description="2026-03-02, 2026-W10, 2026-03; empty for all.")]
    incidents: int
    by_priority: dict[Priority, int]
    durations: Annotated[
        dict[str, Spread], Field(description="detect, triage, acknowledge, respond, qualify, contain, resolve.")
    ]
    clocks: list[Compliance]
    alerts: int
    alerts_escalated: int
    alert_acknowledge: Spread
    alert_close: Spread
    quality: list[Quality]


class Numbers(BaseModel):
    """The numbers of every period that has any, oldest first."""

    items: list[Figures]


@router.get("")
def find(
    desk: Annotated[Desk, DESK],
    _caller: Annotated[Caller, needs("report:read")],
    since: Annotated[AwareDatetime | None, Query(alias="from", description="From then on.")] = None,
    until: Annotated[AwareDatetime | None, Query(alias="to", description="Before then.")] = None,
    team: Annotated[str, Query(max_length=60, description="Of this team of the estate only.")] = "",
    by: Annotated[Period, Query(description="One set of numbers for each.")] = Period.ALL,
    exercises: Annotated[bool, Query(description="Exercises, and nothing real.")] = False,
) -> Numbers:
    """Durations, clocks met and breached, and how good alerts are."""
    catch_up(desk)
    wanted = Wanted(
        since=since.timestamp() if since else 0.0,
        until=until.timestamp() if until else float("inf"),
        team=team,
        period=by,
        is_exercise=exercises,
    )
    return Numbers(items=[_figures(each) for each in app.numbers(desk, wanted)])


def _figures(known: Known) -> Figures:
    clocks = [{**asdict(each), "share_met": each.share_met} for each in known.clocks]
    return Figures.model_validate({**asdict(known), "clocks": clocks})


resource = Resource(id="numbers", router=router)
