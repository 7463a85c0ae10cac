"""Public holidays, by country and part of it, such as DE-BY (the holidays package has the dates)."""

import datetime as dt
import difflib
from collections.abc import Iterable
from functools import lru_cache

import holidays

from tocsin.model.errors import EstateError

YEARS_KEPT = 512


def is_holiday(day: dt.date, countries: Iterable[str]) -> bool:
    """Whether it is a public holiday in one of these."""
    return any(day in _dates(country, day.year) for country in countries)


def check_country(country: str, where: str) -> str:
    """The country as it is. Raises `EstateError` that begins with `where` for one without known holidays."""
    known = holidays.list_supported_countries()
    name, _, part = country.partition("-")
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1, cutoff=0)
        raise EstateError(f"{where}: no holidays are known of {country[:20]!r}; did you mean {near[0]!r}?")
    if part and part not in known[name]:
        near = difflib.get_close_matches(part, known[name], n=1, cutoff=0)
        hint = f"; did you mean {name}-{near[0]}?" if near else f"; write {name}"
        raise EstateError(f"{where}: no holidays are known of the part {part[:20]!r} of {name}{hint}")
    return country


@lru_cache(maxsize=YEARS_KEPT)
def _dates(country: str, year: int) -> frozenset[dt.date]:
    name, _, part = country.partition("-")
    return frozenset(holidays.country_holidays(name, subdiv=part or None, years=year))
