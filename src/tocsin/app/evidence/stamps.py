"""Time-stamps of checkpoints by third parties: each authority is asked for the newest, until it has answered."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.x509 import Certificate

from tocsin.app.backoff import Backoff
from tocsin.app.desk import Desk
from tocsin.app.settings import EvidenceSettings
from tocsin.app.unbroken import unbroken
from tocsin.edge import clock
from tocsin.edge.evidence import time_stamps
from tocsin.edge.store import log_checkpoints
from tocsin.edge.store.errors import named_errors
from tocsin.edge.store.health import close_alert, open_alert
from tocsin.edge.store.log_checkpoints import SealedCheckpoint, TimeStamp
from tocsin.edge.store.values import HealthAlert
from tocsin.model.errors import InputError, RemoteError, SettingError, StoreError
from tocsin.respond.evidence import stamps

KIND = "time_stamps"
"""The kind of the health alerts."""


STAMP_RETRY = Backoff(first_seconds=30.0, longest_seconds=3_600.0, jitter=clock.jitter)
"""How an authority that does not answer is asked again."""


@dataclass(slots=True, kw_only=True)
class Stampers:
    """The authorities to ask."""

    urls: tuple[str, ...]
    roots: tuple[Certificate, ...]
    backoff: Backoff
    failures: dict[str, int] = field(default_factory=dict)
    next_try_at: dict[str, float] = field(default_factory=dict)

    async def stamp(self, desk: Desk) -> bool:
        """Ask each that has not answered for the newest checkpoint; True where one did. Trouble is a health alert."""
        try:
            newest, done = await unbroken(_standing, desk)
        except StoreError:
            return False
        if newest is None:
            return False
        waiting = [url for url in self.urls if (newest.size, time_stamps.shown(url)) not in done]
        ready = [url for url in waiting if self.next_try_at.get(url, 0.0) <= desk.clock()]
        return any([await self._asked(desk, url, newest) for url in ready])

    async def _asked(self, desk: Desk, url: str, newest: SealedCheckpoint) -> bool:
        note, asked = newest.note.encode(), stamps.request(newest.note.encode())
        try:
            response = await time_stamps.ask(url, asked.as_bytes())
            at = stamps.stamped(response, note, self.roots, asked)
            name = time_stamps.shown(url)
            stamp = TimeStamp(size=newest.size, authority=name, response=response, stamped_at=at.timestamp())
            await unbroken(_keep, desk, stamp)
        except (RemoteError, InputError, StoreError) as error:
            self.failures[url] = self.failures.get(url, 0) + 1
            self.next_try_at[url] = desk.clock() + self.backoff.delay(self.failures[url])
            await unbroken(_trouble, desk, url, str(error))
            return False
        self.failures.pop(url, None)
        self.next_try_at.pop(url, None)
        return True


def stampers_of(settings: EvidenceSettings, backoff: Backoff) -> Stampers:
    """Those that the settings name. Raises `SettingError`."""
    return Stampers(urls=settings.time_stampers, roots=roots_of(settings), backoff=backoff)


def roots_of(settings: EvidenceSettings) -> tuple[Certificate, ...]:
    """The root certificates that the settings name; none where they name none. Raises `SettingError`."""
    return stamps.read_roots(pem, settings.time_stamper_roots) if (pem := roots_pem(settings)) else ()


def roots_pem(settings: EvidenceSettings) -> bytes:
    """The file of root certificates; empty where none is named. Raises `SettingError`."""
    if not settings.time_stamper_roots:
        return b""
    try:
        return Path(settings.time_stamper_roots).read_bytes()
    except OSError as error:
        where = f"[evidence] time_stamper_roots: {settings.time_stamper_roots}"
        raise SettingError(f"{where}: cannot be read: {error.strerror}") from None


def _standing(desk: Desk) -> tuple[SealedCheckpoint | None, Mapping[tuple[int, str], TimeStamp]]:
    with named_errors(), desk.store.engine.begin() as connection:
        done = {(each.size, each.authority): each for each in log_checkpoints.stamps(connection)}
        return log_checkpoints.newest(connection), done


def _keep(desk: Desk, stamp: TimeStamp) -> None:
    with named_errors(), desk.store.engine.begin() as connection:
        log_checkpoints.add_time_stamp(connection, stamp)
    close_alert(desk.store.engine, f"{KIND}:{stamp.authority}", now=desk.clock())


def _trouble(desk: Desk, url: str, says: str) -> None:
    key = f"{KIND}:{time_stamps.shown(url)}"
    try:
        open_alert(
            desk.store.engine,
            HealthAlert(key=key, kind=KIND, chain_id=None, detail=says, times=1),
            now=desk.clock(),
        )
    except StoreError:
        return  # told with the next failure
