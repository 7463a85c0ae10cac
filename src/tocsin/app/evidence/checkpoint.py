"""
Checkpoints: every few minutes the journal's size and root are signed, time-stamped by third parties, and kept.

Whoever changes an old entry, or takes the newest away, changes the root of a checkpoint that somebody has. That is
noticed here: a health alert of the kind `journal` says what does not fit.
"""

import asyncio
from dataclasses import dataclass

from tocsin.app.desk import Desk
from tocsin.app.evidence.audit import faults
from tocsin.app.evidence.custody import kept_in
from tocsin.app.evidence.stamps import Stampers
from tocsin.app.unbroken import unbroken
from tocsin.edge.evidence import checkpoints as checkpoint_files
from tocsin.edge.evidence.key import SigningKey
from tocsin.edge.store import journal, log_checkpoints
from tocsin.edge.store.errors import named_errors
from tocsin.edge.store.health import close_alert, open_alert
from tocsin.edge.store.log_checkpoints import SealedCheckpoint
from tocsin.edge.store.values import HealthAlert
from tocsin.model.errors import InconsistentInput, SourceError, StoreError
from tocsin.respond.evidence import checkpoint
from tocsin.respond.evidence.checkpoint import Checkpoint
from tocsin.respond.evidence.merkle import Frontier, leaf_hash

AUDIT_SECONDS = 3_600.0
"""How often the whole journal is read anew and held against every checkpoint; also when tocsin starts."""
JOURNAL = "journal"
"""The key and kind of the health alert."""
ALONE = "checkpoint"
"""The name under which one at a time signs."""


def seal(desk: Desk, key: SigningKey) -> SealedCheckpoint:
    """
    Sign the journal as it is, unless it did not grow since it was signed last.

    Raises `InconsistentInput` when it does not begin with what was signed last, and `StoreError`.
    """
    engine = desk.store.engine
    with named_errors(), engine.begin() as connection:
        size = log_checkpoints.journal_length(connection)
        last = log_checkpoints.newest(connection)
        tree = Frontier() if last is None else log_checkpoints.frontier(connection, last.size)
    _only_grew(desk, key, size, last)
    if last is not None and last.size == size:
        return last
    if last is not None and tree.root.hex() != last.root:
        raise InconsistentInput(f"the checkpoint of {last.size} records was changed in the store")
    grown = tree.grown(leaf_hash(each.line) for each in log_checkpoints.lines(engine, tree.size, size))
    if grown.size != size:
        raise InconsistentInput(f"the journal has {grown.size} records, not the {size} that were written")
    note = checkpoint.sealed(Checkpoint(size, grown.root), key.verifying, key.sign)
    sealed = SealedCheckpoint(size=size, root=grown.root.hex(), note=note, made_at=desk.clock())
    return _kept(desk, sealed, grown)


def _kept(desk: Desk, sealed: SealedCheckpoint, grown: Frontier) -> SealedCheckpoint:
    """Write it, unless another process signed as much meanwhile."""
    with named_errors(), desk.store.engine.begin() as connection:
        journal.unread(connection, ALONE, limit=0)  # held: nobody else writes one meanwhile
        newest = log_checkpoints.newest(connection)
        if newest is not None and newest.size >= sealed.size:
            return newest
        log_checkpoints.insert(connection, sealed, grown)
    checkpoint_files.write(kept_in(desk).path, sealed.size, sealed.note)
    return sealed


def _only_grew(desk: Desk, key: SigningKey, size: int, last: SealedCheckpoint | None) -> None:
    """Raise `InconsistentInput` where the journal is shorter than something that was signed."""
    known = 0
    if last is not None:
        known = checkpoint.opened(last.note, key.verifying).size
    if (kept := checkpoint_files.newest(kept_in(desk).path)) is not None:
        known = max(known, checkpoint.opened(kept[1], key.verifying).size)
    if size < known:
        raise InconsistentInput(
            f"the journal has {size} records, and had {known} when it was signed: the newest were taken away, or an "
            "older copy of the store was put back. Keep the store as it is, and find out who did it and when"
        )


@dataclass(slots=True, kw_only=True)
class Checkpointer:
    """Signs, gets time-stamps, and looks whether the past is still what it was. One a store."""

    desk: Desk
    key: SigningKey
    stampers: Stampers
    audited_at: float = 0.0

    async def once(self) -> bool:
        """One pass; True where something was signed or stamped. Trouble is a health alert, and tried again."""
        before = await unbroken(self._newest_size)
        if not await unbroken(self._sealed):
            return False
        stamped = await self.stampers.stamp(self.desk)
        return stamped or before != await unbroken(self._newest_size)

    async def run(self) -> None:
        """Endless; waits as long as [evidence] checkpoint_seconds says between passes."""
        while True:
            await self.once()
            await asyncio.sleep(self.desk.settings.evidence.checkpoint_seconds)

    def _newest_size(self) -> int:
        try:
            with named_errors(), self.desk.store.engine.begin() as connection:
                found = log_checkpoints.newest(connection)
        except StoreError:
            return -1
        return -1 if found is None else found.size

    def _sealed(self) -> bool:
        """Whether the journal is what it was, and signed as it is now."""
        try:
            seal(self.desk, self.key)
            now = self.desk.clock()
            if now - self.audited_at >= AUDIT_SECONDS:
                if found := faults(self.desk, self.key.verifying):
                    return self._trouble("; ".join(found[:3]))
                self.audited_at = now
            close_alert(self.desk.store.engine, JOURNAL, now=now)
        except (InconsistentInput, SourceError) as error:
            return self._trouble(str(error))
        except StoreError:
            return False  # the store's own trouble is told by whoever uses it all the time; it is tried again
        return True

    def _trouble(self, says: str) -> bool:
        alert = HealthAlert(key=JOURNAL, kind=JOURNAL, chain_id=None, detail=says, times=1)
        try:
            open_alert(self.desk.store.engine, alert, now=self.desk.clock())
        except StoreError:
            return False  # tried again with the next pass
        return False
