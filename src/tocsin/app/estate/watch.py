"""The estate watched while tocsin serves: held against the chains now and then, and read anew where it changed."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tocsin.app.desk import Desk
from tocsin.app.estate.check import check_estate
from tocsin.app.estate.estate import keep
from tocsin.app.estate.latest import LatestEstate
from tocsin.app.health import HealthBook
from tocsin.app.unbroken import unbroken
from tocsin.edge.store.values import HealthAlert
from tocsin.model.errors import TocsinError
from tocsin.respond.estate.estate import Estate
from tocsin.respond.estate.judging import Verdict

KIND = "estate"
READING, CHECKING = "estate", "estate-check"
"""Keys of the health alerts: the file cannot be read; the check itself failed."""
PREFIX, CHAIN_PREFIX = "estate:", "estate-chain:"
"""How the keys of what differs begin."""
CHAIN = "chain"
"""What a verdict is about where a whole chain could not be asked."""
LOOK_SECONDS = 30.0
HOUR_SECONDS = 3_600.0
TRY_AGAIN_SECONDS = 300.0
"""After a check that failed as a whole."""


@dataclass(slots=True, kw_only=True)
class EstateWatch:
    """Says by health alerts what differs; an alert closes when the chain is as the estate says again."""

    desk: Desk
    latest: LatestEstate
    book: HealthBook
    environment: Mapping[str, str]
    due_at: float = 0.0
    checked: Estate | None = None

    async def run(self) -> None:
        """Look, until stopped."""
        while True:
            await self.once()
            await asyncio.sleep(LOOK_SECONDS)

    async def once(self) -> bool:
        """One look; True when the estate was held against the chains."""
        try:
            estate = await unbroken(self.latest)
            await self._tell_reading()
            if not self._is_due(estate):
                return False
            await self._check(estate)
        except TocsinError as error:
            self.due_at = self.desk.clock() + TRY_AGAIN_SECONDS
            await self.book.trouble(_alert(CHECKING, f"{type(error).__name__}: {error}"))
            return False
        await self.book.fine([CHECKING])
        return True

    async def _tell_reading(self) -> None:
        if self.latest.fault:
            await self.book.trouble(_alert(READING, f"the last good one counts: {self.latest.fault}"))
        else:
            await self.book.fine([READING])

    def _is_due(self, estate: Estate) -> bool:
        """After a while, and at once where the estate is another than the one that was checked."""
        hours = self.desk.settings.estate.check_hours
        return bool(hours and estate.assets) and (self.desk.clock() >= self.due_at or estate is not self.checked)

    async def _check(self, estate: Estate) -> None:
        now = self.desk.clock()
        result = await check_estate(self.desk.settings, estate, self.environment, now=now)
        await unbroken(keep, self.desk, result.counted, result.holdings)
        found = _told(estate, result.verdicts)
        for key, detail in found.items():
            await self.book.trouble(_alert(key, detail))
        await self.book.fine(self._settled(result.verdicts) - set(found))
        self.checked = estate
        self.due_at = now + self.desk.settings.estate.check_hours * HOUR_SECONDS

    def _settled(self, verdicts: Iterable[Verdict]) -> set[str]:
        """The alerts that are open, but for those of assets that nobody could ask about: they may still be true."""
        unasked = tuple(f"{PREFIX}{verdict.asset}:" for verdict in verdicts if verdict.what == CHAIN)
        return {key for key in self.book.open if key.startswith((PREFIX, CHAIN_PREFIX)) and not key.startswith(unasked)}


def _told(estate: Estate, verdicts: Iterable[Verdict]) -> Mapping[str, str]:
    """By key, what is wrong: one alert a field of an asset, and one a chain that nobody can ask."""
    found: dict[str, str] = {}
    for verdict in verdicts:
        if verdict.outcome.is_wrong:
            key, says = f"{PREFIX}{verdict.asset}:{verdict.what}", f"{verdict.asset}, {verdict.what}: {verdict.says}"
            if verdict.what == CHAIN:
                chain = estate.assets[verdict.asset].chain_id
                key, says = f"{CHAIN_PREFIX}{chain}", f"the assets on chain {chain}: {verdict.says}"
            found[key] = says if found.get(key, says) == says else f"{found[key]}; {says}"
    return found


def _alert(key: str, detail: str) -> HealthAlert:
    return HealthAlert(key=key, kind=KIND, chain_id=None, detail=detail, times=1)
