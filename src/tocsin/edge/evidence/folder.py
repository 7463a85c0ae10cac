"""
Where the bytes of evidence are: files named by their SHA-256, below `sha256/ab/cd/`, that nobody may write to.

Bytes are written beside, brought to the disk, and moved to their place whole; only then does a row tell of them.
"""

import errno
import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tocsin.edge.whole_file import NO_ROOM
from tocsin.model.errors import DigestMismatch, NotFound, SettingError, StoreFull, StoreUnavailable, Unacceptable

CHUNK_BYTES = 1 << 20
READ_ONLY = 0o440
PRIVATE_FOLDER = 0o750
_DIGITS = frozenset("0123456789abcdef")


@dataclass(frozen=True, slots=True)
class Incoming:
    """Bytes that have come and are on the disk, but not in their place yet."""

    path: Path
    sha256: str
    size: int

    def discard(self) -> None:
        """Forget them."""
        self.path.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class Folder:
    """A content-addressed folder."""

    path: Path

    def receive(self, chunks: Iterable[bytes], most_bytes: int) -> Incoming:
        """Take bytes as they come. Raises `Unacceptable` for too many, `StoreFull`, `StoreUnavailable`."""
        try:
            return self._receive(chunks, most_bytes)
        except OSError as error:
            raise _named(error, self.path) from error

    def _receive(self, chunks: Iterable[bytes], most_bytes: int) -> Incoming:
        incoming = self.path / "incoming"
        incoming.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        digest, size = hashlib.sha256(), 0
        with tempfile.NamedTemporaryFile(dir=incoming, suffix=".part", delete=False) as file:
            try:
                for chunk in bounded(chunks, most_bytes):
                    size += len(chunk)
                    digest.update(chunk)
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
        return Incoming(Path(file.name), digest.hexdigest(), size)

    def keep(self, incoming: Incoming) -> None:
        """Put them in their place, where the same bytes may stand already. Raises `StoreFull`, `StoreUnavailable`."""
        place = self.place(incoming.sha256)
        try:
            incoming.path.chmod(READ_ONLY)
            place.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
            incoming.path.replace(place)
            for folder in (place.parent, place.parent.parent, place.parent.parent.parent):
                _sync(folder)
        except OSError as error:
            raise _named(error, self.path) from error

    def place(self, sha256: str) -> Path:
        """Where the bytes of a digest belong. Raises `NotFound` for what is no digest."""
        if len(sha256) != 64 or not _DIGITS.issuperset(sha256):
            raise NotFound("not a SHA-256 digest: 64 lower-case hexadecimal digits")
        return self.path / "sha256" / sha256[:2] / sha256[2:4] / sha256

    def chunks(self, sha256: str) -> Iterator[bytes]:
        """The bytes, a part at a time. Raises `NotFound` where they are missing, `StoreUnavailable`."""
        place = self.place(sha256)
        try:
            with place.open("rb") as file:
                while chunk := file.read(CHUNK_BYTES):
                    yield chunk
        except FileNotFoundError:
            raise NotFound(f"the bytes of {sha256} are not in {self.path}; put the file back from a copy") from None
        except OSError as error:
            raise _named(error, self.path) from error

    def digest(self, sha256: str) -> str:
        """The digest of what stands in the place of this one, worked out anew; empty where nothing does."""
        found = hashlib.sha256()
        try:
            for chunk in self.chunks(sha256):
                found.update(chunk)
        except NotFound:
            return ""
        return found.hexdigest()

    def whole(self, sha256: str) -> bytes:
        """All the bytes, held against their digest. Raises `DigestMismatch`, `NotFound`, `StoreUnavailable`."""
        data = b"".join(self.chunks(sha256))
        if hashlib.sha256(data).hexdigest() != sha256:
            raise DigestMismatch(f"{self.place(sha256)}: the bytes are not those that were kept")
        return data

    def every(self) -> Iterator[str]:
        """The digests of all that is in its place."""
        yield from sorted(path.name for path in (self.path / "sha256").glob("??/??/*") if path.is_file())

    def left_over(self) -> Iterator[Path]:
        """Files of work that was broken off before they were in their place."""
        yield from sorted((self.path / "incoming").glob("*.part"))

    def remove(self, sha256: str) -> None:
        """Take the bytes away for good. Raises `StoreUnavailable`."""
        try:
            self.place(sha256).unlink(missing_ok=True)
        except OSError as error:
            raise _named(error, self.path) from error


def folder(path: str) -> Folder:
    """The folder of evidence. Raises `SettingError` where its name is none."""
    if not path:
        raise SettingError("[evidence] folder is empty: name the folder evidence is kept in")
    return Folder(Path(path))


def bounded(chunks: Iterable[bytes], most_bytes: int) -> Iterator[bytes]:
    """The chunks, while they are not more than this together. Raises `Unacceptable`."""
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > most_bytes:
            raise Unacceptable(f"larger than {most_bytes:,} bytes; [evidence] most_bytes says how much is taken")
        yield chunk


def _named(error: OSError, path: Path) -> StoreFull | StoreUnavailable:
    if error.errno in NO_ROOM:
        return StoreFull(f"{path}: no room left for evidence; free or add disk space, then add it again")
    reason = error.strerror or errno.errorcode.get(error.errno or 0, type(error).__name__)
    return StoreUnavailable(f"{path}: evidence cannot be kept or read here: {reason}")


def _sync(folder: Path) -> None:
    """Bring a folder's names to the disk, where a system can."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
