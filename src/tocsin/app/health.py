"""
The book of what hinders the watching: an alert is opened once, counted, and closed on recovery.

It is kept in the store. While the store itself fails, it is kept here and written when the store is back, so that a
store that was away leaves an alert too.
"""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace

from tocsin.app.unbroken import unbroken
from tocsin.edge.logs import Log
from tocsin.edge.store.health import close_alert, open_alert, open_alerts
from tocsin.edge.store.opening import Store
from tocsin.edge.store.values import HealthAlert
from tocsin.model.errors import StoreError

STORE = HealthAlert(key="store", kind="store", chain_id=None, detail="", times=1)


@dataclass(slots=True, kw_only=True)
class HealthBook:
    """The open alerts, and what of them is not written yet."""

    store: Store
    clock: Callable[[], float]
    log: Log
    open: set[str] = field(default_factory=set)
    to_open: dict[str, HealthAlert] = field(default_factory=dict)
    to_close: set[str] = field(default_factory=set)
    writing: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def load(self) -> None:
        """Know what an earlier process left open. Raises `StoreError`."""
        self.open |= {alert.key for alert in await unbroken(open_alerts, self.store.engine)}

    async def trouble(self, alert: HealthAlert) -> None:
        """Something failed, once more."""
        if alert.key not in self.open:
            self.log.warning("health alert opened", key=alert.key, kind=alert.kind, detail=alert.detail)
        self._note(alert)
        await self._write()

    async def fine(self, keys: Collection[str]) -> None:
        """These work, as far as is known."""
        if recovered := self.open & set(keys):
            for key in sorted(recovered):
                self.log.info("health alert closed", key=key)
            self.open -= recovered
            self.to_close |= recovered
        if self.to_open or self.to_close:
            await self._write()

    def _note(self, alert: HealthAlert) -> None:
        times = self.to_open[alert.key].times if alert.key in self.to_open else 0
        self.to_open[alert.key] = replace(alert, times=times + alert.times)
        self.to_close.discard(alert.key)
        self.open.add(alert.key)

    async def _write(self) -> None:
        async with self.writing:
            try:
                await unbroken(self._write_now)
            except StoreError as error:
                self._note(replace(STORE, detail=str(error)))
                return
            if STORE.key in self.open:
                self.open.discard(STORE.key)
                self.to_close.add(STORE.key)

    def _write_now(self) -> None:
        for key in list(self.to_open):
            open_alert(self.store.engine, self.to_open[key], now=self.clock())
            del self.to_open[key]
        for key in sorted(self.to_close):
            close_alert(self.store.engine, key, now=self.clock())
            self.to_close.discard(key)
