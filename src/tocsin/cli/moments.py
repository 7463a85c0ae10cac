"""Moments as people type them at three in the morning: `2026-03-02T10:00Z`, `now`, `20m ago`, `+2h`, `03:12`."""

import datetime as dt
import re

from tocsin.model.errors import Unacceptable
from tocsin.respond.estate.fields import shown

HELP = "Such as 2026-03-02T10:00Z, now, 20m ago, +2h, or 03:12 (the last one, UTC)."
_AGO = re.compile(r"(\d{1,6}) ?([smhd]) ago")
_SIGNED = re.compile(r"([-+])(\d{1,6})([smhd])")
_LAST = re.compile(r"\d{1,2}:\d{2}(:\d{2})?Z?")
_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


def moment(text: str, now: float) -> float:
    """Seconds since 1970. Raises `Unacceptable`: a date without its zone would be another moment elsewhere."""
    return zoned(text, now)[0]


def zoned(text: str, now: float) -> tuple[float, str]:
    """Seconds since 1970, and the zone in which it was written. Raises `Unacceptable`."""
    said = text.strip()
    if said == "now":
        return now, "UTC"
    if found := _AGO.fullmatch(said):
        return now - int(found[1]) * _UNITS[found[2]], "UTC"
    if found := _SIGNED.fullmatch(said):
        return now + int(found[1] + found[2]) * _UNITS[found[3]], "UTC"
    try:
        at = _last(said, now) if _LAST.fullmatch(said) else dt.datetime.fromisoformat(said)
    except ValueError:
        raise Unacceptable(f"{shown(text)} is no moment; write 2026-03-02T10:00Z, now, 20m ago, or 03:12") from None
    if at.tzinfo is None:
        raise Unacceptable(f"{shown(text)} has no zone; write {said}Z for UTC, or {said}+01:00")
    return at.timestamp(), str(at.tzinfo)


def _last(said: str, now: float) -> dt.datetime:
    """The last time it was that late, in UTC. Raises `ValueError`."""
    here = dt.datetime.fromtimestamp(now, dt.UTC)
    clock = dt.time.fromisoformat(said.removesuffix("Z").zfill(5))
    at = dt.datetime.combine(here.date(), clock, dt.UTC)
    return at if at <= here else at - dt.timedelta(days=1)


def day_or_moment(text: str, now: float) -> float:
    """Like `moment`, and a date alone is its first moment in UTC. Raises `Unacceptable`."""
    try:
        day = dt.date.fromisoformat(text.strip())
    except ValueError:
        return moment(text, now)
    return dt.datetime.combine(day, dt.time(), dt.UTC).timestamp()
