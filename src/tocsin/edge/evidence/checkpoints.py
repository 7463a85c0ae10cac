"""Checkpoints as files beside the evidence: what the store cannot take back with itself when it is rolled back."""

from pathlib import Path

from tocsin.edge.whole_file import write_whole


def write(folder: Path, size: int, note: str) -> None:
    """Keep a checkpoint. Raises `StoreFull`, `SourceError`."""
    write_whole(folder / "checkpoints" / f"{size}.txt", lambda file: file.write(note.encode()))


def newest(folder: Path) -> tuple[int, str] | None:
    """The size and the note of the largest checkpoint that was kept; None where there is none."""
    found = [(int(path.stem), path) for path in (folder / "checkpoints").glob("*.txt") if path.stem.isdigit()]
    if not found:
        return None
    size, path = max(found)
    return size, path.read_text(encoding="utf-8")
