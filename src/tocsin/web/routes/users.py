"""
The users: who may log in, with which roles; for administrators.

A new user without a password gets an invitation: its token is shown once, and lets him choose a password.
"""

from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field

from tocsin.app.access import own as access_own
from tocsin.app.access import users as access_users
from tocsin.app.access.audit import Trace
from tocsin.app.access.guard import Guard
from tocsin.app.access.users import Change, NewUser
from tocsin.respond.access.accounts import User
from tocsin.respond.access.roles import ROLES, scopes_of
from tocsin.web.asking import EXPECTED, GUARD, PAGE, TRACE, Caller, Listing, Page, needs, tag
from tocsin.web.resource import Resource
from tocsin.web.routes.session import OpenSession, shown

router = APIRouter(prefix="/users")
Reads = Annotated[Caller, needs("user:read")]
Writes = Annotated[Caller, needs("user:write")]
UserId = Annotated[str, Path(max_length=63)]
Roles = Annotated[list[Annotated[str, Field(max_length=40)]], Field(max_length=20)]


class OneUser(BaseModel):
    id: str
    name: str
    roles: list[str]
    scopes: Annotated[list[str], Field(description="What the roles come to.")]
    is_disabled: bool
    is_break_glass: Annotated[bool, Field(description="For emergencies: every use needs a reason and raises an alarm.")]
    has_password: bool
    has_totp: bool
    is_of_provider: Annotated[bool, Field(description="Logs in at the OpenID Connect provider.")]
    version: int
    created_at: float


class AddUser(BaseModel):
    id: Annotated[str, Field(min_length=1, max_length=63)]
    name: Annotated[str, Field(max_length=100)] = ""
    roles: Roles
    password: Annotated[str, Field(max_length=1_024, description="Empty: an invitation.")] = ""
    is_break_glass: bool = False


class Added(BaseModel):
    user: OneUser
    invitation: Annotated[str, Field(description="The token, shown this once; empty where there is a password.")]


class ChangeUser(BaseModel):
    name: Annotated[str | None, Field(max_length=100)] = None
    roles: Roles | None = None
    is_disabled: bool | None = None
    is_break_glass: bool | None = None


class Invitation(BaseModel):
    invitation: str


class Note(BaseModel):
    note: Annotated[str, Field(min_length=1, max_length=2_000)]


class Role(BaseModel):
    id: str
    scopes: list[str]


@router.get("/roles")
def roles(_caller: Reads) -> list[Role]:
    """The roles there are, and what each may."""
    return [Role(id=name, scopes=sorted(scopes)) for name, scopes in ROLES.items()]


@router.get("")
def users(guard: Annotated[Guard, GUARD], _caller: Reads, page: Annotated[Page, PAGE]) -> Listing[OneUser]:
    """The users, by name."""
    found = access_users.users(guard, after=page.cursor, limit=page.fetch)
    return page.listing([_shown(each) for each in found], lambda each: each.id)


@router.post("", status_code=201)
def add(guard: Annotated[Guard, GUARD], trace: Annotated[Trace, TRACE], caller: Writes, body: AddUser) -> Added:
    """Add a user."""
    new = NewUser(
        id=body.id,
        name=body.name,
        roles=tuple(body.roles),
        password=body.password,
        is_break_glass=body.is_break_glass,
    )
    user, token = access_users.add_user(guard, caller.actor, new, trace)
    return Added(user=_shown(user), invitation=token)


@router.get("/{user}")
def one(guard: Annotated[Guard, GUARD], _caller: Reads, user: UserId, response: Response) -> OneUser:
    """One user."""
    found = access_users.user(guard, user)
    tag(response, found.version)
    return _shown(found)


@router.patch("/{user}")
def change(  # noqa: PLR0913, PLR0917 - what FastAPI passes by name
    guard: Annotated[Guard, GUARD],
    trace: Annotated[Trace, TRACE],
    caller: Writes,
    user: UserId,
    body: ChangeUser,
    expected: Annotated[int | None, EXPECTED],
    response: Response,
) -> OneUser:
    """Change a user. Who is disabled is logged out at once."""
    new = Change(
        name=body.name,
        roles=None if body.roles is None else tuple(body.roles),
        is_disabled=body.is_disabled,
        is_break_glass=body.is_break_glass,
    )
    found = access_users.change(guard, caller.actor, user, new, trace, expected=expected)
    tag(response, found.version)
    return _shown(found)


@router.post("/{user}/reset")
def reset(guard: Annotated[Guard, GUARD], trace: Annotated[Trace, TRACE], caller: Writes, user: UserId) -> Invitation:
    """Take password, second factors and sessions from a user, and invite him anew."""
    return Invitation(invitation=access_users.reset(guard, caller.actor, user, trace))


@router.post("/{user}/reviewed", status_code=204)
def reviewed(
    guard: Annotated[Guard, GUARD], trace: Annotated[Trace, TRACE], caller: Writes, user: UserId, body: Note
) -> None:
    """Say that the use of an account for emergencies was looked into: ends its alarm."""
    access_users.reviewed(guard, caller.actor, user, body.note, trace)


@router.get("/{user}/sessions")
def sessions(guard: Annotated[Guard, GUARD], caller: Reads, user: UserId) -> list[OpenSession]:
    """A user's sessions."""
    access_users.user(guard, user)
    return [shown(each, caller) for each in access_own.sessions_of(guard, user)]


@router.delete("/{user}/sessions/{session}", status_code=204)
def revoke(
    guard: Annotated[Guard, GUARD],
    trace: Annotated[Trace, TRACE],
    caller: Writes,
    user: UserId,
    session: Annotated[str, Path(max_length=64)],
) -> None:
    """End a user's session."""
    access_own.revoke(guard, caller, user, session, trace)


def _shown(user: User) -> OneUser:
    return OneUser(
        id=user.id,
        name=user.name,
        roles=list(user.roles),
        scopes=sorted(scopes_of(user.roles)),
        is_disabled=user.is_disabled,
        is_break_glass=user.is_break_glass,
        has_password=bool(user.password_hash),
        has_totp=bool(user.totp_sealed),
        is_of_provider=user.oidc_subject is not None,
        version=user.version,
        created_at=user.created_at,
    )


resource = Resource(id="users", router=router)
