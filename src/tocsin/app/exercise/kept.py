"""Played attacks and twins on disk: those that are shipped with tocsin, and those that others record."""

from dataclasses import dataclass
from pathlib import Path

import tocsin.app
from tocsin.app.exercise.playing import Played, PlayedAttack, PlayedTwin
from tocsin.chain.recording import Recording
from tocsin.edge import recordings
from tocsin.edge.whole_file import write_whole
from tocsin.exercise import truth as truths
from tocsin.exercise.knowledge import CHANGES, LABELS, PRICES
from tocsin.model.errors import SourceError

SHIPPED = Path(tocsin.app.__path__[0]) / "recordings"
"""One folder a scenario, and in it `attack` and `twin`; ordinary traffic under `ordinary`."""
KNOWN, KNOWN_FILES = "known", (PRICES, LABELS, CHANGES)
"""A folder beside the recordings: what the organisation knew."""
ATTACK, TWIN, ORDINARY = "attack", "twin", "ordinary"
NUMBER_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Kept:
    """Where recordings of scenarios are."""

    folder: Path

    def attack(self, scenario: str) -> PlayedAttack:
        """A recorded attack. Raises `SourceError` and `InputError`."""
        folder = self.folder / scenario / ATTACK
        truth = truths.parse(_content(folder / recordings.GROUND_TRUTH), str(folder))
        return PlayedAttack(recordings=_read(folder), known=_known(folder), truth=truth)

    def twin(self, scenario: str) -> PlayedTwin:
        """A recorded twin. Raises as `attack`."""
        folder = self.folder / scenario / TWIN
        truth = truths.parse_twin(_content(folder / recordings.GROUND_TRUTH), str(folder))
        return PlayedTwin(recordings=_read(folder), known=_known(folder), truth=truth)

    def ordinary(self) -> Played:
        """Recorded ordinary traffic. Raises as `attack`."""
        return Played(recordings=_read(self.folder / ORDINARY), known=_known(self.folder / ORDINARY))

    def scenarios(self) -> frozenset[str]:
        """Those with both recordings."""
        return frozenset(path.parent.parent.name for path in self.folder.glob(f"*/{TWIN}/{recordings.GROUND_TRUTH}"))

    def keep(self, scenario: str, attack: PlayedAttack, twin: PlayedTwin) -> int:
        """Write both, in place of what is there; the bytes written. Raises `StoreFull` and `SourceError`."""
        written = 0
        for name, played in ((ATTACK, attack), (TWIN, twin)):
            folder = self.folder / scenario / name
            written += _write(folder, played) + _write_truth(folder, truths.render(played.truth))
        return written

    def keep_ordinary(self, played: Played) -> int:
        """Write ordinary traffic, in place of what is there; the bytes written. Raises as `keep`."""
        return _write(self.folder / ORDINARY, played)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SourceError(f"{path}: cannot be read: {error.strerror}; record it: tocsin range record") from error


def _read(folder: Path) -> tuple[Recording, ...]:
    """The recordings in the order in which they were made: their names begin with their number."""
    return tuple(recordings.read(folder))


def _known(folder: Path) -> dict[str, bytes]:
    """What was known there: the files that `tocsin scan --known` would be given."""
    return {name: _content(path) for name in KNOWN_FILES if (path := folder / KNOWN / name).is_file()}


def _write_truth(folder: Path, content: bytes) -> int:
    _write_whole(folder / recordings.GROUND_TRUTH, content)
    return len(content)


def _write_whole(path: Path, content: bytes) -> None:
    write_whole(path, lambda file: file.write(content))


def _write(folder: Path, played: Played) -> int:
    for old in (*folder.glob("*.json*"), *(folder / KNOWN / name for name in KNOWN_FILES)):
        old.unlink(missing_ok=True)
    written = 0
    for name, content in played.known.items():
        _write_whole(folder / KNOWN / name, content)
        written += len(content)
    for number, recording in enumerate(played.recordings):
        path = folder / f"{number:0{NUMBER_DIGITS}}-{recording.chain_id}.json.gz"
        recordings.write(recording, path)
        written += path.stat().st_size
    return written
