"""
A significant incident at an essential or important entity: early warning, notification, final report (NIS2).

## What it asks
- Early warning within 24 hours of becoming aware of a significant incident.
- Incident notification within 72 hours of becoming aware.
- Final report within one month of the notification; where the incident goes on then, a progress report instead, and
  the final one within a month of its end.

## Who must
Essential and important entities, as the law of their member state has them. For financial entities DORA takes
precedence; that is not verified, so these clocks run beside DORA's where both regimes are named.

## Source
Directive (EU) 2022/2555, Art. 23(4).

## Verified
High: several sources. Member states may ask for more. Hours are counted as they pass.
"""

from tocsin.respond.clocks.targets import HOUR_SECONDS, Elapsed, Months
from tocsin.respond.obligation import Example, Obligation, Verification, duty

TEAM = "CSIRT or competent authority"

obligation = Obligation(
    id="nis2",
    name="NIS2, Art. 23",
    citation="Directive (EU) 2022/2555, Art. 23(4)",
    verification=Verification.HIGH,
    clocks=(
        duty(
            "nis2-early",
            "the early warning is given",
            ("aware",),
            Elapsed(24 * HOUR_SECONDS),
            regime="nis2",
            recipient=TEAM,
        ),
        duty(
            "nis2-notify",
            "the incident is notified",
            ("aware",),
            Elapsed(72 * HOUR_SECONDS),
            regime="nis2",
            recipient=TEAM,
        ),
        duty(
            "nis2-final",
            "the final report is submitted",
            ("submitted:nis2-notify",),
            Months(1),
            regime="nis2",
            recipient=TEAM,
            note="a progress report where it still goes on",
        ),
    ),
    examples=(
        Example(
            says="two clocks from one moment",
            triggers=(("aware", "2026-06-30T23:30:00Z"),),
            due={"nis2-early": "2026-07-01T23:30:00Z", "nis2-notify": "2026-07-03T23:30:00Z"},
        ),
        Example(
            says="one month from the notification",
            triggers=(("submitted:nis2-notify", "2026-08-31T10:00:00Z"),),
            due={"nis2-final": "2026-09-30T10:00:00Z"},
        ),
    ),
)
