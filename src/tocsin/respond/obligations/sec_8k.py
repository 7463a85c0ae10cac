"""
A material cybersecurity incident at a company that reports to the SEC: Form 8-K, Item 1.05.

## What it asks
- Determine without unreasonable delay after discovery whether the incident is material.
- File Form 8-K, Item 1.05, within four business days of determining that it is.
- What could not be told then: an amendment within four business days of knowing it.
- Delay only where the Attorney General finds a substantial risk, at first for up to 30 days.

## Who must
Companies that file reports under the Securities Exchange Act of 1934.

## Source
Form 8-K, Item 1.05, and release 33-11216. A trade group's petition to rescind it is open (Debevoise).

## Verified
High: the release. The business days are taken to be those of the United States: Monday to Friday without federal
holidays, the day of the determination not counted. A filing counts for its day until 17:30 in New York (17 CFR
232.13(a)(2)); have counsel confirm that cut-off.
"""

import datetime as dt

from tocsin.respond.clocks.calendar import Calendar
from tocsin.respond.clocks.targets import BusinessDays
from tocsin.respond.obligation import Example, Obligation, Verification, duty

LAST_FILING = dt.time(17, 30)
"""A filing that begins by then counts as filed on the day (17 CFR 232.13(a)(2)), in New York."""
FOUR_DAYS = BusinessDays(4, LAST_FILING, Calendar("America/New_York", ("US",)))

obligation = Obligation(
    id="sec-8k",
    name="SEC Form 8-K, Item 1.05",
    citation="Form 8-K, Item 1.05; release 33-11216",
    verification=Verification.HIGH,
    clocks=(
        duty(
            "sec-8k",
            "Form 8-K, Item 1.05, is filed",
            ("materiality_determined",),
            FOUR_DAYS,
            regime="sec-8k",
            recipient="SEC",
            note="the determination itself is to be made without unreasonable delay",
        ),
        duty(
            "sec-8k-amendment",
            "the amendment with what was missing is filed",
            ("missing_data_known",),
            FOUR_DAYS,
            regime="sec-8k",
            follows="sec-8k",
            recipient="SEC",
        ),
    ),
    examples=(
        Example(
            says="Thanksgiving and the weekend do not count",
            triggers=(("materiality_determined", "2026-11-24T20:00:00Z"),),
            due={"sec-8k": "2026-12-01T22:30:00Z"},
        ),
        Example(
            says="determined on a Saturday: Monday is the first day",
            triggers=(("materiality_determined", "2026-06-06T15:00:00Z"),),
            due={"sec-8k": "2026-06-11T21:30:00Z"},
        ),
        Example(
            says="missing data has four business days of its own",
            triggers=(("missing_data_known", "2026-12-23T15:00:00Z"),),
            due={"sec-8k-amendment": "2026-12-30T22:30:00Z"},
        ),
    ),
)
