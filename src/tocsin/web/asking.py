"""What a route function may ask for: who asks, the desk, a page of a listing, the state the caller thinks of."""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Depends, Header, Query, Request, Response
from pydantic import BaseModel, Field

from tocsin.app.access.audit import Trace
from tocsin.app.access.guard import Guard
from tocsin.app.desk import Desk
from tocsin.model.errors import Unacceptable, Unauthenticated
from tocsin.respond.access.caller import Caller
from tocsin.respond.access.forgery import SAFE_METHODS
from tocsin.respond.access.scopes import known
from tocsin.web.ledger import began

__all__ = [
    "DESK",
    "EXPECTED",
    "GUARD",
    "OPEN",
    "PAGE",
    "TRACE",
    "Caller",
    "Listing",
    "Needs",
    "Open",
    "Page",
    "needs",
    "tag",
]
MOST_ITEMS = 200
"""Of one page of a listing."""
USUAL_ITEMS = 50
LONGEST_CURSOR = 1_024
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Needs:
    """The scope a route needs: a test reads it from every route."""

    scope: str

    async def __call__(self, request: Request) -> Caller:
        """
        Who asks; where it is to write, that it begins is recorded first.

        Raises `Unauthenticated`, `NotAllowed`, `StoreError`.
        """
        state = request.scope["state"]
        state["needs"] = self.scope
        caller: Caller | None = state["caller"]
        if caller is None:
            raise Unauthenticated(state.get("refusal") or "log in, or send an API key")
        caller.must(self.scope)
        if request.method not in SAFE_METHODS:
            await began(request.app.state.guard, request.scope, caller.actor, self.scope)
        return caller


@dataclass(frozen=True, slots=True)
class Open:
    """Says of a route that nobody must be known for it."""

    async def __call__(self, request: Request) -> Caller | None:
        """Who asks, where that is known."""
        caller: Caller | None = request.scope["state"]["caller"]
        return caller


def needs(scope: str) -> Any:
    """Who asks, with this scope: `caller: Annotated[Caller, needs("incident:read")]`. Raises for an unknown scope."""
    (checked,) = known([scope])
    return Depends(Needs(checked))


OPEN = Depends(Open())
"""Of a route that nobody must be known for: `caller: Annotated[Caller | None, OPEN]`."""


async def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


DESK = Depends(_desk)
"""The desk: `desk: Annotated[Desk, DESK]`."""


async def _guard(request: Request) -> Guard:
    guard: Guard = request.app.state.guard
    return guard


GUARD = Depends(_guard)
"""Who lets people in: `guard: Annotated[Guard, GUARD]`."""


async def _trace(request: Request) -> Trace:
    trace: Trace = request.scope["state"]["trace"]
    return trace


TRACE = Depends(_trace)
"""Where the request comes from, for the audit: `trace: Annotated[Trace, TRACE]`."""


class Listing(BaseModel, Generic[T]):
    """A part of a longer list."""

    items: list[T]
    next: Annotated[str | None, Field(description="The `cursor` of the next part; null at the end.")] = None


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is asked for."""

    cursor: str
    """What `listing` was told of the last item of the part before; empty for the first part. Whoever asks can make
    one up: check it like any other input."""
    limit: int

    @property
    def fetch(self) -> int:
        """How many to read: one more than are shown tells whether there are more."""
        return self.limit + 1

    def listing(self, found: Sequence[T], place: Callable[[T], str]) -> Listing[T]:
        """This part of at most `fetch` items that were found, in order; `place` is the cursor of an item."""
        shown = list(found[: self.limit])
        more = len(found) > self.limit
        return Listing(items=shown, next=_sealed(place(shown[-1])) if more and shown else None)

    def part(self, items: Sequence[T], more: str | None) -> Listing[T]:
        """This part, where the resource knows by itself where the next one begins; None at the end."""
        return Listing(items=list(items), next=None if more is None else _sealed(more))

    def number(self) -> int | None:
        """The cursor, where it is a number of 63 bits; None for the first part. Raises `Unacceptable`."""
        if not self.cursor:
            return None
        if not (self.cursor.isascii() and self.cursor.isdigit() and len(self.cursor) < 19):
            raise Unacceptable("cursor: none of this listing; begin without one")
        return int(self.cursor)


def _page(
    cursor: Annotated[str, Query(max_length=LONGEST_CURSOR, description="`next` of the part before.")] = "",
    limit: Annotated[int, Query(ge=1, le=MOST_ITEMS, description="Most items of one part.")] = USUAL_ITEMS,
) -> Page:
    return Page(_opened(cursor), limit)


PAGE = Depends(_page)
"""A part of a listing: `page: Annotated[Page, PAGE]`."""


def _sealed(place: str) -> str:
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def _opened(cursor: str) -> str:
    try:
        return base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise Unacceptable("cursor: not one that a listing gave; begin without one") from None


def _expected(
    if_match: Annotated[
        str | None, Header(max_length=64, description="The ETag that was seen: refused when it is another by now.")
    ] = None,
) -> int | None:
    if if_match is None or if_match.strip() == "*":
        return None
    number = if_match.strip().removeprefix('"').removesuffix('"')
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        raise Unacceptable("If-Match: not an ETag of this API; send the one of the answer you saw, with its quotes")
    return int(number)


EXPECTED = Depends(_expected)
"""How many entries the caller thinks there are: `expected: Annotated[int | None, EXPECTED]`; None for any."""


def tag(response: Response, sequence: int) -> None:
    """Give the answer its ETag: the number of entries of what it shows."""
    response.headers["ETag"] = f'"{sequence}"'
