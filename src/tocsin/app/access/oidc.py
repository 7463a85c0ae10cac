"""
Logging in at an OpenID Connect provider: authorization code with PKCE, state and nonce (RFC 6749, 7636, 9700).

Who comes for the first time gets an account with the roles of his groups; at every login the roles are those groups'
again. An account that somebody made here under the same name is never taken over.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from tocsin.app.access.audit import ANONYMOUS, Trace, draft
from tocsin.app.access.guard import Guard, Login
from tocsin.app.access.login import Entering, enter, factors
from tocsin.app.access.users import NewUser, write_new
from tocsin.edge import oidc
from tocsin.edge.oidc import Client, Provider
from tocsin.edge.store import access, journal, sessions
from tocsin.model.errors import NotAllowed, NotFound, Unauthenticated
from tocsin.respond.access.accounts import User
from tocsin.respond.access.groups import read_groups, roles_of_groups
from tocsin.respond.access.secrets import digest

LOGIN = "oidc"
STATE_SECONDS = 600.0
CALLBACK = "/api/v1/session/oidc/callback"
SCOPE = "openid profile groups"
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA", "Ed25519")
"""Signatures with a public key only: with a shared secret or none, anybody could sign."""
LEEWAY_SECONDS = 60
STRONG = frozenset({"mfa", "otp", "hwk", "swk", "fpt", "pin", "face"})
"""Ways of logging in there that count as a second factor (RFC 8176)."""
_NOT_IN_NAMES = re.compile(r"[^a-z0-9._-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """What the browser brings back from the provider."""

    code: str
    state: str
    browser_state: str
    """The state in the cookie of the browser that began: another browser must not end it."""
    agent: str = ""


def begin(guard: Guard) -> tuple[str, str]:
    """Where to send the browser, and the state to keep in it. Raises `NotFound` where no provider is set."""
    provider, client = _provider(guard)
    state, nonce, verifier = guard.new_token(), guard.new_token(), guard.new_token()
    ends_at = guard.desk.clock() + STATE_SECONDS
    with guard.reading() as connection:
        data = {"nonce": nonce, "verifier": verifier}
        sessions.ask(connection, digest=digest(state), purpose=LOGIN, user="", data=data, ends_at=ends_at)
    asked = {
        "response_type": "code",
        "client_id": client.id,
        "redirect_uri": client.redirect,
        "scope": SCOPE,
        "state": state,
        "nonce": nonce,
        "code_challenge": create_s256_code_challenge(verifier),
        "code_challenge_method": "S256",
    }
    separator = "&" if "?" in provider.authorization else "?"
    return provider.authorization + separator + urlencode(asked), state


def finish(guard: Guard, returned: Returned, trace: Trace) -> Login:
    """
    Log in whom the provider vouches for.

    Raises `Unauthenticated`, `NotAllowed` where his groups give no role, `NotFound`, `RemoteError`, `StoreError`.
    """
    guard.may_try("", trace.address)
    taken = _taken(guard, returned)
    if taken is None:
        _refused(guard, trace, "state")
        raise Unauthenticated("this login was not begun in this browser, or took too long; begin anew")
    provider, client = _provider(guard)
    tokens = oidc.exchange(provider, client, code=returned.code, verifier=taken["verifier"])
    try:
        claims = _claims(guard, provider, client, tokens, taken["nonce"])
    except (JoseError, ValueError, KeyError, TypeError) as error:
        _refused(guard, trace, type(error).__name__)
        raise Unauthenticated("what the login provider signed does not hold; tell whoever runs tocsin") from None
    return _let_in(guard, claims, returned, trace)


def _taken(guard: Guard, returned: Returned) -> Mapping[str, Any] | None:
    if returned.state != returned.browser_state:
        return None
    with guard.reading() as connection:
        taken = sessions.take(connection, digest=digest(returned.state), purpose=LOGIN, now=guard.desk.clock())
    return taken[1] if taken else None


def _claims(
    guard: Guard, provider: Provider, client: Client, tokens: Mapping[str, Any], nonce: str
) -> Mapping[str, Any]:
    """What the signed token says, after every check of OpenID Connect Core 1.0, 3.1.3.7. Raises `JoseError`."""
    keys: Any = oidc.keys(provider)
    signed = jwt.decode(str(tokens["id_token"]), KeySet.import_key_set(keys), algorithms=list(ALGORITHMS))
    options = {"iss": {"essential": True, "value": provider.issuer}, "aud": {"essential": True, "value": client.id}}
    params = {"nonce": nonce, "client_id": client.id, "access_token": tokens.get("access_token")}
    checked: Any = CodeIDToken(signed.claims, signed.header, options, params)
    checked.validate(now=int(guard.desk.clock()), leeway=LEEWAY_SECONDS)
    claims = dict(signed.claims)
    if "groups" not in claims and provider.user_info and tokens.get("access_token"):
        more = oidc.user_info(provider, str(tokens["access_token"]))
        claims = {**more, **claims} if more.get("sub") == claims["sub"] else claims
    return claims


def _let_in(guard: Guard, claims: Mapping[str, Any], returned: Returned, trace: Trace) -> Login:
    subject = f"{claims['iss']} {claims['sub']}"
    groups = claims.get("groups")
    table = read_groups(guard.desk.settings.serve.oidc_groups)
    roles = roles_of_groups(table, [str(each) for each in groups] if isinstance(groups, list) else [])
    if not roles:
        _refused(guard, trace, "no role")
        raise NotAllowed("none of your groups has a role in tocsin; ask whoever runs it for [serve] oidc_groups")
    is_strong = bool(STRONG.intersection(map(str, claims.get("amr") or ())))
    with guard.transaction() as connection:
        user = _account(connection, guard, subject, claims, roles, trace)
        due = () if is_strong else factors(connection, user)
        entering = Entering(
            user=user, how=LOGIN, is_whole=not due, has_second_factor=is_strong, agent=returned.agent, reason=LOGIN
        )
        login = enter(connection, guard, entering, trace)
    return Login(token=login.token, session=login.session, user=user, due=due)


def _account(
    connection: Any, guard: Guard, subject: str, claims: Mapping[str, Any], roles: tuple[str, ...], trace: Trace
) -> User:
    if (there := access.find_subject(connection, subject)) is not None:
        if there.is_disabled:
            raise Unauthenticated("the account is disabled; ask an administrator")
        if there.roles == roles:
            return there
        changed = access.change_user(connection, there.id, roles=roles)
        more: dict[str, Any] = {"changed": {"roles": list(roles)}, "how": LOGIN}
        told = draft(guard.desk, there.actor, "user_changed", f"user:{there.id}", trace=trace, **more)
        journal.append(connection, [told], now=guard.desk.clock())
        return changed
    name = _name(claims)
    if access.find_user(connection, name) is not None:
        raise NotAllowed(f"there is an account {name} here that is not of the login provider; ask an administrator")
    new = NewUser(id=name, name=str(claims.get("name") or name), roles=roles, oidc_subject=subject)
    return write_new(connection, guard, ANONYMOUS, new, trace)


def _name(claims: Mapping[str, Any]) -> str:
    wanted = str(claims.get("preferred_username") or claims.get("email") or claims["sub"])
    return _NOT_IN_NAMES.sub("-", wanted.partition("@")[0].lower()).strip("-._")[:63] or "user"


def _refused(guard: Guard, trace: Trace, why: str) -> None:
    with guard.transaction() as connection:
        told = draft(guard.desk, ANONYMOUS, "login_failed", "user:", trace=trace, how=LOGIN, why=why)
        journal.append(connection, [told], now=guard.desk.clock())


def _provider(guard: Guard) -> tuple[Provider, Client]:
    serve = guard.desk.settings.serve
    if not serve.oidc_issuer:
        raise NotFound("no login provider is set: [serve] oidc_issuer")
    redirect = serve.public_url.rstrip("/") + CALLBACK
    client = Client(id=serve.oidc_client, secret=serve.oidc_secret.reveal, redirect=redirect)
    return oidc.discover(serve.oidc_issuer), client
