"""The signatures that a stand-alone verifier works out by itself, held against RFC 8032 and against OpenSSL."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import settings as how
from hypothesis import strategies as some

from tocsin.respond.evidence.standalone import L, ed25519_verifies

VECTORS = [  # RFC 8032, section 7.1: TEST 1, 2, 3
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
        "d25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
        "387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
        "4a7c15e9716ed28dc027beceea1ec40a",
    ),
]


@pytest.mark.parametrize(("key", "message", "signature"), VECTORS)
def test_the_vectors_of_the_standard_verify(key: str, message: str, signature: str) -> None:
    assert ed25519_verifies(bytes.fromhex(key), bytes.fromhex(message), bytes.fromhex(signature))


@how(max_examples=25)
@given(some.binary(min_size=32, max_size=32), some.binary(max_size=100), some.integers(0, 511))
def test_what_openssl_signs_verifies_and_no_bit_of_it_can_be_changed(seed: bytes, message: bytes, bit: int) -> None:
    private = Ed25519PrivateKey.from_private_bytes(seed)
    key, signature = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw), private.sign(message)
    changed = (int.from_bytes(signature, "big") ^ 1 << bit).to_bytes(64, "big")

    assert ed25519_verifies(key, message, signature)
    assert not ed25519_verifies(key, message, changed)
    assert not ed25519_verifies(key, message + b"x", signature)


def test_a_signature_has_one_spelling() -> None:
    """RFC 8032, 5.1.7: a scalar of L or more is refused, or every signature had a second form."""
    key, message, signature = (bytes.fromhex(each) for each in VECTORS[0])
    larger = int.from_bytes(signature[32:], "little") + L

    assert not ed25519_verifies(key, message, signature[:32] + larger.to_bytes(32, "little"))


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_a_key_of_another_length_verifies_nothing(size: int) -> None:
    assert not ed25519_verifies(bytes(size), b"", bytes(64))
