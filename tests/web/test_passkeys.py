"""Passkeys, shown by an authenticator in software: real keys, real signatures, real CBOR."""

import hashlib
import json
import os
from dataclasses import dataclass, field
from typing import Any

import cbor2
import httpx
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

from api_server import PASSWORD, ApiServer

ORIGIN, SITE = "http://127.0.0.1:8420", "127.0.0.1"
PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40
ON_SQLITE = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
"""What does not depend on the database is tried on one."""


@dataclass
class Authenticator:
    """A passkey, as WebAuthn level 2 has it (6.1, 6.5)."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    id: bytes = field(default_factory=lambda: os.urandom(16))
    count: int = 0
    flags: int = PRESENT | VERIFIED
    origin: str = ORIGIN

    def make(self, options: dict[str, Any]) -> dict[str, Any]:
        """What navigator.credentials.create() gives."""
        numbers = self.key.public_key().public_numbers()
        x, y = (number.to_bytes(32, "big") for number in (numbers.x, numbers.y))
        cose = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})
        attested = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + cose
        data = self._data(self.flags | ATTESTED) + attested
        statement = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", options["challenge"])
        return self._credential(clientDataJSON=client, attestationObject=statement)

    def show(self, options: dict[str, Any]) -> dict[str, Any]:
        """What navigator.credentials.get() gives."""
        self.count += 1
        client, data = self._client("webauthn.get", options["challenge"]), self._data(self.flags)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._credential(clientDataJSON=client, authenticatorData=data, signature=signature)

    def _data(self, flags: int) -> bytes:
        return hashlib.sha256(SITE.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _client(self, kind: str, challenge: str) -> bytes:
        told = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(told).encode()

    def _credential(self, **response: bytes) -> dict[str, Any]:
        name = bytes_to_base64url(self.id)
        told = {field: bytes_to_base64url(value) for field, value in response.items()}
        return {"id": name, "rawId": name, "type": "public-key", "response": told, "clientExtensionResults": {}}


def keep(client: httpx.Client, key: Authenticator, name: str = "laptop") -> httpx.Response:
    options = client.post("/session/passkeys/options").json()
    return client.post("/session/passkeys", json={"credential": key.make(options), "name": name})


def show(client: httpx.Client, key: Authenticator, **more: str) -> httpx.Response:
    options = client.post("/session/passkey/options").json()
    return client.post("/session/passkey", json={"credential": key.show(options), **more})


@pytest.fixture
def ada(api: ApiServer) -> httpx.Client:
    return api.client("responder", name="ada")


def test_a_passkey_stands_for_name_password_and_second_factor(api: ApiServer, ada: httpx.Client) -> None:
    key = Authenticator()
    kept = keep(ada, key)
    assert (kept.status_code, len(kept.json()["recovery_codes"])) == (201, 10)

    nobody = api.anonymous()
    answer = show(nobody, key)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["user"], answer.json()["due"]) == ("ada", [])
    own = nobody.get("/session").json()
    assert [each["name"] for each in own["passkeys"]] == ["laptop"]
    assert own["passkeys"][0]["last_used_at"] is not None


@ON_SQLITE
def test_a_passkey_is_a_second_factor_behind_the_password(api: ApiServer, ada: httpx.Client) -> None:
    key, other = Authenticator(), Authenticator()
    keep(ada, key)
    keep(api.client("viewer", name="eve"), other)

    half = api.anonymous()
    due = half.post("/session", json={"user": "ada", "password": PASSWORD}).json()["due"]
    assert due == ["passkey", "recovery"]
    assert show(half, other).status_code == 401
    assert show(half, key).status_code == 200
    assert half.get("/version").status_code == 200


def test_an_answer_is_good_once(api: ApiServer, ada: httpx.Client) -> None:
    key = Authenticator()
    keep(ada, key)
    nobody = api.anonymous()
    answer = key.show(nobody.post("/session/passkey/options").json())
    assert nobody.post("/session/passkey", json={"credential": answer}).status_code == 200
    assert api.anonymous().post("/session/passkey", json={"credential": answer}).status_code == 401


@ON_SQLITE
def test_an_answer_that_comes_late_is_refused(api: ApiServer, ada: httpx.Client) -> None:
    key = Authenticator()
    keep(ada, key)
    nobody = api.anonymous()
    answer = key.show(nobody.post("/session/passkey/options").json())
    api.clock.ahead += 301
    assert nobody.post("/session/passkey", json={"credential": answer}).status_code == 401


@ON_SQLITE
@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"origin": "https://evil.example"}, "another site"),
        ({"flags": PRESENT}, "nobody verified"),
        ({"key": ec.generate_private_key(ec.SECP256R1())}, "another key"),
        ({"count": -1}, "a copy, whose count went back"),
        ({"id": b"unknown-credential"}, "unknown"),
    ],
)
def test_a_wrong_answer_lets_nobody_in(api: ApiServer, ada: httpx.Client, wrong: dict[str, Any], why: str) -> None:
    key = Authenticator(count=5)
    keep(ada, key)
    nobody = api.anonymous()
    assert show(nobody, key).status_code == 200
    for name, value in wrong.items():
        setattr(key, name, value)
    refused = api.anonymous()
    assert show(refused, key).status_code == 401, why
    assert refused.get("/version").status_code == 401


@ON_SQLITE
def test_a_question_of_one_is_not_answered_by_another(api: ApiServer, ada: httpx.Client) -> None:
    options = ada.post("/session/passkeys/options").json()
    eve = api.client("viewer", name="eve")
    stolen = {"credential": Authenticator().make(options), "name": "eve's"}
    assert eve.post("/session/passkeys", json=stolen).status_code == 422
    assert ada.post("/session/passkeys", json=stolen).status_code == 422, "it was used up"


@ON_SQLITE
def test_a_passkey_that_is_removed_or_whose_owner_is_disabled_lets_nobody_in(api: ApiServer, ada: httpx.Client) -> None:
    first, second = Authenticator(), Authenticator()
    keep(ada, first)
    keep(ada, second, "phone")
    name = bytes_to_base64url(first.id)
    assert api.client("viewer", name="eve").delete(f"/session/passkeys/{name}").status_code == 404
    assert ada.delete(f"/session/passkeys/{name}").status_code == 204
    assert show(api.anonymous(), first).status_code == 401
    assert show(api.anonymous(), second).status_code == 200
    api.client("admin").patch("/users/ada", json={"is_disabled": True})
    assert show(api.anonymous(), second).status_code == 401


@ON_SQLITE
def test_an_emergency_account_says_why_with_a_passkey_too(api: ApiServer) -> None:
    api.user("fire-axe", "admin", is_break_glass=True)
    key = Authenticator()
    keep(api.client("admin", name="fire-axe"), key)
    assert show(api.anonymous(), key).status_code == 422
    assert show(api.anonymous(), key, reason="everything burns").status_code == 200


@ON_SQLITE
@pytest.mark.parametrize(
    "credential",
    [
        {},
        {"id": 7},
        {"id": "x", "response": {"clientDataJSON": "e30"}},
        {"id": "x", "response": {"clientDataJSON": bytes_to_base64url(b'{"challenge": 7}')}},
        {"id": "x", "response": {"clientDataJSON": [1]}},
        {"id": "x" * 3, "rawId": "😀", "type": "public-key", "response": "none"},
    ],
)
def test_nonsense_is_refused(api: ApiServer, ada: httpx.Client, credential: dict[str, Any]) -> None:
    assert api.anonymous().post("/session/passkey", json={"credential": credential}).status_code in (401, 422)
    assert ada.post("/session/passkeys", json={"credential": credential, "name": "x"}).status_code == 422


@ON_SQLITE
def test_what_the_browser_is_given_names_our_site_and_no_secret(ada: httpx.Client) -> None:
    options = ada.post("/session/passkeys/options").json()
    assert options["rp"] == {"id": SITE, "name": "tocsin"}
    assert len(base64url_to_bytes(options["challenge"])) == 32
    assert options["attestation"] == "none"
