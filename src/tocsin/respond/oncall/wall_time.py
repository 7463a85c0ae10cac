"""
Local time and the moments it stands for: seconds since 1970, whatever the clocks do.

The mapping never goes backwards, so that what begins at the end of another leaves no gap and no overlap on the days
when clocks change. A local time that comes twice is the first of the two; one that is left out is the moment at which
the clocks jump over it.
"""

import datetime as dt
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tocsin.model.errors import EstateError

LONGEST_NAME = 64


def zone(name: str, where: str) -> ZoneInfo:
    """The time zone of an IANA name, such as Europe/Zurich. Raises `EstateError` that begins with `where`."""
    try:
        return ZoneInfo(name[:LONGEST_NAME])
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise EstateError(
            f"{where}: {name[:LONGEST_NAME]!r} is no time zone; write one such as Europe/Zurich"
        ) from None


def moment(local: dt.datetime, place: ZoneInfo) -> float:
    """The moment of a local time (without zone)."""
    first = local.replace(tzinfo=place, fold=0)
    later = first.timestamp()
    if at_place(later, place) == local:
        return later
    return _jump(local.replace(tzinfo=place, fold=1).timestamp(), later, place)


def at_place(at: float, place: ZoneInfo) -> dt.datetime:
    """The local time (without zone) at a moment."""
    return dt.datetime.fromtimestamp(at, place).replace(tzinfo=None, fold=0)


def _jump(before: float, after: float, place: ZoneInfo) -> float:
    """The whole second between these two at which the clocks jump."""
    low, high = int(before), int(after)
    offset = _offset(low, place)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _offset(middle, place) == offset else (low, middle)
    return float(high)


def _offset(at: int, place: ZoneInfo) -> dt.timedelta | None:
    return dt.datetime.fromtimestamp(at, place).utcoffset()
