"""
Reports and exports of incidents, made of the journal as it stands when they are asked for.

That one was made, by whom, and its digest stand in the audit.
"""

import base64
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from tocsin.app import reports as app
from tocsin.app.desk import Desk
from tocsin.app.reports import Form, Made
from tocsin.respond.reports.building import kinds, sections
from tocsin.web.asking import DESK, Caller, needs
from tocsin.web.resource import Resource

router = APIRouter()
READ, WRITE = "report:read", "report:write"
Name = Annotated[str, Field(max_length=60)]
Kind = Literal["incident", "executive", "regulator", "review"]
_FILE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file.", "content": {"application/octet-stream": {}}}
}


class SectionOf(BaseModel):
    """A section that a report may have."""

    id: str
    title: str
    kinds: Annotated[list[str], Field(description="The kinds of reports that have it.")]


class Kept(BaseModel):
    """A report that was kept as evidence."""

    evidence: str
    name: str
    sha256: str
    size: int


class Wanted(BaseModel):
    """Which report to keep."""

    kind: Kind = "incident"
    form: Form = Form.PDF
    sections: Annotated[list[Annotated[str, Field(max_length=40)]], Field(max_length=40)] = []
    why: Annotated[str, Field(min_length=1, max_length=1_000)]


@router.get("/report-sections")
def list_sections(_caller: Annotated[Caller, needs(READ)]) -> list[SectionOf]:
    """The sections of reports, in the order in which they stand."""
    return [
        SectionOf(id=each.id, title=each.title, kinds=[kind for kind, chosen in kinds().items() if each.id in chosen])
        for each in sections().values()
    ]


@router.get("/incidents/{incident}/report", response_class=Response, responses=_FILE)
def report(
    desk: Annotated[Desk, DESK],
    caller: Annotated[Caller, needs(READ)],
    incident: Name,
    form: Annotated[Form, Query(description="In which form.")] = Form.MARKDOWN,
    kind: Annotated[Kind, Query(description="Of which kind.")] = "incident",
    section: Annotated[list[str] | None, Query(max_length=40, description="Only these sections.")] = None,
) -> Response:
    """A report of an incident."""
    return _file(app.report(desk, caller.actor, incident, form=form, kind=kind, sections=section or ()))


@router.post("/incidents/{incident}/reports", status_code=201)
def keep(desk: Annotated[Desk, DESK], caller: Annotated[Caller, needs(WRITE)], incident: Name, body: Wanted) -> Kept:
    """Make a report and keep it as evidence of the incident."""
    made = app.report(desk, caller.actor, incident, form=body.form, kind=body.kind, sections=body.sections)
    item = app.keep(desk, caller.actor, made, body.why)
    return Kept(evidence=item.id, name=item.name, sha256=item.sha256, size=item.size)


@router.get("/incidents/{incident}/export/{form}", response_class=Response, responses=_FILE)
def export(desk: Annotated[Desk, DESK], caller: Annotated[Caller, needs(READ)], incident: Name, form: Name) -> Response:
    """An incident for other programs: stix, misp, ocsf, timeline-csv."""
    return _file(app.export(desk, caller.actor, incident, form))


def _file(made: Made) -> Response:
    """To be saved, never shown by a browser as a page of ours."""
    headers = {
        "Content-Disposition": f'attachment; filename="{made.name}"',
        "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'",
        "Content-Digest": f"sha-256=:{base64.b64encode(bytes.fromhex(made.sha256)).decode()}:",
    }
    return Response(made.content, media_type=made.media_type, headers=headers)


resource = Resource(id="reports", router=router)
