"""
An operational incident at a firm that the PRA or the FCA supervises: from 18 March 2027.

## What it asks
- Give the initial report within 24 hours of the incident meeting a threshold of the rules.

## Who must
Firms in the scope of the rules. Whether and which crypto firms are is not verified.

## Source
PRA PS7/26 and FCA PS26/2; TLT.

## Verified
Medium: a law firm's summary. Triggers before 18 March 2027 start nothing: the rules are not in force.
"""

import datetime as dt

from tocsin.respond.clocks.targets import HOUR_SECONDS, Elapsed
from tocsin.respond.obligation import Example, Obligation, Verification, duty

IN_FORCE_FROM = dt.datetime(2027, 3, 18, tzinfo=dt.UTC).timestamp()

obligation = Obligation(
    id="uk-ops",
    name="PRA PS7/26 and FCA PS26/2",
    citation="PRA PS7/26; FCA PS26/2",
    verification=Verification.MEDIUM,
    clocks=(
        duty(
            "uk-ops-initial",
            "the initial report of the operational incident is given",
            ("threshold_met",),
            Elapsed(24 * HOUR_SECONDS),
            regime="uk-ops",
            recipient="PRA or FCA",
            note="the scope for crypto firms is not verified",
            from_at=IN_FORCE_FROM,
        ),
    ),
    examples=(
        Example(says="not in force yet", triggers=(("threshold_met", "2027-03-17T23:59:59Z"),), due={}),
        Example(
            says="in force",
            triggers=(("threshold_met", "2027-03-18T00:00:00Z"),),
            due={"uk-ops-initial": "2027-03-19T00:00:00Z"},
        ),
    ),
)
