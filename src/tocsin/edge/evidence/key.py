"""The Ed25519 key that signs checkpoints and bundles: a file that only its owner may read. It is never shown."""

import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from tocsin.model.errors import SettingError
from tocsin.respond.evidence.note import VerifyingKey, named

OWNER_ONLY = 0o600


@dataclass(frozen=True, slots=True)
class SigningKey:
    """Signs; the private part stays inside."""

    verifying: VerifyingKey
    _private: Ed25519PrivateKey

    def sign(self, data: bytes) -> bytes:
        """The signature of these bytes, 64 bytes."""
        return self._private.sign(data)

    def __repr__(self) -> str:
        return f"SigningKey({self.verifying.name})"


def signing_key(path: Path) -> SigningKey:
    """The key in this file, made where there is none. Raises `SettingError`."""
    try:
        if not path.exists():
            _make(path)
        if path.stat().st_mode & 0o077:
            raise SettingError(f"{path}: others may read the key; chmod 600 it, and think of making a new one")
        data = path.read_bytes()
    except OSError as error:
        raise SettingError(f"{path}: the key can be neither read nor made: {error.strerror}") from None
    return _read(data, path)


def _make(path: Path) -> None:
    """Whole or not at all; who comes second takes the key of who came first."""
    private = Ed25519PrivateKey.generate()
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY), "wb") as file:
        file.write(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        file.flush()
        os.fsync(file.fileno())
    try:
        path.hardlink_to(beside)
    except FileExistsError:
        return
    finally:
        beside.unlink()


def _read(data: bytes, path: Path) -> SigningKey:
    try:
        private = load_pem_private_key(data, password=None)
    except (ValueError, TypeError):
        raise SettingError(f"{path}: not a private key in PEM without a password") from None
    if not isinstance(private, Ed25519PrivateKey):
        raise SettingError(f"{path}: not an Ed25519 key; name another file in [evidence] key")
    return SigningKey(named(private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)), private)
