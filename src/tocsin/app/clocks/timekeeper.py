"""The timekeeper: follows the journal, starts and stops clocks, warns, and says what is late. Several may run."""

import asyncio
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from tocsin.app.bell import heard
from tocsin.app.desk import Desk
from tocsin.app.health import HealthBook
from tocsin.app.settings import Settings
from tocsin.app.unbroken import unbroken
from tocsin.edge.rule_files import read_text
from tocsin.edge.store.clocks import next_moment
from tocsin.edge.store.timekeeping import adopt, follow
from tocsin.edge.store.values import HealthAlert
from tocsin.model.errors import EstateError, SourceError, TocsinError
from tocsin.respond.clocks.plan import Rules
from tocsin.respond.clocks.policy import parse
from tocsin.respond.obligation_catalogue import clocks_of
from tocsin.respond.oncall.holiday_dates import check_country

LOOK_SECONDS = 1.0
"""How long at most until the next look: what another process wrote rings no bell here."""
REST_SECONDS = 0.05
"""How long at least: another process may hold what is due."""
TROUBLE = HealthAlert(key="clocks", kind="clocks", chain_id=None, detail="", times=1)


@cache
def rules_of(settings: Settings) -> Rules:
    """Which clocks there are, as the settings say; read once. Raises `SettingError`, `EstateError`."""
    told, countries = settings.respond, settings.respond.countries
    for country in countries:
        check_country(country, "[respond] countries")
    policy = parse(_text(told.clocks), told.clocks, countries) if told.clocks else parse("", "clocks", countries)
    return policy.rules(clocks_of(told.regimes))


def _text(name: str) -> str:
    try:
        return read_text(Path(name))
    except SourceError as error:
        raise EstateError(f"{error}; [respond] clocks in tocsin.toml names it; docs/clocks.md has the format") from None


@dataclass(slots=True, kw_only=True)
class Timekeeper:
    """Keeps the clocks of all incidents."""

    desk: Desk
    heard: asyncio.Event
    """Set when something was entered into the journal."""
    health: HealthBook

    async def once(self) -> bool:
        """Act on what is new or due. True where there was any. Raises `StoreError`."""
        done = await unbroken(follow, self.desk.store.engine, rules_of(self.desk.settings), now=self.desk.clock())
        if done:
            self.desk.ring()
        return done

    async def begin(self) -> None:
        """Start what regimes that are new in the settings ask for. Raises `StoreError`."""
        if await unbroken(adopt, self.desk.store.engine, rules_of(self.desk.settings), now=self.desk.clock()):
            self.desk.ring()

    async def run(self) -> None:
        """Begin, then do so for ever. What fails is told and tried again."""
        has_begun = False
        while True:
            try:
                if not has_begun:
                    await self.begin()
                    has_begun = True
                while await self.once():
                    pass
                wait = await self._seconds_to_wait()
                await self.health.fine((TROUBLE.key,))
            except TocsinError as error:
                await self.health.trouble(replace(TROUBLE, detail=str(error)))
                wait = LOOK_SECONDS
            await heard(self.heard, wait)

    async def _seconds_to_wait(self) -> float:
        moment = await unbroken(next_moment, self.desk.store.engine)
        return LOOK_SECONDS if moment is None else min(LOOK_SECONDS, max(REST_SECONDS, moment - self.desk.clock()))
