"""Asking an OpenID Connect provider: where its endpoints are, tokens for a code, keys, what it knows of a user."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

from tocsin.model.errors import EndpointRefused, EndpointUnavailable, SettingError

TIMEOUT_SECONDS = 10.0
LARGEST_ANSWER_BYTES = 1_000_000
WELL_KNOWN = "/.well-known/openid-configuration"
LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """Where a provider is asked (OpenID Connect Discovery 1.0, section 3)."""

    issuer: str
    authorization: str
    token: str
    keys: str
    user_info: str
    takes_basic: bool
    """Whether the client's secret goes into the header (the default), or into the form."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Client:
    """Who we are to the provider."""

    id: str
    secret: str
    redirect: str


def discover(issuer: str) -> Provider:
    """
    Where this provider is asked.

    Raises `SettingError` when the issuer is no URL to be trusted, or is another than it says it is, `RemoteError`.
    """
    told = _json("GET", _safe(issuer.rstrip("/") + WELL_KNOWN))
    if told.get("issuer") != issuer:
        raise SettingError(f"[serve] oidc_issuer: {issuer} says it is {str(told.get('issuer'))[:200]!r}; write that")
    methods = told.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    try:
        return Provider(
            issuer=issuer,
            authorization=_safe(told["authorization_endpoint"]),
            token=_safe(told["token_endpoint"]),
            keys=_safe(told["jwks_uri"]),
            user_info=_safe(told["userinfo_endpoint"]) if "userinfo_endpoint" in told else "",
            takes_basic="client_secret_basic" in methods,
        )
    except (KeyError, TypeError, AttributeError):
        raise EndpointRefused(
            f"{issuer}: its configuration lacks endpoints; it is no OpenID Connect provider"
        ) from None


def exchange(provider: Provider, client: Client, *, code: str, verifier: str) -> Mapping[str, Any]:
    """The tokens for a code (RFC 6749, 4.1.3, with the verifier of RFC 7636). Raises `RemoteError`."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": client.redirect,
        "code_verifier": verifier,
        "client_id": client.id,
    }
    if provider.takes_basic and client.secret:
        return _json("POST", provider.token, data=form, auth=httpx.BasicAuth(client.id, client.secret))
    secret = {"client_secret": client.secret} if client.secret else {}
    return _json("POST", provider.token, data={**form, **secret})


def keys(provider: Provider) -> Mapping[str, Any]:
    """The keys that the provider signs with now (RFC 7517). Raises `RemoteError`."""
    return _json("GET", provider.keys)


def user_info(provider: Provider, access_token: str) -> Mapping[str, Any]:
    """What the provider says of the user beside the token. Raises `RemoteError`."""
    return _json("GET", provider.user_info, headers={"Authorization": f"Bearer {access_token}"})


def _safe(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise SettingError(f"[serve] oidc_issuer: {url[:200]!r} is not https; passwords' substitutes need it")
    return url


def _json(method: str, url: str, **more: Any) -> Mapping[str, Any]:
    try:
        with (
            httpx.Client(timeout=TIMEOUT_SECONDS, follow_redirects=False) as client,
            client.stream(method, url, **more) as answer,
        ):
            body = b""
            for part in answer.iter_bytes():
                body += part
                if len(body) > LARGEST_ANSWER_BYTES:
                    raise EndpointRefused(f"{urlsplit(url).netloc}: its answer is too large")
    except httpx.HTTPError as error:
        raise EndpointUnavailable(f"the login provider {urlsplit(url).netloc}: {type(error).__name__}") from None
    return _read(url, answer.status_code, body)


def _read(url: str, status: int, body: bytes) -> Mapping[str, Any]:
    where = urlsplit(url).netloc
    if status != httpx.codes.OK:
        raise EndpointRefused(f"the login provider {where} answered {status}; its log says why")
    try:
        told = json.loads(body)
    except ValueError:
        told = None
    if not isinstance(told, dict):
        raise EndpointRefused(f"the login provider {where} answered something other than JSON")
    return told
