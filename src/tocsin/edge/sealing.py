"""Sealing what must be read again and must not stand in the store in clear: AES-256-GCM with a key in a file."""

import base64
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tocsin.edge.clock import entropy
from tocsin.model.errors import SettingError

KEY_BYTES = 32
_NONCE_BYTES = 12
"""NIST SP 800-38D, 8.2: 96 random bits; far fewer than 2^32 texts are sealed with one key."""


@dataclass(frozen=True, slots=True, repr=False)
class Seal:
    """A key. What is sealed for one purpose opens for no other."""

    key: bytes
    where: str
    """The file, to be named when it does not fit."""

    def seal(self, text: str, purpose: str) -> str:
        """The text, sealed."""
        nonce = entropy(_NONCE_BYTES)
        return base64.b64encode(nonce + AESGCM(self.key).encrypt(nonce, text.encode(), purpose.encode())).decode()

    def open(self, sealed: str, purpose: str) -> str:
        """The text. Raises `SettingError` when it was sealed with another key."""
        raw = base64.b64decode(sealed)
        try:
            return AESGCM(self.key).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], purpose.encode()).decode()
        except InvalidTag:
            raise SettingError(
                f"[serve] key: {self.where} is not the key that sealed what the store holds; put the right file back"
            ) from None


def seal_in(path: Path) -> Seal:
    """The seal whose key is in this file, made at first use, readable to nobody else. Raises `SettingError`."""
    try:
        try:
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(base64.b64encode(entropy(KEY_BYTES)) + b"\n")
                os.fsync(file.fileno())
        except FileExistsError:
            pass
        key = base64.b64decode(path.read_bytes(), validate=False)
    except (OSError, ValueError) as error:
        raise SettingError(f"[serve] key: {path} cannot be read or made: {type(error).__name__}") from None
    if len(key) != KEY_BYTES:
        raise SettingError(f"[serve] key: {path} holds no key of {KEY_BYTES} bytes in base64; name another file")
    return Seal(key, str(path))
