"""
A cybersecurity incident at a firm that New York's financial regulator supervises (23 NYCRR 500.17).

## What it asks
- Notify the department within 72 hours of determining that a cybersecurity incident occurred: at the firm itself, at
  an affiliate, or at a third-party service provider. What changes later is to be told too.
- An extortion payment: notify within 24 hours of paying, and explain in writing within 30 days why it was necessary.

## Who must
Covered entities of the New York State Department of Financial Services. That firms with a BitLicense are covered is
not verified.

## Source
23 NYCRR 500.17, on law.cornell.edu; Jones Day on the second amendment.

## Verified
High: the legal text. Hours are counted as they pass.
"""

from tocsin.respond.clocks.targets import DAY_SECONDS, HOUR_SECONDS, Elapsed
from tocsin.respond.obligation import Example, Obligation, Verification, duty

DEPARTMENT = "New York State Department of Financial Services"

obligation = Obligation(
    id="nydfs",
    name="NYDFS, 23 NYCRR 500.17",
    citation="23 NYCRR 500.17",
    verification=Verification.HIGH,
    clocks=(
        duty(
            "nydfs-notify",
            "the department is notified of the incident",
            ("determined",),
            Elapsed(72 * HOUR_SECONDS),
            regime="nydfs",
            recipient=DEPARTMENT,
            note="what changes later is to be told too",
        ),
        duty(
            "nydfs-extortion",
            "the department is notified of the extortion payment",
            ("extortion_paid",),
            Elapsed(24 * HOUR_SECONDS),
            regime="nydfs",
            recipient=DEPARTMENT,
        ),
        duty(
            "nydfs-extortion-reasons",
            "the department has the reasons for the payment in writing",
            ("extortion_paid",),
            Elapsed(30 * DAY_SECONDS),
            regime="nydfs",
            recipient=DEPARTMENT,
        ),
    ),
    examples=(
        Example(
            says="72 hours from the determination",
            triggers=(("determined", "2026-11-05T09:00:00Z"),),
            due={"nydfs-notify": "2026-11-08T09:00:00Z"},
        ),
        Example(
            says="a payment starts two clocks",
            triggers=(("extortion_paid", "2026-11-05T09:00:00Z"),),
            due={"nydfs-extortion": "2026-11-06T09:00:00Z", "nydfs-extortion-reasons": "2026-12-05T09:00:00Z"},
        ),
    ),
)
