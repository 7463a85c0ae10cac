"""
Passkeys (WebAuthn level 2): set up, shown as a second factor, or shown instead of name and password.

Every challenge is ours, random, and good once. A passkey that stands for the password too must have verified its user
(a PIN, a finger). Attestation is not asked for: it says who made an authenticator, not whose it is.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from tocsin.app.access.audit import ANONYMOUS, Trace, draft
from tocsin.app.access.guard import Guard, Login, pending
from tocsin.app.access.login import PASSKEY, Entering, complete, enter
from tocsin.app.access.own import new_recovery_codes, person
from tocsin.edge.store import access, journal, sessions
from tocsin.model.errors import NotFound, Unacceptable, Unauthenticated, WrongState
from tocsin.respond.access.accounts import Passkey, User
from tocsin.respond.access.caller import Caller
from tocsin.respond.access.forgery import origin_of
from tocsin.respond.access.secrets import TOKEN_BYTES, digest

REGISTER, LOGIN = "register-passkey", "login-passkey"
CHALLENGE_SECONDS = 300.0
MOST_PASSKEYS = 20
WRONG = "the passkey is not known here, or its answer does not fit; begin anew"
_MALFORMED = (WebAuthnException, ValueError, KeyError, TypeError, AttributeError)
"""What the library raises for what no authenticator sends: it may come from anybody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A passkey's answer, as the browser gives it, and what else goes with logging in."""

    credential: Mapping[str, Any]
    reason: str = ""
    agent: str = ""


def begin_registration(guard: Guard, caller: Caller) -> Mapping[str, Any]:
    """What the browser needs to make a passkey. Raises `NotAllowed`, `WrongState`, `StoreError`."""
    name = person(caller)
    with guard.reading() as connection:
        user, there = access.user(connection, name), access.passkeys_of(connection, name)
        if len(there) >= MOST_PASSKEYS:
            raise WrongState(f"there are {MOST_PASSKEYS} passkeys already; remove one first")
        challenge = _ask(connection, guard, REGISTER, name)
    wanted = AuthenticatorSelectionCriteria(
        resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.PREFERRED
    )
    options = generate_registration_options(
        rp_id=_site(guard),
        rp_name="tocsin",
        user_name=name,
        user_id=digest(name)[:32].encode(),
        user_display_name=user.name,
        challenge=challenge,
        exclude_credentials=_descriptors(there),
        authenticator_selection=wanted,
    )
    return _plain(options_to_json(options))


def register(
    guard: Guard, caller: Caller, credential: Mapping[str, Any], name: str, trace: Trace
) -> tuple[Passkey, tuple[str, ...]]:
    """
    Keep a new passkey; gives recovery codes with the first second factor, this once.

    Raises `Unacceptable`, `NotAllowed`, `WrongState`, `StoreError`.
    """
    user, challenge = person(caller), _challenge(credential)
    with guard.reading() as connection:
        taken = sessions.take(connection, digest=digest(challenge), purpose=REGISTER, now=guard.desk.clock())
    if taken is None or taken[0] != user:
        raise Unacceptable("credential: it answers no question of ours; begin anew")
    try:
        verified = verify_registration_response(
            credential=dict(credential),
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=_site(guard),
            expected_origin=_origin(guard),
        )
    except _MALFORMED as error:
        raise Unacceptable(f"credential: not acceptable: {type(error).__name__}; begin anew") from None
    new = Passkey(
        id=bytes_to_base64url(verified.credential_id),
        user=user,
        name=name,
        public_key=verified.credential_public_key,
        sign_count=verified.sign_count,
        created_at=guard.desk.clock(),
        last_used_at=None,
    )
    with guard.transaction() as connection:
        return new, _keep(connection, guard, caller, new, trace)


def _keep(connection: Any, guard: Guard, caller: Caller, new: Passkey, trace: Trace) -> tuple[str, ...]:
    if not access.add_passkey(connection, new):
        raise WrongState("this passkey is set up already")
    sessions.note_second_factor(connection, caller.session)
    told = draft(guard.desk, caller.actor, "passkey_added", f"passkey:{new.id[:40]}", trace=trace, name=new.name)
    journal.append(connection, [told], now=guard.desk.clock())
    has_codes = access.recovery_codes_left(connection, new.user) > 0
    return () if has_codes else new_recovery_codes(connection, guard, new.user)


def remove(guard: Guard, caller: Caller, credential: str, trace: Trace) -> None:
    """Use a passkey no more. Raises `NotFound`, `NotAllowed`, `StoreError`."""
    name = person(caller)
    with guard.transaction() as connection:
        if not access.remove_passkey(connection, name, credential):
            raise NotFound("no such passkey of yours")
        told = draft(guard.desk, caller.actor, "passkey_removed", f"passkey:{credential[:40]}", trace=trace)
        journal.append(connection, [told], now=guard.desk.clock())


def begin_login(guard: Guard, session_token: str) -> Mapping[str, Any]:
    """
    What the browser needs to show a passkey: one of the user's whose login waits, or else any of this site.

    Raises `StoreError`.
    """
    with guard.reading() as connection:
        user = _waiting(connection, guard, session_token)
        allowed = _descriptors(access.passkeys_of(connection, user.id)) if user else None
        challenge = _ask(connection, guard, LOGIN, user.id if user else "")
    verification = UserVerificationRequirement.PREFERRED if user else UserVerificationRequirement.REQUIRED
    options = generate_authentication_options(
        rp_id=_site(guard), challenge=challenge, allow_credentials=allowed, user_verification=verification
    )
    return _plain(options_to_json(options))


def log_in(guard: Guard, session_token: str, shown: Shown, trace: Trace) -> Login:
    """
    Log in by passkey: complete the login that waits, or begin and complete one.

    Raises `Unauthenticated`, `Unacceptable`, `TooOften`, `StoreError`.
    """
    with guard.reading() as connection:
        waits = _waiting(connection, guard, session_token) is not None
    if waits:
        return complete(guard, session_token, trace, lambda connection, user: _second(connection, guard, shown, user))
    guard.may_try("", trace.address)
    with guard.transaction() as connection:
        login = _whole(connection, guard, shown, trace)
        if login is None:
            told = draft(guard.desk, ANONYMOUS, "login_failed", "user:", trace=trace, how=PASSKEY)
            journal.append(connection, [told], now=guard.desk.clock())
    if login is None:
        raise Unauthenticated(WRONG)
    return login


def _second(connection: Any, guard: Guard, shown: Shown, user: User) -> str:
    found = _verified(connection, guard, shown, expected_user=user.id)
    return PASSKEY if found is not None and found.user == user.id else ""


def _whole(connection: Any, guard: Guard, shown: Shown, trace: Trace) -> Login | None:
    found = _verified(connection, guard, shown, expected_user="")
    user = access.find_user(connection, found.user) if found else None
    if user is None or user.is_disabled:
        return None
    if user.is_break_glass and not shown.reason.strip():
        raise Unacceptable("reason: this account is for emergencies; say why it is used")
    entering = Entering(user=user, how=PASSKEY, has_second_factor=True, agent=shown.agent, reason=shown.reason)
    return enter(connection, guard, entering, trace)


def _verified(connection: Any, guard: Guard, shown: Shown, *, expected_user: str) -> Passkey | None:
    """The passkey that gave this answer to a question of ours that is answered for the first time."""
    now = guard.desk.clock()
    try:
        challenge = _challenge(shown.credential)
        taken = sessions.take(connection, digest=digest(challenge), purpose=LOGIN, now=now)
        key = access.find_passkey(connection, str(shown.credential["id"]))
        if key is None or taken is None or taken[0] != expected_user:
            return None
        verified = verify_authentication_response(
            credential=dict(shown.credential),
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=_site(guard),
            expected_origin=_origin(guard),
            credential_public_key=key.public_key,
            credential_current_sign_count=key.sign_count,
            require_user_verification=not expected_user,
        )
    except (*_MALFORMED, Unacceptable):
        return None
    access.used_passkey(connection, key.id, sign_count=verified.new_sign_count, now=now)
    return key


def _waiting(connection: Any, guard: Guard, session_token: str) -> User | None:
    try:
        return pending(connection, guard, session_token)[1]
    except Unauthenticated:
        return None


def _ask(connection: Any, guard: Guard, purpose: str, user: str) -> bytes:
    challenge = guard.desk.entropy(TOKEN_BYTES)
    ends_at = guard.desk.clock() + CHALLENGE_SECONDS
    asked = digest(bytes_to_base64url(challenge))
    sessions.ask(connection, digest=asked, purpose=purpose, user=user, data={}, ends_at=ends_at)
    return challenge


def _challenge(credential: Mapping[str, Any]) -> str:
    """Which question is answered, as the browser says. Raises `Unacceptable`."""
    try:
        told = json.loads(base64url_to_bytes(credential["response"]["clientDataJSON"]))
        return str(told["challenge"])
    except _MALFORMED:
        raise Unacceptable("credential: not what a browser gives; send PublicKeyCredential.toJSON()") from None


def _descriptors(keys: tuple[Passkey, ...]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(key.id)) for key in keys]


def _site(guard: Guard) -> str:
    return urlsplit(guard.desk.settings.serve.public_url).hostname or ""


def _origin(guard: Guard) -> str:
    return origin_of(guard.desk.settings.serve.public_url)


def _plain(text: str) -> Mapping[str, Any]:
    plain: Mapping[str, Any] = json.loads(text)
    return plain
