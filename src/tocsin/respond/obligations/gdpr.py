"""
Personal data was breached: the supervisory authority within 72 hours, the people without undue delay (GDPR).

## What it asks
- Art. 33: notify the supervisory authority not later than 72 hours after becoming aware of a personal-data breach,
  unless it is unlikely to be a risk to people. Later than that, with the reasons for the delay. What is not known yet
  may follow in phases.
- Art. 34: where the risk to people is high, tell them without undue delay. No number of hours is named.

## Who must
The controller of the personal data: whoever decides why and how it is processed. A processor tells its controller.

## Source
Regulation (EU) 2016/679, Art. 33 and 34. "Aware" means a reasonable degree of certainty (EDPB Guidelines 9/2022).

## Verified
High: the text of the articles, quoted by several pages. Hours are counted as they pass; how weekends count is not
verified, and passing hours are the strict reading. The Digital Omnibus proposal of 19 November 2025 would make it 96
hours and only for high risks; it was not adopted as far as is known.
"""

from tocsin.respond.clocks.targets import HOUR_SECONDS, Elapsed, NoUndueDelay
from tocsin.respond.obligation import Example, Obligation, Verification, duty

obligation = Obligation(
    id="gdpr",
    name="GDPR, Art. 33 and 34",
    citation="Regulation (EU) 2016/679, Art. 33 and 34; EDPB Guidelines 9/2022",
    verification=Verification.HIGH,
    clocks=(
        duty(
            "gdpr-33",
            "the supervisory authority is notified of the breach of personal data",
            ("aware",),
            Elapsed(72 * HOUR_SECONDS),
            regime="gdpr",
            recipient="supervisory authority",
            note="give reasons if later; may be given in phases",
        ),
        duty(
            "gdpr-34",
            "the people whose data it is are told",
            ("high_risk_determined",),
            NoUndueDelay(),
            regime="gdpr",
            recipient="the people whose data it is",
            note="without undue delay: no number of hours is named",
        ),
    ),
    examples=(
        Example(
            says="72 hours pass over a weekend as they do over any days",
            triggers=(("aware", "2026-10-23T16:00:00Z"),),
            due={"gdpr-33": "2026-10-26T16:00:00Z"},
        ),
        Example(
            says="a high risk to people names no hours",
            triggers=(("high_risk_determined", "2026-10-23T18:00:00Z"),),
            due={"gdpr-34": None},
        ),
    ),
)
