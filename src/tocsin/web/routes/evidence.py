"""
Evidence: bytes in custody, who did what with them, and sealed bundles that anybody can verify.

Whoever reads the bytes says why, and stands in the custody record. Evidence of a restricted incident is known only to
those who may see the incident. The bytes come as a file to be saved: no browser shows them as a page of ours.
"""

from collections.abc import Iterator
from typing import IO, Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Form, Query, Response, UploadFile
from fastapi.responses import FileResponse, StreamingResponse
from pydantic import BaseModel, Field
from starlette.background import BackgroundTask

from tocsin.app.desk import Desk
from tocsin.app.evidence import custody as app
from tocsin.app.evidence.export import exported
from tocsin.app.evidence.rules import Given
from tocsin.respond.evidence.item import Copy, Item, Type
from tocsin.respond.journal import Entry
from tocsin.web.asking import DESK, PAGE, Caller, Listing, Page, needs
from tocsin.web.resource import Resource

router = APIRouter()
READ, WRITE = "evidence:read", "evidence:write"
CHUNK_BYTES = 1 << 20
LARGEST_UPLOAD_BYTES = (1 << 32) + (1 << 20)
"""Over the API; [evidence] most_bytes may say less. Larger pieces are added at the command line."""
Id = Annotated[str, Field(max_length=60)]
Line = Annotated[str, Field(max_length=500)]
Why = Annotated[str, Field(min_length=1, max_length=2_000, description="It stands in the custody record for ever.")]
_FILE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The bytes.", "content": {"application/octet-stream": {}}}
}
_SAVED = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


class Piece(BaseModel):
    """A piece of evidence. Names and media types are as whoever gave it said: untrusted."""

    id: str
    sha256: str
    size: int
    type: Type
    name: str
    media: str
    source: str
    method: str
    tool: str
    copy_kind: Annotated[Copy, Field(description="What it is to what was found.")]
    parent: str | None
    incident: str | None
    state: Literal["kept", "released", "destroyed"]
    legal_hold: bool
    retain_until: float | None
    added_at: float
    added_by: str


class Act(BaseModel):
    """What somebody did with a piece; `before` and `after` are digests."""

    sequence: int
    kind: str
    actor: str
    occurred_at: float
    why: str
    before: str
    after: str
    to: str
    position: Annotated[int, Field(description="In the journal: the index of its leaf in the Merkle tree.")]


class Reason(BaseModel):
    """Why something is done, and by whose authority."""

    why: Why
    authority: Line = ""


class Hold(Reason):
    """Set or lift a legal hold."""

    is_on: bool = True


class Handing(Reason):
    """To whom it goes."""

    to: Annotated[str, Field(min_length=1, max_length=500)]


class Told(BaseModel):
    """What is told of uploaded bytes."""

    why: Why
    name: Annotated[str, Field(max_length=500, description="The file's name by default.")] = ""
    type: Type = Type.FILE
    incident: Annotated[str | None, Field(max_length=60)] = None
    source: Line = ""
    method: Line = ""
    tool: Line = ""
    sha256: Annotated[str, Field(max_length=64, description="Compared; refused where the bytes have another.")] = ""
    copy_kind: Copy = Copy.ORIGINAL
    parent: Annotated[str | None, Field(max_length=60)] = None
    file: UploadFile


@router.get("/evidence")
def find(
    desk: Annotated[Desk, DESK],
    caller: Annotated[Caller, needs(READ)],
    page: Annotated[Page, PAGE],
    incident: Annotated[str | None, Query(max_length=60, description="Its id or number.")] = None,
) -> Listing[Piece]:
    """What is kept, oldest first."""
    found = app.listing(desk, caller.actor, incident=incident, after=page.cursor, limit=page.fetch)
    return page.listing([_piece(item) for item in found], lambda piece: piece.id)


@router.post("/evidence", status_code=201, max_body_size=LARGEST_UPLOAD_BYTES)
def add(
    desk: Annotated[Desk, DESK],
    caller: Annotated[Caller, needs(WRITE)],
    told: Annotated[Told, Form(media_type="multipart/form-data")],
) -> Piece:
    """Take bytes into custody. A digest that comes with them is only compared."""
    given = Given(
        name=told.name or told.file.filename or "",
        why=told.why,
        type=told.type,
        media=told.file.content_type or "",
        source=told.source,
        method=told.method,
        tool=told.tool,
        copy=told.copy_kind,
        parent=told.parent,
        incident=told.incident,
    )
    return _piece(app.add(desk, caller.actor, given, _chunks(told.file.file), sha256=told.sha256))


@router.get("/evidence/{evidence}")
def show(desk: Annotated[Desk, DESK], caller: Annotated[Caller, needs(READ)], evidence: Id) -> Piece:
    """One piece."""
    return _piece(app.seen(desk, caller.actor, evidence))


@router.get("/evidence/{evidence}/custody")
def custody(desk: Annotated[Desk, DESK], caller: Annotated[Caller, needs(READ)], evidence: Id) -> list[Act]:
    """Who did what with it, and why, in order."""
    return [_act(entry) for entry in app.show(desk, caller.actor, evidence)[1]]


@router.get("/evidence/{evidence}/content", response_class=Response, responses=_FILE)
def content(
    desk: Annotated[Desk, DESK],
    caller: Annotated[Caller, needs(READ)],
    evidence: Id,
    why: Annotated[str, Query(min_length=1, max_length=2_000, description="It stands in the custody record.")],
) -> Response:
    """The bytes, held against their digest; the access is recorded."""
    item, chunks = app.get(desk, caller.actor, evidence, why)
    headers = {**_SAVED, "Content-Disposition": _attachment(item.name), "Content-Length": str(item.size)}
    return StreamingResponse(chunks, media_type="application/octet-stream", headers=headers)


@router.post("/evidence/{evidence}/hold")
def hold(desk: Annotated[Desk, DESK], caller: Annotated[Caller, needs(WRITE)], evidence: Id, body: Hold) -> Piece:
    """Set or lift a legal hold: while it is set nobody destroys the piece. For people."""
    app.hold(desk, caller.actor, evidence, body.why, on=body.is_on, by=body.authority)
    return _piece(app.seen(desk, caller.actor, evidence))


@router.post("/evidence/{evidence}/release")
def release(desk: Annotated[Desk, DESK], caller: Annotated[Caller, needs(WRITE)], evidence: Id, body: Handing) -> Piece:
    """Record that somebody else keeps it from now on."""
    app.release(desk, caller.actor, evidence, body.why, to=body.to)
    return _piece(app.seen(desk, caller.actor, evidence))


@router.post("/evidence/{evidence}/transfer")
def transfer(
    desk: Annotated[Desk, DESK], caller: Annotated[Caller, needs(WRITE)], evidence: Id, body: Handing
) -> Piece:
    """Record that it went from one keeper to another."""
    app.transfer(desk, caller.actor, evidence, body.why, to=body.to)
    return _piece(app.seen(desk, caller.actor, evidence))


@router.post("/evidence/{evidence}/destroy")
def destroy(desk: Annotated[Desk, DESK], caller: Annotated[Caller, needs(WRITE)], evidence: Id, body: Reason) -> Piece:
    """Take the bytes away for good; what was known of them stays. For people."""
    return _piece(app.destroy(desk, caller.actor, evidence, body.why, by=body.authority))


@router.post("/incidents/{incident}/evidence-bundle", response_class=Response, responses=_FILE)
def bundle(
    desk: Annotated[Desk, DESK], caller: Annotated[Caller, needs(WRITE)], incident: Id, body: Reason
) -> Response:
    """All evidence of an incident as a sealed bundle; the export stands in the custody record of every piece."""
    path, name = exported(desk, caller.actor, incident, body.why)
    headers = {**_SAVED, "Content-Disposition": _attachment(name)}
    return FileResponse(
        path, media_type="application/octet-stream", headers=headers, background=BackgroundTask(path.unlink)
    )


def _piece(item: Item) -> Piece:
    return Piece(
        id=item.id,
        sha256=item.sha256,
        size=item.size,
        type=item.type,
        name=item.name,
        media=item.media,
        source=item.source,
        method=item.method,
        tool=item.tool,
        copy_kind=item.copy,
        parent=item.parent,
        incident=item.incident,
        state=item.state.value,
        legal_hold=item.legal_hold,
        retain_until=item.retain_until,
        added_at=item.added_at,
        added_by=item.added_by,
    )


def _act(entry: Entry) -> Act:
    return Act(
        sequence=entry.sequence,
        kind=entry.kind,
        actor=str(entry.actor),
        occurred_at=entry.occurred_at,
        why=str(entry.data.get("why", "")),
        before=str(entry.data.get("before", "")),
        after=str(entry.data.get("after", "")),
        to=str(entry.data.get("to", "")),
        position=entry.position,
    )


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    while chunk := file.read(CHUNK_BYTES):
        yield chunk


def _attachment(name: str) -> str:
    """To be saved under its name (RFC 6266), which may hold anything that can be shown."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "_" for c in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


resource = Resource(id="evidence", router=router)
