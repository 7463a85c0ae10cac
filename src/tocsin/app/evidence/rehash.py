"""
Kept bytes are held against their digests all the time, a share every hour, so that rot is noticed before a court does.

Which share it is follows from the clock alone: nothing is to be remembered, and a restart skips nothing.
"""

import asyncio
from dataclasses import dataclass

from tocsin.app.desk import Desk
from tocsin.app.evidence.check import check
from tocsin.app.unbroken import unbroken
from tocsin.edge.store import evidence as rows
from tocsin.edge.store.errors import named_errors
from tocsin.model.actor import TOCSIN
from tocsin.model.errors import StoreError

HOUR = 3_600.0
ROUND_HOURS = 7 * 24
"""In so many hours each piece is held against its digest once, in the order in which they came."""
WHY = "the weekly check of all that is kept"


@dataclass(slots=True, kw_only=True)
class Rehasher:
    """Verifies the share of each hour; what differs or is gone is a health alert, and closes once it is put back."""

    desk: Desk
    hour: int = -1
    """The hour whose share was verified last."""

    async def once(self) -> bool:
        """The share of this hour, unless it was verified; True where there was something to verify."""
        hour = int(self.desk.clock() // HOUR)
        if hour == self.hour:
            return False
        try:
            did = await unbroken(self._verify, hour % ROUND_HOURS)
        except StoreError:
            return False  # the same share again with the next pass
        self.hour = hour
        return did

    async def run(self) -> None:
        """Endless."""
        while True:
            await self.once()
            await asyncio.sleep(self.desk.settings.evidence.checkpoint_seconds)

    def _verify(self, share: int) -> bool:
        with named_errors(), self.desk.store.engine.begin() as connection:
            pieces = rows.share(connection, share, ROUND_HOURS)
        for piece in pieces:
            check(self.desk, TOCSIN, WHY, evidence=(piece,))
        return bool(pieces)
