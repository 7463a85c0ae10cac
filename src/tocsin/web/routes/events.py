"""
The events: what happens, as it happens, as server-sent events.

Each event is an entry of the journal that the caller may see. Its `id` is the entry's position: a browser that comes
back sends it as `Last-Event-ID` and misses nothing. Whoever reads too slowly is cut off, and comes back.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse

from tocsin.app.access.guard import Guard, is_still_good
from tocsin.app.serving.feed import Client, Feed, read
from tocsin.app.unbroken import unbroken
from tocsin.model.errors import StoreError, Unacceptable
from tocsin.respond.access.sight import may_see
from tocsin.respond.journal import Entry
from tocsin.web.asking import GUARD, Caller, needs
from tocsin.web.resource import Resource

HEARTBEAT_SECONDS = 15.0
"""Proxies close what is silent for 30 or 60 seconds."""
RETRY_MILLISECONDS = 2_000
LONGEST_NUMBER = 18
router = APIRouter(prefix="/events")


class EventStream(StreamingResponse):
    """An answer that goes on (HTML standard, section 9.2)."""

    media_type = "text/event-stream"


@router.get("", response_class=EventStream)
async def events(
    request: Request,
    guard: Annotated[Guard, GUARD],
    caller: Annotated[Caller, needs("self")],
    last: Annotated[str, Header(alias="Last-Event-ID", max_length=LONGEST_NUMBER)] = "",
    after: Annotated[str, Query(max_length=LONGEST_NUMBER, description="Like Last-Event-ID; -1 for all.")] = "",
) -> EventStream:
    """What the caller may see, from behind the last event, or from now on."""
    feed: Feed = request.app.state.feed
    feed.has_room(caller)
    return EventStream(_stream(guard, feed, caller, position_of(last or after)))


def position_of(text: str) -> int | None:
    """The position behind the last event that was seen; None for none. Raises `Unacceptable`."""
    if not text:
        return None
    if text != "-1" and not (text.isascii() and text.isdigit()):
        raise Unacceptable("Last-Event-ID: not one that this stream gave")
    return int(text) + 1


async def _stream(guard: Guard, feed: Feed, caller: Caller, begin: int | None) -> AsyncIterator[bytes]:
    with feed.connected(caller) as client:
        yield f"retry: {RETRY_MILLISECONDS}\n: tocsin\n\n".encode()
        told = -1
        async for entry in _missed(guard, caller, begin):
            told = entry.position
            yield event(entry)
        async for part in _live(guard, client, told):
            yield part


async def _missed(guard: Guard, caller: Caller, position: int | None) -> AsyncIterator[Entry]:
    """What was entered since, up to now."""
    while position is not None:
        entries, viewers = await unbroken(read, guard.desk, position)
        for entry in entries:
            if may_see(caller, entry, viewers):
                yield entry
        position = entries[-1].position + 1 if entries else None


async def _live(guard: Guard, client: Client, told: int) -> AsyncIterator[bytes]:
    """What is entered from now on, and a sign of life; ends with the session, or when the client is too slow."""
    looked_at = guard.desk.clock()
    while not client.is_cut or not client.waiting.empty():
        entry = await _next(client)
        if entry is None or guard.desk.clock() - looked_at >= HEARTBEAT_SECONDS:
            if not await _is_good(guard, client.caller):
                return
            looked_at = guard.desk.clock()
        if entry is None:
            yield b": alive\n\n"
        elif entry.position > told:
            yield event(entry)


async def _next(client: Client) -> Entry | None:
    """The next entry for a client; None when none came for a while."""
    try:
        async with asyncio.timeout(HEARTBEAT_SECONDS):
            return await client.waiting.get()
    except TimeoutError:
        return None


async def _is_good(guard: Guard, caller: Caller) -> bool:
    try:
        return await unbroken(is_still_good, guard, caller)
    except StoreError:
        return True  # it was good, and nothing can be told while the store is away


def event(entry: Entry) -> bytes:
    """An entry as a server-sent event. JSON has no line ends of its own: nobody's text can end it."""
    told = {
        "position": entry.position,
        "stream": entry.stream,
        "sequence": entry.sequence,
        "kind": entry.kind,
        "actor": str(entry.actor),
        "occurred_at": entry.occurred_at,
        "recorded_at": entry.recorded_at,
        "data": dict(entry.data),
    }
    return f"id: {entry.position}\nevent: {entry.stream.partition(':')[0]}\ndata: {json.dumps(told)}\n\n".encode()


resource = Resource(id="events", router=router)
