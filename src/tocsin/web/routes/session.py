"""
The session: logging in, the second factor, logging out, and what everybody sees to for his own account.

`POST /session` with name and password gives a cookie. Where a second factor is set up, the session is of no use until
it came; `due` says which. A passkey can stand for name and password too.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, Field

from tocsin.app.access import login as access_login
from tocsin.app.access import oidc as access_oidc
from tocsin.app.access import own as access_own
from tocsin.app.access import passkeys as access_passkeys
from tocsin.app.access import users as access_users
from tocsin.app.access.audit import Trace
from tocsin.app.access.guard import Guard, Login
from tocsin.app.access.login import Attempt
from tocsin.app.access.users import NewUser
from tocsin.respond.access.accounts import SESSION_SECONDS, Session
from tocsin.web.asking import GUARD, OPEN, TRACE, Caller, needs
from tocsin.web.entrance import cookie_name
from tocsin.web.resource import Resource

router = APIRouter(prefix="/session")
STATE_COOKIE = "tocsin_login"
Password = Annotated[str, Field(max_length=1_024)]
Code = Annotated[str, Field(min_length=1, max_length=64)]
Token = Annotated[str, Field(min_length=1, max_length=200)]
Name = Annotated[str, Field(max_length=100)]
Nobody = Annotated[Caller | None, OPEN]
Self = Annotated[Caller, needs("self")]


class LogIn(BaseModel):
    user: Annotated[str, Field(min_length=1, max_length=63)]
    password: Password
    reason: Annotated[str, Field(max_length=1_000, description="Why; for accounts for emergencies.")] = ""


class LoggedIn(BaseModel):
    user: str
    roles: list[str]
    due: Annotated[list[str], Field(description="Second factors of which one is due: totp, passkey, recovery.")]
    ends_at: Annotated[float, Field(description="Seconds since 1970.")]


class Own(BaseModel):
    id: str
    name: str
    roles: list[str]
    scopes: list[str]
    factors: list[str]
    passkeys: list["OwnPasskey"]
    recovery_codes_left: int


class OwnPasskey(BaseModel):
    id: str
    name: str
    created_at: float
    last_used_at: float | None


class OpenSession(BaseModel):
    id: str
    created_at: float
    seen_at: float
    ends_at: float
    address: str
    agent: Annotated[str, Field(description="What the browser calls itself: not to be trusted.")]
    is_this: bool


class CodeBody(BaseModel):
    code: Code


class SetUp(BaseModel):
    token: Token
    user: Annotated[str, Field(min_length=1, max_length=63)]
    name: Name = ""
    password: Password


class Accept(BaseModel):
    token: Token
    password: Password


class NewPassword(BaseModel):
    old_password: Password
    new_password: Password


class Authenticator(BaseModel):
    secret: str
    link: Annotated[str, Field(description="For a QR code.")]


class RecoveryCodes(BaseModel):
    recovery_codes: Annotated[list[str], Field(description="Shown this once; empty where there were some already.")]


class ShownPasskey(BaseModel):
    credential: Annotated[dict[str, Any], Field(description="PublicKeyCredential.toJSON().", max_length=20)]
    reason: Annotated[str, Field(max_length=1_000)] = ""


class NewPasskey(BaseModel):
    credential: Annotated[dict[str, Any], Field(description="PublicKeyCredential.toJSON().", max_length=20)]
    name: Annotated[str, Field(min_length=1, max_length=100)]


class Ended(BaseModel):
    ended: int


@router.post("")
def log_in(
    request: Request,
    response: Response,
    guard: Annotated[Guard, GUARD],
    trace: Annotated[Trace, TRACE],
    _nobody: Nobody,
    body: LogIn,
) -> LoggedIn:
    """Log in by name and password."""
    attempt = Attempt(user=body.user, password=body.password, reason=body.reason, agent=_agent(request))
    return _let_in(response, guard, access_login.log_in(guard, attempt, trace))


@router.post("/code")
def second_factor(
    request: Request,
    response: Response,
    guard: Annotated[Guard, GUARD],
    trace: Annotated[Trace, TRACE],
    _nobody: Nobody,
    body: CodeBody,
) -> LoggedIn:
    """Complete a login with a one-time code or a recovery code."""
    return _let_in(response, guard, access_login.second_factor(guard, _token(request), body.code, trace))


@router.post("/passkey/options")
def passkey_options(request: Request, guard: Annotated[Guard, GUARD], _nobody: Nobody) -> dict[str, Any]:
    """What `navigator.credentials.get()` needs, to complete a login or for one without name and password."""
    return dict(access_passkeys.begin_login(guard, _token(request)))


@router.post("/passkey")
def passkey(
    request: Request,
    response: Response,
    guard: Annotated[Guard, GUARD],
    trace: Annotated[Trace, TRACE],
    _nobody: Nobody,
    body: ShownPasskey,
) -> LoggedIn:
    """Log in with a passkey, or complete a login."""
    shown = access_passkeys.Shown(credential=body.credential, reason=body.reason, agent=_agent(request))
    return _let_in(response, guard, access_passkeys.log_in(guard, _token(request), shown, trace))


@router.get("/oidc", response_class=RedirectResponse, status_code=303)
def oidc(guard: Annotated[Guard, GUARD], _nobody: Nobody) -> Response:
    """Go to the login provider."""
    url, state = access_oidc.begin(guard)
    answer = RedirectResponse(url, status_code=303)
    _set(answer, guard, STATE_COOKIE, state, access_oidc.STATE_SECONDS, same_site="lax")
    return answer


@router.get("/oidc/callback", response_class=HTMLResponse)
def oidc_callback(
    request: Request,
    guard: Annotated[Guard, GUARD],
    trace: Annotated[Trace, TRACE],
    _nobody: Nobody,
    code: Annotated[str, Query(max_length=4_096)] = "",
    state: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """Come back from the login provider."""
    kept = request.cookies.get(STATE_COOKIE, "")
    returned = access_oidc.Returned(code=code, state=state, browser_state=kept, agent=_agent(request))
    login = access_oidc.finish(guard, returned, trace)
    # A page and not a redirect: browsers keep a strict cookie back from what another site redirected to.
    answer = HTMLResponse('<!doctype html><meta http-equiv="refresh" content="0; url=/"><title>tocsin</title>')
    _set(answer, guard, cookie_name(_public_url(guard)), login.token, SESSION_SECONDS)
    answer.delete_cookie(STATE_COOKIE)
    return answer


@router.post("/setup", status_code=201)
def set_up(guard: Annotated[Guard, GUARD], trace: Annotated[Trace, TRACE], _nobody: Nobody, body: SetUp) -> None:
    """Make the first user, with the token that `tocsin serve` printed."""
    new = NewUser(id=body.user, name=body.name, roles=(), password=body.password)
    access_users.set_up(guard, body.token, new, trace)


@router.post("/invitation", status_code=204)
def accept(guard: Annotated[Guard, GUARD], trace: Annotated[Trace, TRACE], _nobody: Nobody, body: Accept) -> None:
    """Choose a password with the token of an invitation."""
    access_users.accept(guard, body.token, body.password, trace)


@router.get("")
def own(guard: Annotated[Guard, GUARD], caller: Self) -> Own:
    """One's own account."""
    found = access_own.own(guard, caller)
    return Own(
        id=found.user.id,
        name=found.user.name,
        roles=list(found.user.roles),
        scopes=sorted(caller.scopes),
        factors=list(found.factors),
        passkeys=[
            OwnPasskey(id=key.id, name=key.name, created_at=key.created_at, last_used_at=key.last_used_at)
            for key in found.passkeys
        ],
        recovery_codes_left=found.recovery_codes_left,
    )


@router.delete("", status_code=204)
def log_out(response: Response, guard: Annotated[Guard, GUARD], trace: Annotated[Trace, TRACE], caller: Self) -> None:
    """Log out."""
    access_login.log_out(guard, caller, trace)
    _set(response, guard, cookie_name(_public_url(guard)), "", 0)


@router.get("/list")
def own_sessions(guard: Annotated[Guard, GUARD], caller: Self) -> list[OpenSession]:
    """One's own sessions."""
    return [shown(each, caller) for each in access_own.own_sessions(guard, caller)]


@router.delete("/list")
def revoke_others(guard: Annotated[Guard, GUARD], trace: Annotated[Trace, TRACE], caller: Self) -> Ended:
    """End all one's own sessions but this."""
    return Ended(ended=access_own.revoke_others(guard, caller, trace))


@router.delete("/list/{session}", status_code=204)
def revoke(guard: Annotated[Guard, GUARD], trace: Annotated[Trace, TRACE], caller: Self, session: str) -> None:
    """End one of one's own sessions."""
    access_own.revoke(guard, caller, access_own.person(caller), session, trace)


@router.put("/password", status_code=204)
def change_password(
    guard: Annotated[Guard, GUARD], trace: Annotated[Trace, TRACE], caller: Self, body: NewPassword
) -> None:
    """Take another password; all other sessions end."""
    access_own.change_password(guard, caller, body.old_password, body.new_password, trace)


@router.post("/totp")
def begin_totp(guard: Annotated[Guard, GUARD], caller: Self) -> Authenticator:
    """Begin to set up an authenticator."""
    secret, link = access_own.begin_totp(guard, caller)
    return Authenticator(secret=secret, link=link)


@router.put("/totp")
def confirm_totp(
    guard: Annotated[Guard, GUARD], trace: Annotated[Trace, TRACE], caller: Self, body: CodeBody
) -> RecoveryCodes:
    """Use the authenticator from now on; it gave this code."""
    return RecoveryCodes(recovery_codes=list(access_own.confirm_totp(guard, caller, body.code, trace)))


@router.delete("/totp", status_code=204)
def remove_totp(
    guard: Annotated[Guard, GUARD],
    trace: Annotated[Trace, TRACE],
    caller: Self,
    code: Annotated[str, Query(min_length=1, max_length=64)],
) -> None:
    """Use the authenticator no more."""
    access_own.remove_totp(guard, caller, code, trace)


@router.post("/recovery-codes")
def renew_recovery_codes(
    guard: Annotated[Guard, GUARD], trace: Annotated[Trace, TRACE], caller: Self, body: CodeBody
) -> RecoveryCodes:
    """New recovery codes; those before are worthless."""
    return RecoveryCodes(recovery_codes=list(access_own.renew_recovery_codes(guard, caller, body.code, trace)))


@router.post("/passkeys/options")
def new_passkey_options(guard: Annotated[Guard, GUARD], caller: Self) -> dict[str, Any]:
    """What `navigator.credentials.create()` needs."""
    return dict(access_passkeys.begin_registration(guard, caller))


@router.post("/passkeys", status_code=201)
def add_passkey(
    guard: Annotated[Guard, GUARD], trace: Annotated[Trace, TRACE], caller: Self, body: Annotated[NewPasskey, Body()]
) -> RecoveryCodes:
    """Keep a new passkey."""
    _, codes = access_passkeys.register(guard, caller, body.credential, body.name, trace)
    return RecoveryCodes(recovery_codes=list(codes))


@router.delete("/passkeys/{credential}", status_code=204)
def remove_passkey(
    guard: Annotated[Guard, GUARD], trace: Annotated[Trace, TRACE], caller: Self, credential: str
) -> None:
    """Use a passkey no more."""
    access_passkeys.remove(guard, caller, credential, trace)


def shown(session: Session, caller: Caller) -> OpenSession:
    """A session as it is shown."""
    return OpenSession(
        id=session.id,
        created_at=session.created_at,
        seen_at=session.seen_at,
        ends_at=session.ends_at,
        address=session.address,
        agent=session.agent,
        is_this=session.id == caller.session,
    )


def _let_in(response: Response, guard: Guard, login: Login) -> LoggedIn:
    _set(response, guard, cookie_name(_public_url(guard)), login.token, SESSION_SECONDS)
    return LoggedIn(
        user=login.user.id, roles=list(login.user.roles), due=list(login.due), ends_at=login.session.ends_at
    )


def _set(response: Response, guard: Guard, name: str, value: str, seconds: float, same_site: Any = "strict") -> None:
    is_secure = _public_url(guard).startswith("https://")
    response.set_cookie(name, value, max_age=int(seconds), httponly=True, secure=is_secure, samesite=same_site)


def _public_url(guard: Guard) -> str:
    return guard.desk.settings.serve.public_url


def _token(request: Request) -> str:
    token: str = request.scope["state"]["session_token"]
    return token


def _agent(request: Request) -> str:
    return request.headers.get("user-agent", "")


resource = Resource(id="session", router=router)
