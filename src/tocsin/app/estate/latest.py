"""The newest estate that can be read: a slip in its file must not stop the alarm, and must not stay unsaid."""

from dataclasses import dataclass, field
from pathlib import Path

from tocsin.app.desk import Desk
from tocsin.app.estate.estate import estate_now
from tocsin.edge.store.estate import version
from tocsin.model.errors import EstateError
from tocsin.respond.estate.estate import EMPTY, Estate


@dataclass(slots=True, kw_only=True)
class LatestEstate:
    """Reads the estate again when its file, or what was changed beside it, is another; the last good one counts."""

    desk: Desk
    estate: Estate = EMPTY
    fault: str = ""
    """Why what is there now cannot be read; empty where it can."""
    stamp: tuple[object, ...] | None = field(default=None)

    def __call__(self) -> Estate:
        """The newest estate that could be read; the empty one before any could. Raises `StoreError`."""
        now = self._stamp()
        if now != self.stamp:
            self._read()
            self.stamp = now
        return self.estate

    def _read(self) -> None:
        try:
            self.estate, self.fault = estate_now(self.desk), ""
        except EstateError as error:
            self.fault = str(error)

    def _stamp(self) -> tuple[object, ...]:
        name, changes = self.desk.settings.estate.file, version(self.desk.store.engine)
        try:
            stat = Path(name).stat() if name else None
        except OSError:
            stat = None
        return (changes, stat and (stat.st_mtime_ns, stat.st_size, stat.st_ino))
