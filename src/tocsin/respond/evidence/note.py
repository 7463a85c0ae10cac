"""
Signed notes as in C2SP (signed-note and tlog-checkpoint): a text, an empty line, and a line for each signature.

    tocsin/journal/5f1c20c7d0a9b3e8
    1742
    pkB6mF1pW6G9w8xk0p6m2xqT2pHcUR2M4lDkP6u3k3A=

    — tocsin/journal/5f1c20c7d0a9b3e8 Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+…

A signature is Ed25519 over the text, behind four bytes that say by which key.
"""

import base64
import binascii
import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tocsin.model.errors import InconsistentInput, MalformedInput

ED25519 = b"\x01"
"""The kind of a signature, as it goes into the number of its key (C2SP signed-note)."""
DASH = "— "
LONGEST_BYTES = 10_000
"""No note of ours is longer."""
Sign = Callable[[bytes], bytes]
"""What makes a signature of 64 bytes; the key stays where it is."""


@dataclass(frozen=True, slots=True)
class VerifyingKey:
    """The public key that signatures are held against."""

    name: str
    raw: bytes
    """32 bytes."""

    @property
    def number(self) -> bytes:
        """Four bytes by which a signature says whose it is."""
        return hashlib.sha256(self.name.encode() + b"\n" + ED25519 + self.raw).digest()[:4]

    @property
    def text(self) -> str:
        """The key in the one line that people hand on: name+number+key."""
        return f"{self.name}+{self.number.hex()}+{_base64(ED25519 + self.raw)}"

    @property
    def fingerprint(self) -> str:
        """16 groups of four hexadecimal digits, to be compared by voice."""
        digits = hashlib.sha256(self.raw).hexdigest()
        return " ".join(digits[i : i + 4] for i in range(0, 64, 4))


def named(raw: bytes) -> VerifyingKey:
    """The key of a journal: its name follows from it, so that no two journals have one name."""
    return VerifyingKey(f"tocsin/journal/{hashlib.sha256(raw).hexdigest()[:16]}", raw)


def read_key(text: str) -> VerifyingKey:
    """The key in its line. Raises `MalformedInput`."""
    name, _, rest = text.strip().partition("+")
    _, _, encoded = rest.partition("+")
    raw = decoded(encoded, "the key")
    if len(raw) != 33 or raw[:1] != ED25519 or not name:
        raise MalformedInput("not the line of an Ed25519 key: write name+number+key as in key.txt of a bundle")
    key = VerifyingKey(name, raw[1:])
    if key.text != text.strip():
        raise MalformedInput(f"the key's number is not {key.number.hex()}: a part of the line is missing or changed")
    return key


def signed(text: str, key: VerifyingKey, sign: Sign) -> str:
    """The note with its signature. The text ends with a line end."""
    return f"{text}\n{DASH}{key.name} {_base64(key.number + sign(text.encode()))}\n"


def opened(note: str, key: VerifyingKey) -> str:
    """
    The text of a note that this key signed.

    Raises `MalformedInput` for what is no note, and `InconsistentInput` when the key did not sign it.
    """
    text, separator, lines = note.rpartition("\n\n")
    if not separator or len(note) > LONGEST_BYTES or not lines.endswith("\n") or lines.count("\n") != 1:
        raise MalformedInput("not a signed note: a text, an empty line and a signature line are to be there")
    other = InconsistentInput(f"signed by another key than {key.name}")
    if not lines.startswith(f"{DASH}{key.name} "):
        raise other
    marked = decoded(lines[:-1].removeprefix(f"{DASH}{key.name} "), "the signature")
    if marked[:4] != key.number:
        raise other
    try:
        Ed25519PublicKey.from_public_bytes(key.raw).verify(marked[4:], (text + "\n").encode())
    except InvalidSignature:
        raise InconsistentInput("the signature is not of this text: one of them was changed") from None
    except ValueError:
        raise MalformedInput("the key is no Ed25519 key") from None
    return text + "\n"


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def decoded(text: str, what: str) -> bytes:
    """
    The bytes of base64 in its one usual spelling: spare bits that say nothing must not hide a change.

    Raises `MalformedInput`.
    """
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise MalformedInput(f"{what} is not base64") from None
    if _base64(data) != text:
        raise MalformedInput(f"{what} is not base64 as it is usually written")
    return data
