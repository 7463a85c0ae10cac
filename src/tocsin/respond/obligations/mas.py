"""
A relevant incident at a licensee for digital payment tokens in Singapore (MAS Notice PSN05).

## What it asks
- Notify the authority within 1 hour of discovering a relevant incident.
- Submit the root cause and its impact within 14 days.
- Recover critical systems within 4 hours: an objective, not a filing.

## Who must
Licensees that provide digital payment token services in Singapore.

## Source
MAS Notice PSN05, in force since 6 November 2024; Rajah & Tann.

## Verified
High: a law firm's summary. Hours are counted as they pass.
"""

from tocsin.respond.clocks.definition import Anchor
from tocsin.respond.clocks.targets import DAY_SECONDS, HOUR_SECONDS, Elapsed
from tocsin.respond.obligation import Example, Obligation, Verification, duty

RECOVERED = (
    Anchor(kind="trigger_met", where={"trigger": frozenset({"activities_recovered"})}, at="at"),
    Anchor(kind="status_changed", where={"after": frozenset({"resolved"})}),
)

obligation = Obligation(
    id="mas",
    name="MAS Notice PSN05",
    citation="MAS Notice PSN05",
    verification=Verification.HIGH,
    clocks=(
        duty(
            "mas-psn05-notify",
            "the authority is notified",
            ("discovered",),
            Elapsed(HOUR_SECONDS),
            regime="mas",
            recipient="Monetary Authority of Singapore",
        ),
        duty(
            "mas-psn05-cause",
            "root cause and impact are submitted",
            ("discovered",),
            Elapsed(14 * DAY_SECONDS),
            regime="mas",
            recipient="Monetary Authority of Singapore",
        ),
        duty(
            "mas-psn05-rto",
            "critical systems work again",
            ("discovered",),
            Elapsed(4 * HOUR_SECONDS),
            regime="mas",
            recipient="ourselves",
            note="a recovery objective, not a filing",
            also_done_by=RECOVERED,
        ),
    ),
    examples=(
        Example(
            says="three clocks from the discovery",
            triggers=(("discovered", "2026-02-20T23:15:00Z"),),
            due={
                "mas-psn05-notify": "2026-02-21T00:15:00Z",
                "mas-psn05-cause": "2026-03-06T23:15:00Z",
                "mas-psn05-rto": "2026-02-21T03:15:00Z",
            },
        ),
    ),
)
