"""Signed checkpoints: what the key signed is read, and nothing else."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as some

from tocsin.model.errors import InputError
from tocsin.respond.evidence import checkpoint, note
from tocsin.respond.evidence.checkpoint import Checkpoint


def pair(seed: int) -> tuple[note.VerifyingKey, note.Sign]:
    private = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
    return note.named(private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)), private.sign


OURS, SIGN = pair(1)
OTHER, SIGN_OTHER = pair(2)
SEALED = checkpoint.sealed(Checkpoint(1_742, bytes(range(32))), OURS, SIGN)


def test_a_checkpoint_is_read_as_it_was_signed() -> None:
    assert checkpoint.opened(SEALED, OURS) == Checkpoint(1_742, bytes(range(32)))


def test_it_has_the_form_that_logs_have_in_common() -> None:
    """C2SP tlog-checkpoint and signed-note: the example key of the specification has the number the example says."""
    name, size, root, empty, line, end = SEALED.split("\n")
    dash, signer, encoded = line.split(" ")

    assert (name, size, root) == (OURS.name, "1742", base64.b64encode(bytes(range(32))).decode())
    assert (empty, end, dash, signer) == ("", "", "—", OURS.name)
    assert len(base64.b64decode(encoded)) == 4 + 64
    assert (
        note.read_key("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW").number.hex() == "c74f20a3"
    )


def test_the_note_of_the_specification_of_its_form_is_read() -> None:
    """golang.org/x/mod/sumdb/note, the example of its documentation."""
    key = note.read_key("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    text = (
        "If you think cryptography is the answer to your problem,\n"
        "then you don't know what your problem is.\n"
        "\n"
        "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
    )

    assert note.opened(text, key).startswith("If you think")


def test_another_key_did_not_sign_it() -> None:
    with pytest.raises(InputError, match="another key"):
        checkpoint.opened(SEALED, OTHER)


def test_a_key_that_takes_our_name_is_another_key() -> None:
    thief = note.VerifyingKey(OURS.name, OTHER.raw)
    forged = checkpoint.sealed(Checkpoint(1, bytes(32)), thief, SIGN_OTHER)

    with pytest.raises(InputError, match="another key"):
        checkpoint.opened(forged, OURS)


@given(some.integers(0, len(SEALED.encode()) - 1), some.integers(1, 255))
def test_no_byte_of_it_can_be_changed(at: int, change: int) -> None:
    changed = bytearray(SEALED.encode())
    changed[at] ^= change

    with pytest.raises((InputError, UnicodeDecodeError)):
        checkpoint.opened(changed.decode(), OURS)


@given(some.text(max_size=200))
def test_any_other_text_is_no_checkpoint(text: str) -> None:
    with pytest.raises(InputError):
        checkpoint.opened(text, OURS)


def test_a_key_is_read_as_it_is_handed_on() -> None:
    assert note.read_key(OURS.text + "\n") == OURS
    with pytest.raises(InputError):
        note.read_key(OURS.text[:-5])
    with pytest.raises(InputError):
        note.read_key("x" + OURS.text)
