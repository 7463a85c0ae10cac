"""
Tokens, keys and codes: how they look, and what of them is kept.

They are random, of 128 bits or more, so that their SHA-256 can be kept without salt: nobody can try them all. Passwords
are not random and get argon2id (`edge/passwords.py`).
"""

import base64
import hashlib

TOKEN_BYTES = 32
KEY_PREFIX = "tocsin_"
_SHOWN_CHARACTERS = 10
RECOVERY_CODES = 10
RECOVERY_BYTES = 16
_GROUP = 5


def digest(secret: str) -> str:
    """What is kept of a token, key or code: 64 hexadecimal digits."""
    return hashlib.sha256(secret.encode()).hexdigest()


def token(random: bytes) -> str:
    """An opaque token of `TOKEN_BYTES` random bytes."""
    return base64.urlsafe_b64encode(random).decode().rstrip("=")


def api_key(random: bytes) -> str:
    """An API key of random bytes; secret scanners know it by how it begins."""
    return KEY_PREFIX + token(random)


def key_prefix(key: str) -> str:
    """How the key begins: what is shown of it, to tell it from others."""
    return key[: len(KEY_PREFIX) + _SHOWN_CHARACTERS]


def recovery_code(random: bytes) -> str:
    """A code to be written down on paper: letters and digits that nobody mistakes, in groups."""
    plain = base64.b32encode(random).decode().rstrip("=").lower()
    return "-".join(plain[begin : begin + _GROUP] for begin in range(0, len(plain), _GROUP))


def written(code: str) -> str:
    """A recovery code as it was made, however somebody typed it."""
    plain = "".join(letter for letter in code.lower() if letter.isalnum())
    return "-".join(plain[begin : begin + _GROUP] for begin in range(0, len(plain), _GROUP))
