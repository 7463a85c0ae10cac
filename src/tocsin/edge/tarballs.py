"""Gzipped tarballs as npm has them, read where they are: nothing is unpacked on the disk."""

import tarfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from tocsin.model.errors import MalformedInput

MEMBER_MAX_BYTES = 2**26
UNPACKED_MAX_BYTES = 2**28


def members(tarball: IO[bytes], path: Path, wanted: Callable[[str], bool]) -> dict[str, bytes]:
    """
    The files of an npm tarball whose names are `wanted`: name to content. Names are without the outermost folder.

    `path` is for messages. Raises `MalformedInput` for a broken tarball, one with links, devices or names that lead out
    of it, and for more than `MEMBER_MAX_BYTES` in one wanted file or `UNPACKED_MAX_BYTES` together.
    """
    try:
        with tarfile.open(fileobj=tarball, mode="r:gz") as archive:
            return dict(_wanted(archive, path, wanted))
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        raise MalformedInput(f"{path}: not a gzipped tarball that can be read: {error}") from error


def _wanted(archive: tarfile.TarFile, path: Path, wanted: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    unpacked = 0
    for member in archive:
        unpacked += tarfile.BLOCKSIZE + member.size
        if unpacked > UNPACKED_MAX_BYTES:
            raise MalformedInput(f"{path}: more than {UNPACKED_MAX_BYTES} bytes in it")
        name = _name(member, path)
        if member.isfile() and wanted(name):
            yield name, _content(archive, member, path)


def _name(member: tarfile.TarInfo, path: Path) -> str:
    if not (member.isfile() or member.isdir()):
        raise MalformedInput(f"{path}: {member.name!r} is neither a file nor a folder")
    name = PurePosixPath(member.name)
    if name.is_absolute() or ".." in name.parts:
        raise MalformedInput(f"{path}: {member.name!r} leads out of the package")
    return "/".join(name.parts[1:])


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> bytes:
    if member.size > MEMBER_MAX_BYTES:
        raise MalformedInput(f"{path}: {member.name!r} has {member.size} bytes, more than {MEMBER_MAX_BYTES}")
    content = archive.extractfile(member)
    return content.read() if content else b""
