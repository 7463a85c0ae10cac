"""Whether the journal is still what was signed: every entry, every stream, every checkpoint."""

from tocsin.app.desk import Desk
from tocsin.app.evidence.custody import kept_in
from tocsin.edge.evidence import checkpoints as checkpoint_files
from tocsin.edge.store import log_checkpoints
from tocsin.edge.store.errors import named_errors
from tocsin.edge.store.log_checkpoints import Line, SealedCheckpoint
from tocsin.model.errors import InputError
from tocsin.respond.evidence import checkpoint
from tocsin.respond.evidence.merkle import Frontier, leaf_hash
from tocsin.respond.evidence.note import VerifyingKey
from tocsin.respond.journal import read

MOST_FAULTS = 20


def faults(desk: Desk, key: VerifyingKey) -> tuple[str, ...]:
    """What does not fit, in words, at most so many; empty where all is as it was. Raises `StoreError`."""
    with named_errors(), desk.store.engine.begin() as connection:
        size = log_checkpoints.journal_length(connection)
        sealed = {each.size: each for each in log_checkpoints.every(connection)}
    found = [fault for each in sealed.values() if (fault := _unsigned(each, key))]
    if (kept := checkpoint_files.newest(kept_in(desk).path)) is not None:
        found += _kept(kept, sealed, key)
    auditing = _Auditing(sealed)
    for line in log_checkpoints.lines(desk.store.engine, 0, size):
        auditing.take(line)
        if len(auditing.faults) + len(found) >= MOST_FAULTS:
            break
    return (*found, *auditing.faults, *auditing.end(size))[:MOST_FAULTS]


def _unsigned(sealed: SealedCheckpoint, key: VerifyingKey) -> str:
    try:
        said = checkpoint.opened(sealed.note, key)
    except InputError as error:
        return f"the checkpoint of {sealed.size} records: {error}"
    same = (said.size, said.root.hex()) == (sealed.size, sealed.root)
    return "" if same else f"the checkpoint of {sealed.size} records is not the one that was signed"


def _kept(kept: tuple[int, str], sealed: dict[int, SealedCheckpoint], key: VerifyingKey) -> list[str]:
    """The newest checkpoint kept as a file is in the store too, or the store was put back."""
    size, note = kept
    try:
        said = checkpoint.opened(note, key)
    except InputError as error:
        return [f"checkpoints/{size}.txt: {error}"]
    if said.size not in sealed or sealed[said.size].root != said.root.hex():
        return [f"the checkpoint of {said.size} records in checkpoints/{size}.txt is not in the store"]
    return []


class _Auditing:
    """The tree and the streams, grown entry by entry."""

    def __init__(self, sealed: dict[int, SealedCheckpoint]) -> None:
        self.faults: list[str] = []
        self._sealed = sealed
        self._tree = Frontier()
        self._heads: dict[str, tuple[int, str]] = {}

    def take(self, line: Line) -> None:
        """The next entry."""
        leaf = leaf_hash(line.line)
        if line.position != self._tree.size:
            self.faults.append(f"record {self._tree.size} is missing")
        if leaf.hex() != line.digest:
            self.faults.append(f"record {line.position}, of {line.stream}, was changed")
        self._in_stream(line, leaf.hex())
        self._tree = self._tree.grown([leaf])
        sealed = self._sealed.get(self._tree.size)
        if sealed is not None and self._tree.root.hex() != sealed.root:
            self.faults.append(f"the first {sealed.size} records are not those that were signed")

    def _in_stream(self, line: Line, leaf: str) -> None:
        try:
            entry = read(line.line, line.position)
        except InputError as error:
            self.faults.append(str(error))
            return
        count, last = self._heads.get(entry.stream, (0, ""))
        told = (entry.stream, entry.sequence, entry.previous)
        if told != (line.stream, count + 1, last) or entry.sequence != line.sequence:
            self.faults.append(f"record {line.position} does not follow entry {count} of {entry.stream}")
        self._heads[entry.stream] = (entry.sequence, leaf)

    def end(self, size: int) -> list[str]:
        """What is missing at the end."""
        if self.faults:
            return []
        found = [f"{size - self._tree.size} records are missing at the end"] if self._tree.size != size else []
        if longer := [each for each in self._sealed if each > self._tree.size]:
            found.append(f"a checkpoint of {max(longer)} records was signed, and there are {self._tree.size}")
        return found
