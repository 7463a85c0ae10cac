"""
The API keys: what programs show as `Authorization: Bearer`. A key is shown once, when it is made.

A key may do no more than whoever made it.
"""

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from tocsin.app.access import keys as access_keys
from tocsin.app.access.audit import Trace
from tocsin.app.access.guard import Guard
from tocsin.app.access.keys import NewKey
from tocsin.respond.access.accounts import Key
from tocsin.web.asking import GUARD, PAGE, TRACE, Caller, Listing, Page, needs
from tocsin.web.resource import Resource

router = APIRouter(prefix="/keys")


class OneKey(BaseModel):
    id: str
    name: Annotated[str, Field(description="Of the program: its actor is service:NAME.")]
    prefix: Annotated[str, Field(description="How the key begins.")]
    scopes: list[str]
    networks: list[str]
    created_by: str
    created_at: float
    ends_at: float | None
    revoked_at: float | None
    last_used_at: float | None
    last_address: str


class AddKey(BaseModel):
    name: Annotated[str, Field(min_length=1, max_length=63)]
    scopes: Annotated[list[Annotated[str, Field(max_length=40)]], Field(min_length=1, max_length=40)]
    networks: Annotated[list[Annotated[str, Field(max_length=50)]], Field(max_length=50)] = []
    days: Annotated[float | None, Field(gt=0, le=3_660, description="How long it is good; null for ever.")] = 365


class Added(BaseModel):
    key: OneKey
    secret: Annotated[str, Field(description="The key itself, shown this once.")]


@router.get("")
def keys(
    guard: Annotated[Guard, GUARD], _caller: Annotated[Caller, needs("user:read")], page: Annotated[Page, PAGE]
) -> Listing[OneKey]:
    """The keys, in the order they were made."""
    found = access_keys.keys(guard, after=page.cursor, limit=page.fetch)
    return page.listing([_shown(each) for each in found], lambda each: each.id)


@router.post("", status_code=201)
def add(
    guard: Annotated[Guard, GUARD],
    trace: Annotated[Trace, TRACE],
    caller: Annotated[Caller, needs("user:write")],
    body: AddKey,
) -> Added:
    """Make a key."""
    seconds = None if body.days is None else body.days * 86_400.0
    new = NewKey(name=body.name, scopes=tuple(body.scopes), networks=tuple(body.networks), seconds=seconds)
    key, secret = access_keys.add_key(guard, caller.actor, new, trace, within=caller.scopes)
    return Added(key=_shown(key), secret=secret)


@router.delete("/{key}", status_code=204)
def revoke(
    guard: Annotated[Guard, GUARD],
    trace: Annotated[Trace, TRACE],
    caller: Annotated[Caller, needs("user:write")],
    key: Annotated[str, Path(max_length=64)],
) -> None:
    """End a key, named by its id or prefix."""
    access_keys.revoke_key(guard, caller.actor, key, trace)


def _shown(key: Key) -> OneKey:
    return OneKey(
        id=key.id,
        name=key.name,
        prefix=key.prefix,
        scopes=list(key.scopes),
        networks=list(key.networks),
        created_by=key.created_by,
        created_at=key.created_at,
        ends_at=key.ends_at,
        revoked_at=key.revoked_at,
        last_used_at=key.last_used_at,
        last_address=key.last_address,
    )


resource = Resource(id="keys", router=router)
