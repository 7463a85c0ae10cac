"""Files of labels, prices and announced changes on disk."""

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path

from tocsin.edge.recordings import nearest
from tocsin.model.errors import MalformedInput, SourceError

MOST_BYTES = 512 * 2**20
"""No file of this kind is larger, unpacked."""
ENDINGS = (".csv", ".json", ".toml", ".parquet")


def contents(path: Path) -> Iterator[tuple[str, bytes]]:
    """
    Name and content of a file, or of every such file below a directory, in the order of their names.

    Raises `SourceError` for what is not there or cannot be read, `MalformedInput` for what cannot be unpacked.
    """
    if path.is_dir():
        found = sorted(each for each in path.rglob("*") if each.is_file() and _is_one(each))
        if not found:
            raise SourceError(f"{path}: no file in it that ends in {', '.join(ENDINGS)}")
    elif path.is_file():
        found = [path]
    else:
        raise SourceError(f"{path}: no such file or directory{nearest(path)}")
    for each in found:
        yield str(each), _content(each)


def _is_one(path: Path) -> bool:
    return path.name.lower().removesuffix(".gz").endswith(ENDINGS)


def _content(path: Path) -> bytes:
    try:
        with gzip.open(path) if path.name.lower().endswith(".gz") else path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise MalformedInput(f"{path}: cannot be unpacked: {error}") from error
    except OSError as error:
        raise SourceError(f"{path}: cannot be read: {error.strerror}") from error
    if len(content) > MOST_BYTES:
        raise MalformedInput(f"{path}: larger than {MOST_BYTES // 2**20} MiB, which nothing of this kind is")
    return content
