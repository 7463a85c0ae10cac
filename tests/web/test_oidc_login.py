"""Logging in at an OpenID Connect provider: a real one on loopback, with real signatures."""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from api_server import ApiServer, running, settings_for
from tocsin.edge.oidc import discover
from tocsin.edge.store.opening import Store
from tocsin.model.errors import SettingError

CLIENT, SECRET = "tocsin-client", "client-secret"
GROUPS = '["soc=responder", "soc=communications", "leads=commander"]'
ON_SQLITE = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
"""What does not depend on the database is tried on one."""


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@dataclass
class Provider:
    """An OpenID Connect provider with one person who is logged in."""

    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one", "use": "sig"}))
    person: dict[str, Any] = field(default_factory=lambda: {"sub": "248", "preferred_username": "Grace.H@example.org"})
    user_info: dict[str, Any] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    wrong: dict[str, Any] = field(default_factory=dict)
    """Claims that it makes wrong."""
    sign: Callable[[dict[str, Any]], str] | None = None
    """How it signs, where that is wrong."""
    url: str = ""
    seen: list[dict[str, str]] = field(default_factory=list)

    def authorise(self, query: dict[str, str]) -> str:
        """Where the browser is sent back to."""
        assert query["response_type"] == "code"
        assert query["code_challenge_method"] == "S256"
        code = f"code-{len(self.codes)}"
        self.codes[code] = query
        return f"{query['redirect_uri']}?code={code}&state={query['state']}"

    def token(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """Tokens for a code, once, for whoever has the verifier."""
        self.seen.append(form)
        asked = self.codes.pop(form["code"], None)
        basic = "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        hashed = encoded(hashlib.sha256(form["code_verifier"].encode()).digest())
        if asked is None or authorization != basic or hashed != asked["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = {
            "iss": self.url,
            "aud": CLIENT,
            "exp": now + 300,
            "iat": now,
            "nonce": asked["nonce"],
            **self.person,
            **self.wrong,
        }
        signed = self.sign(claims) if self.sign else jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.key)
        return 200, {"access_token": "access", "token_type": "Bearer", "id_token": signed}


class Handler(BaseHTTPRequestHandler):
    provider: Provider

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path == "/.well-known/openid-configuration":
            url = self.provider.url
            names = {"authorization_endpoint": "authorise", "token_endpoint": "token", "jwks_uri": "keys"}
            told = {name: f"{url}/{path}" for name, path in names.items()}
            self.answer(200, {"issuer": url, "userinfo_endpoint": f"{url}/me", **told})
        elif parts.path == "/authorise":
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            self.send_response(302)
            self.send_header("Location", self.provider.authorise(query))
            self.end_headers()
        elif parts.path == "/keys":
            self.answer(200, {"keys": [self.provider.key.as_dict(private=False)]})
        elif parts.path == "/me" and self.headers["Authorization"] == "Bearer access":
            self.answer(200, {"sub": self.provider.person["sub"], **self.provider.user_info})
        else:
            self.answer(404, {})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        self.answer(*self.provider.token(form, self.headers.get("Authorization", "")))

    def answer(self, status: int, told: dict[str, Any]) -> None:
        body = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def provider() -> Iterator[Provider]:
    made = Provider()
    handler = type("Bound", (Handler,), {"provider": made})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    made.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def api(store: Store, tmp_path: Path, provider: Provider) -> Iterator[ApiServer]:
    text = f'oidc_issuer = "{provider.url}"\noidc_client = "{CLIENT}"\noidc_secret = "{SECRET}"\noidc_groups = {GROUPS}'
    with running(store, settings_for(tmp_path, text)) as made:
        yield made


def back(api: ApiServer, browser: httpx.Client) -> str:
    """Go to the provider; where it sends the browser back to, at the port that this server has."""
    begun = browser.get("/session/oidc")
    assert begun.status_code == 303, begun.text
    location = httpx.get(begun.headers["location"]).headers["location"]
    return location.replace("http://127.0.0.1:8420", f"http://{api.address}")


def log_in(api: ApiServer, browser: httpx.Client) -> httpx.Response:
    return browser.get(back(api, browser))


def test_who_comes_for_the_first_time_gets_an_account_with_the_roles_of_his_groups(
    api: ApiServer, provider: Provider
) -> None:
    provider.person["groups"] = ["soc", "others"]
    browser = api.anonymous()
    answer = log_in(api, browser)
    assert answer.status_code == 200, answer.text
    assert 'url=/"' in answer.text
    own = browser.get("/session").json()
    assert (own["id"], own["roles"]) == ("grace.h", ["communications", "responder"])

    provider.person["groups"] = ["leads"]
    again = api.anonymous()
    log_in(api, again)
    assert again.get("/session").json()["roles"] == ["commander"]


@ON_SQLITE
def test_groups_may_come_from_user_info(api: ApiServer, provider: Provider) -> None:
    provider.user_info["groups"] = ["leads"]
    browser = api.anonymous()
    assert log_in(api, browser).status_code == 200
    assert browser.get("/session").json()["roles"] == ["commander"]


@ON_SQLITE
def test_without_a_role_nobody_gets_in(api: ApiServer, provider: Provider) -> None:
    provider.person["groups"] = ["others"]
    browser = api.anonymous()
    answer = log_in(api, browser)
    assert answer.status_code == 403
    assert "oidc_groups" in answer.json()["detail"]
    assert browser.get("/session").status_code == 401


@ON_SQLITE
def test_a_login_ends_in_the_browser_it_began_in_and_once(api: ApiServer, provider: Provider) -> None:
    provider.person["groups"] = ["soc"]
    browser = api.anonymous()
    url = back(api, browser)
    assert api.anonymous().get(url).status_code == 401, "a link that somebody else was sent"
    assert browser.get(url).status_code == 200
    assert browser.get(url).status_code == 401


@ON_SQLITE
def test_a_login_that_takes_too_long_ends(api: ApiServer, provider: Provider) -> None:
    provider.person["groups"] = ["soc"]
    browser = api.anonymous()
    url = back(api, browser)
    api.clock.ahead += 601
    assert browser.get(url).status_code == 401


@ON_SQLITE
@pytest.mark.parametrize(
    "wrong",
    [
        {"nonce": "of another login"},
        {"iss": "https://other.example"},
        {"aud": "another-client"},
        {"aud": [CLIENT, "another"], "azp": "another"},
        {"exp": int(time.time()) - 3600},
        {"sub": None},
    ],
)
def test_a_claim_that_does_not_hold_lets_nobody_in(api: ApiServer, provider: Provider, wrong: dict[str, Any]) -> None:
    provider.person["groups"] = ["soc"]
    provider.wrong = wrong
    assert log_in(api, api.anonymous()).status_code == 401


@ON_SQLITE
def test_a_signature_of_another_lets_nobody_in(api: ApiServer, provider: Provider) -> None:
    provider.person["groups"] = ["soc"]
    other = RSAKey.generate_key(2048, {"kid": "one"})
    provider.sign = lambda claims: jwt.encode({"alg": "RS256", "kid": "one"}, claims, other)
    assert log_in(api, api.anonymous()).status_code == 401


@ON_SQLITE
def test_a_shared_secret_is_no_signature(api: ApiServer, provider: Provider) -> None:
    """The public key, taken for a secret: the old confusion of algorithms."""
    provider.person["groups"] = ["soc"]
    secret = provider.key.as_pem(private=False)

    def sign(claims: dict[str, Any]) -> str:
        text = ".".join(encoded(json.dumps(part).encode()) for part in ({"alg": "HS256", "kid": "one"}, claims))
        return f"{text}.{encoded(hmac.digest(secret, text.encode(), 'sha256'))}"

    provider.sign = sign
    assert log_in(api, api.anonymous()).status_code == 401


@ON_SQLITE
def test_an_account_made_here_is_never_taken_over(api: ApiServer, provider: Provider) -> None:
    api.user("grace.h", "admin")
    provider.person["groups"] = ["soc"]
    assert log_in(api, api.anonymous()).status_code == 403


@ON_SQLITE
def test_a_disabled_account_stays_out(api: ApiServer, provider: Provider) -> None:
    provider.person["groups"] = ["soc"]
    log_in(api, api.anonymous())
    api.client("admin").patch("/users/grace.h", json={"is_disabled": True})
    assert log_in(api, api.anonymous()).status_code == 401


@ON_SQLITE
def test_a_provider_that_is_away_is_named(store: Store, tmp_path: Path) -> None:
    with running(store, settings_for(tmp_path, 'oidc_issuer = "http://127.0.0.1:9"')) as api:
        answer = api.anonymous().get("/session/oidc")
    assert answer.status_code == 502
    assert "127.0.0.1:9" in answer.json()["detail"]


@ON_SQLITE
def test_where_no_provider_is_set_there_is_none(store: Store, tmp_path: Path) -> None:
    with running(store, settings_for(tmp_path)) as api:
        assert api.anonymous().get("/session/oidc").status_code == 404


def test_an_issuer_must_be_who_it_says_and_have_tls(provider: Provider) -> None:
    assert discover(provider.url).issuer == provider.url
    with pytest.raises(SettingError, match="says it is"):
        discover(provider.url + "/")
    with pytest.raises(SettingError, match="https"):
        discover("http://login.example")
