"""How long there is, as people write it: 90s, 15m, 4h, 3d, 5 business days, 8 business hours, 1 month."""

import re
from collections.abc import Callable, Mapping

from tocsin.model.errors import EstateError
from tocsin.respond.clocks.targets import (
    DAY_SECONDS,
    HOUR_SECONDS,
    MINUTE_SECONDS,
    BusinessDays,
    BusinessHours,
    Elapsed,
    Limit,
    Months,
)
from tocsin.respond.estate.fields import shown

MOST = 10_000
"""Of one unit: no duty takes longer."""
_WRITTEN = re.compile(r"(\d{1,5}) ?(s|m|h|d|business days?|business hours?|months?)")
_MEANS: Mapping[str, Callable[[int], Limit]] = {
    "s": Elapsed,
    "m": lambda number: Elapsed(number * MINUTE_SECONDS),
    "h": lambda number: Elapsed(number * HOUR_SECONDS),
    "d": lambda number: Elapsed(number * DAY_SECONDS),
    "business day": BusinessDays,
    "business hour": lambda number: BusinessHours(number * HOUR_SECONDS),
    "month": Months,
}


def limit(value: object, where: str) -> Limit:
    """The limit that a text says. Raises `EstateError`."""
    found = _WRITTEN.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None or not 0 < int(found[1]) <= MOST:
        raise EstateError(
            f"{where} is {shown(value)}; write how long there is, such as 90s, 15m, 4h, 3d, 8 business hours, "
            "5 business days, 1 month"
        )
    unit = found[2] if len(found[2]) == 1 else found[2].removesuffix("s")
    return _MEANS[unit](int(found[1]))


def written(told: object) -> str:
    """A limit as people write it."""
    match told:
        case Elapsed(seconds):
            return _elapsed(seconds)
        case Months(months):
            return _count(months, "month")
        case BusinessHours(seconds):
            return _count(seconds // HOUR_SECONDS, "business hour")
        case BusinessDays(days):
            return _count(days, "business day")
    return "without undue delay"


def _elapsed(seconds: int) -> str:
    for unit, letter in ((DAY_SECONDS, "d"), (HOUR_SECONDS, "h"), (MINUTE_SECONDS, "m")):
        if seconds % unit == 0 and (unit != DAY_SECONDS or seconds > 3 * DAY_SECONDS):
            return f"{seconds // unit}{letter}"
    return f"{seconds}s"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
