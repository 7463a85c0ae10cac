"""Files that are there whole or not at all."""

import errno
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO

from tocsin.model.errors import SourceError, StoreFull

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def write_whole(path: Path, fill: Callable[[IO[bytes]], object]) -> None:
    """
    Let `fill` write a file that takes its place, folder included, when it is on the disk.

    Raises `StoreFull` when there is no room and `SourceError` when the place cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _fill_and_replace(path, fill)
    except OSError as error:
        if error.errno in NO_ROOM:
            raise StoreFull(f"{path}: no room left to write it") from error
        raise SourceError(f"{path}: cannot be written: {error.strerror}") from error


def _fill_and_replace(path: Path, fill: Callable[[IO[bytes]], object]) -> None:
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", suffix=".part", delete=False) as temporary:
        try:
            fill(temporary)
            temporary.flush()
            os.fsync(temporary.fileno())
            Path(temporary.name).chmod(0o644)
            Path(temporary.name).replace(path)
        except BaseException:
            Path(temporary.name).unlink(missing_ok=True)
            raise
