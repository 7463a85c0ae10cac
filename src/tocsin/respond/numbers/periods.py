"""Periods by which numbers are told apart. All in UTC."""

import datetime as dt
from enum import StrEnum


class Period(StrEnum):
    """How long each is."""

    ALL = "all"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"

    def of(self, at: float) -> str:
        """The period that a moment is in: 2026-03-02, 2026-W10 (ISO 8601), 2026-03; empty for all."""
        day = dt.datetime.fromtimestamp(at, dt.UTC).date()
        year, week, _ = day.isocalendar()
        said = {
            Period.ALL: "",
            Period.DAY: day.isoformat(),
            Period.WEEK: f"{year}-W{week:02d}",
            Period.MONTH: f"{day:%Y-%m}",
        }
        return said[self]
