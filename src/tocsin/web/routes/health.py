"""
The health of this process. Whether it is alive and ready is told to everybody, in one word; the rest needs a scope.
"""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from tocsin.app.desk import Desk
from tocsin.app.serving.readiness import Readiness, is_ready, readiness
from tocsin.web.asking import DESK, OPEN, Caller, needs
from tocsin.web.resource import Resource

router = APIRouter(prefix="/health")


class Word(BaseModel):
    status: Literal["ok", "unavailable"]


class Follower(BaseModel):
    name: str
    behind: Annotated[int, Field(description="Entries of the journal that it has not acted on.")]


class OpenAlert(BaseModel):
    key: str
    kind: str
    chain_id: int | None
    detail: str
    times: int


class Details(BaseModel):
    journal: Annotated[int, Field(description="Entries.")]
    followers: list[Follower]
    alerts: Annotated[list[OpenAlert], Field(description="What hinders the watching and the response, now.")]


@router.get("/live")
def live(_nobody: Annotated[Caller | None, OPEN]) -> Word:
    """Whether the process answers."""
    return Word(status="ok")


@router.get("/ready", responses={503: {"model": Word}})
def ready(desk: Annotated[Desk, DESK], _nobody: Annotated[Caller | None, OPEN], response: Response) -> Word:
    """Whether it can work: the store can be written, and nobody who follows the journal is far behind."""
    if is_ready(desk):
        return Word(status="ok")
    response.status_code = 503
    return Word(status="unavailable")


@router.get("")
def details(desk: Annotated[Desk, DESK], _caller: Annotated[Caller, needs("health:read")]) -> Details:
    """What is behind, and what is wrong."""
    found: Readiness = readiness(desk)
    shown: list[dict[str, Any]] = [
        {"key": each.key, "kind": each.kind, "chain_id": each.chain_id, "detail": each.detail, "times": each.times}
        for each in found.alerts
    ]
    return Details(
        journal=found.journal,
        followers=[Follower(name=name, behind=behind) for name, behind in found.behind.items()],
        alerts=[OpenAlert(**each) for each in shown],
    )


resource = Resource(id="health", router=router)
