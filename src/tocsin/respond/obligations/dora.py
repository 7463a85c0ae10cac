"""
A major ICT incident at a financial entity: initial, intermediate and final report (DORA).

## What it asks
- Initial notification: within 4 hours of classifying the incident as major, and not later than 24 hours after
  becoming aware of it. Where it is classified as major only after those 24 hours, within 4 hours of that.
- Intermediate report: within 72 hours of submitting the initial notification, not of the classification, as many
  articles have it. An updated one without undue delay when regular activities have recovered.
- Final report: within one month of submitting the intermediate report, or its latest update.

## Who must
Financial entities of the EU. A crypto-asset service provider authorised under MiCA is one (DORA Art. 2(1)(f); MiCA
Art. 68(7)). No separate clock of MiCA is known.

## Source
Regulation (EU) 2022/2554, Art. 19; Delegated Regulation (EU) 2025/301, Art. 5 (OJ L 2025/301).

## Verified
High: the text in the Official Journal, as reproduced by springlex. Not verified: the rule for deadlines on a weekend or
a bank holiday (Art. 5(4)), which may allow noon of the next working day. It is not applied: passing time is the strict
reading.
"""

from tocsin.respond.clocks.targets import HOUR_SECONDS, EarlierOf, Elapsed, Months, NoUndueDelay
from tocsin.respond.obligation import Example, Obligation, Verification, duty

AUTHORITY = "competent authority"
WEEKENDS = "the rule for weekends and bank holidays is not verified and not applied"

obligation = Obligation(
    id="dora",
    name="DORA, Art. 19",
    citation="Regulation (EU) 2022/2554, Art. 19; Delegated Regulation (EU) 2025/301, Art. 5",
    verification=Verification.HIGH,
    clocks=(
        duty(
            "dora-initial",
            "the initial notification of a major incident is submitted",
            ("classified",),
            EarlierOf(4 * HOUR_SECONDS, "aware", 24 * HOUR_SECONDS),
            regime="dora",
            recipient=AUTHORITY,
            note=WEEKENDS,
        ),
        duty(
            "dora-intermediate",
            "the intermediate report is submitted",
            ("submitted:dora-initial",),
            Elapsed(72 * HOUR_SECONDS),
            regime="dora",
            recipient=AUTHORITY,
            note=WEEKENDS,
        ),
        duty(
            "dora-update",
            "the intermediate report is updated: regular activities have recovered",
            ("activities_recovered",),
            NoUndueDelay(),
            regime="dora",
            follows="dora-initial",
            recipient=AUTHORITY,
            note="without undue delay: no number of hours is named",
        ),
        duty(
            "dora-final",
            "the final report is submitted",
            ("submitted:dora-intermediate", "submitted:dora-update"),
            Months(1),
            regime="dora",
            recipient=AUTHORITY,
            note=WEEKENDS,
        ),
    ),
    examples=(
        Example(
            says="classified soon: 4 hours from then",
            triggers=(("aware", "2026-03-02T08:00:00Z"), ("classified", "2026-03-02T10:00:00Z")),
            due={"dora-initial": "2026-03-02T14:00:00Z"},
        ),
        Example(
            says="classified 22 hours after awareness: the 24 hours come first",
            triggers=(("aware", "2026-03-02T08:00:00Z"), ("classified", "2026-03-03T06:00:00Z")),
            due={"dora-initial": "2026-03-03T08:00:00Z"},
        ),
        Example(
            says="classified more than 24 hours after awareness: 4 hours whole",
            triggers=(("aware", "2026-03-02T08:00:00Z"), ("classified", "2026-03-04T09:00:00Z")),
            due={"dora-initial": "2026-03-04T13:00:00Z"},
        ),
        Example(
            says="the moment of awareness is told after the classification: the clock is reckoned anew",
            triggers=(("classified", "2026-03-03T06:00:00Z"), ("aware", "2026-03-02T08:00:00Z")),
            due={"dora-initial": "2026-03-03T08:00:00Z"},
        ),
        Example(
            says="the intermediate report counts from the submission, not from the classification",
            triggers=(("classified", "2026-03-02T10:00:00Z"), ("submitted:dora-initial", "2026-03-02T13:30:00Z")),
            due={"dora-intermediate": "2026-03-05T13:30:00Z"},
        ),
        Example(
            says="one month from the latest update, which there is no 30 February for",
            triggers=(
                ("submitted:dora-intermediate", "2027-01-20T12:00:00Z"),
                ("activities_recovered", "2027-01-30T08:00:00Z"),
                ("submitted:dora-update", "2027-01-30T12:00:00Z"),
            ),
            due={"dora-final": "2027-02-28T12:00:00Z"},
        ),
    ),
)
