"""
Triage: the loop that makes alerts of what was found, and incidents of alerts that are bad enough.

One pass is one transaction: notices that are taken in, the alerts and incidents they make, and that they were taken
in. Killed anywhere, the pass happens again from its beginning.
"""

import asyncio
import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from tocsin.app.bell import heard
from tocsin.app.desk import Desk
from tocsin.app.health import HealthBook
from tocsin.app.triage.batch import Batch, Knowledge, batch
from tocsin.app.triage.funds import IsPriced, Priced
from tocsin.app.triage.hiding import come_back
from tocsin.app.triage.incidents import Incidents, close_with_incidents, to_tell
from tocsin.app.triage.intake import Sight, take_in
from tocsin.app.triage.reports import put_aside, take_health
from tocsin.app.unbroken import unbroken
from tocsin.detect.catalogue import groups
from tocsin.detect.detector import Detector
from tocsin.detect.labels import Labels
from tocsin.edge.store.values import HealthAlert
from tocsin.model.errors import SettingError, TocsinError
from tocsin.model.finding import Severity
from tocsin.respond.estate.estate import Estate

AT_ONCE = 1_000
"""Notices in one transaction."""
LOOK_SECONDS = 1.0
"""How often to look when nothing wakes: another process may have written, and suppressions end by themselves."""
SQLITE_BREATH_SECONDS = 0.1
"""Whoever waits for SQLite's one lock tries at most every tenth of a second: without a gap nobody else would get it."""
RETRY_SECONDS, LONGEST_RETRY_SECONDS = 1.0, 60.0
PUT_ASIDE_AFTER = 3
"""Failures in a row, by a defect, until what causes it is looked for."""
KIND = "triage"


def knowledge(desk: Desk, estate: Estate, is_priced: IsPriced | None = None) -> Knowledge:
    """What triage knows, by the settings. Raises `SettingError`."""
    return Knowledge(
        groups=groups(),
        estate=estate,
        open_from=severity_of(desk.settings.respond.open_from),
        is_priced=is_priced or Priced(settings=desk.settings),
    )


def severity_of(word: str) -> Severity:
    """The severity that a setting names. Raises `SettingError`."""
    if word.upper() not in Severity.__members__:
        known = [each.word for each in Severity]
        near = difflib.get_close_matches(word, known, n=1, cutoff=0)[0]
        raise SettingError(f"[respond] open_from: {word!r} is no severity; did you mean {near!r}? {', '.join(known)}")
    return Severity[word.upper()]


@dataclass(slots=True, kw_only=True)
class Triage:
    """Takes in what waits, pass by pass."""

    desk: Desk
    detectors: Mapping[str, Detector]
    known: Labels
    estate: Callable[[], Estate]
    """Asked at every pass that takes something in: the estate may be changed meanwhile."""
    book: HealthBook | None = None
    """Where it is told that triage fails; None where nobody keeps one."""
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    is_priced: IsPriced | None = None
    """Whether a token has a price; None to read what the settings say, once."""
    at_once: int = AT_ONCE
    taken: int = 0
    """Notices taken in by this process."""

    def __post_init__(self) -> None:
        """Raises `SettingError` at once, not at the first alert."""
        severity_of(self.desk.settings.respond.open_from)
        self.is_priced = self.is_priced or Priced(settings=self.desk.settings)

    async def run(self) -> None:
        """Take in what comes, until stopped. What fails is told, and tried again."""
        failures = 0
        while True:
            try:
                is_more = await self.once()
                failures = 0
                if self.book is not None:
                    await self.book.fine([KIND])
            except Exception as error:  # noqa: BLE001 - whatever stops triage stops everything behind it: told, tried again
                failures += 1
                await self._tell(error)
                if failures >= PUT_ASIDE_AFTER and not isinstance(error, TocsinError):
                    await self._get_past()
                delay = min(RETRY_SECONDS * 2 ** min(failures - 1, 16), LONGEST_RETRY_SECONDS)
                await asyncio.sleep(delay)
                continue
            if is_more:
                await asyncio.sleep(self._breath())
            else:
                await heard(self.wake, LOOK_SECONDS)

    def _breath(self) -> float:
        """How long to leave the store to others between two passes of a storm."""
        return SQLITE_BREATH_SECONDS if self.desk.store.engine.dialect.name == "sqlite" else 0.0

    async def once(self) -> bool:
        """One pass; True when something was taken in."""
        return await unbroken(self.pass_now)

    def pass_now(self) -> bool:
        """One pass, here and now; True when something was taken in. Raises `StoreError`, and `EstateError`."""
        known, sight = (
            knowledge(self.desk, self.estate(), self.is_priced),
            Sight(detectors=self.detectors, known=self.known),
        )
        with batch(self.desk) as work:
            taken = take_pass(work, known, sight, self.at_once)
        self.taken += taken
        return taken > 0

    async def _get_past(self) -> None:
        """A defect holds triage up: what waits is taken one by one, and what cannot be taken is put aside."""
        try:
            while await unbroken(self.one_now):
                pass
        except Exception as error:  # noqa: BLE001 - the store, or a defect in telling: both are tried again
            await self._tell(error)

    def one_now(self) -> bool:
        """Take in the notice that waits longest, or put it aside where that cannot be done; False where none waits."""
        known, sight = (
            knowledge(self.desk, self.estate(), self.is_priced),
            Sight(detectors=self.detectors, known=self.known),
        )
        try:
            with batch(self.desk) as work:
                taken = take_pass(work, known, sight, 1)
        except TocsinError:
            raise
        except Exception as error:  # noqa: BLE001 - a defect that this notice meets: it becomes an alert
            with batch(self.desk) as work:
                taken = put_aside(work, type(error).__name__)
        self.taken += taken
        return taken > 0

    async def _tell(self, error: Exception) -> None:
        detail = f"{type(error).__name__}: {error}" if isinstance(error, TocsinError) else type(error).__name__
        if self.book is not None:
            await self.book.trouble(HealthAlert(key=KIND, kind=KIND, chain_id=None, detail=detail, times=1))


def take_pass(work: Batch, known: Knowledge, sight: Sight, at_once: int) -> int:
    """Everything of one pass; how many notices were taken in."""
    changed = [*come_back(work, at_once)]
    close_with_incidents(work, at_once)
    work.write_changed()
    taken, intake = take_in(work, known, sight, at_once)
    if intake is not None:
        changed += intake.settle()
    changed += take_health(work)
    changed += to_tell(work, at_once)
    incidents = Incidents(batch=work, knowledge=known)
    incidents.take({alert.id: alert for alert in changed}.values())
    if intake is not None:
        incidents.relate(intake.related)
        incidents.take_back(intake.gone)
    incidents.write()
    work.state = replace(work.state, taken_in=work.state.taken_in + taken)
    return taken
