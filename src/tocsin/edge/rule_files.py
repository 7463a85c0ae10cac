"""Rule files on disk: those named, or all below a directory that is."""

from collections.abc import Iterable
from pathlib import Path

from tocsin.model.errors import SourceError

SUFFIXES = (".yml", ".yaml")
LARGEST_FILE_BYTES = 4_000_000
MOST_FILES = 10_000


def read_rules(names: Iterable[str]) -> list[tuple[str, str]]:
    """
    Name and text of each rule file, in the order of the names; a test file beside one comes along.

    Raises `SourceError` for what is not there or cannot be read.
    """
    paths = dict.fromkeys(path for name in names for path in _paths(Path(name)))
    if len(paths) > MOST_FILES:
        raise SourceError(f"more than {MOST_FILES} rule files")
    return [(str(path), read_text(path)) for path in paths]


def _paths(path: Path) -> list[Path]:
    if path.is_file():
        beside = path.with_name(f"{path.stem}.test{path.suffix}")
        return [path, *([beside] if beside.is_file() else [])]
    if not path.is_dir():
        raise SourceError(f"{path}: no such file or directory")
    found = sorted(each for each in path.rglob("*") if each.suffix in SUFFIXES and each.is_file())
    if not found:
        raise SourceError(f"{path}: no rule in it; they end in {' or '.join(SUFFIXES)}")
    return found


def read_text(path: Path) -> str:
    """The text of a file. Raises `SourceError`."""
    try:
        if path.stat().st_size > LARGEST_FILE_BYTES:
            raise SourceError(f"{path}: larger than {LARGEST_FILE_BYTES} bytes")
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise SourceError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SourceError(f"{path}: is not UTF-8 text") from error


def read_json_below(folder: Path) -> list[tuple[str, str]]:
    """Name and text of each .json file in a directory. Raises `SourceError`."""
    if not folder.is_dir():
        raise SourceError(f"{folder}: no such directory")
    return [(str(path), read_text(path)) for path in sorted(folder.glob("*.json"))]
