"""
The audit: who did what, or tried to, when, from where. It is a stream of the journal and can only grow.

A question looks through a bounded number of entries: a page may be short, or empty, and have a `next` all the same.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from tocsin.app.access import audit
from tocsin.app.access.audit import Wanted
from tocsin.app.desk import Desk
from tocsin.web.asking import DESK, PAGE, Caller, Listing, Page, needs
from tocsin.web.resource import Resource

router = APIRouter(prefix="/audit")


class OneEntry(BaseModel):
    sequence: int
    position: Annotated[int, Field(description="In the journal: the number of its leaf in the tree.")]
    action: str
    actor: str
    object: str
    request_id: str
    address: str
    after: Annotated[str, Field(description="The digest of the answer to what was written.")]
    occurred_at: float
    recorded_at: float
    digest: str
    data: dict[str, Any]


@router.get("")
def entries(  # noqa: PLR0913, PLR0917 - what FastAPI passes by name
    desk: Annotated[Desk, DESK],
    _caller: Annotated[Caller, needs("audit:read")],
    page: Annotated[Page, PAGE],
    actor: Annotated[str, Query(max_length=100, description="Such as user:ada.")] = "",
    action: Annotated[str, Query(max_length=100, description="Such as logged_in.")] = "",
    thing: Annotated[str, Query(alias="object", max_length=500, description="Such as user:ada, or a path.")] = "",
    request_id: Annotated[str, Query(max_length=64)] = "",
    address: Annotated[str, Query(max_length=64)] = "",
    since: Annotated[float, Query(ge=0, le=1e11, description="Seconds since 1970.")] = 0.0,
    until: Annotated[float, Query(ge=0, le=1e11, description="Seconds since 1970.")] = 1e11,
) -> Listing[OneEntry]:
    """The entries that fit, the newest first."""
    wanted = Wanted(
        actor=actor,
        action=action,
        object=thing,
        request_id=request_id,
        address=address,
        since=since,
        until=until,
    )
    found, more = audit.find(desk, wanted, before=page.number(), limit=page.limit)
    return page.part([OneEntry(**audit.shown(entry)) for entry in found], None if more is None else str(more))


resource = Resource(id="audit", router=router)
