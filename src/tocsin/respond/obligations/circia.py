"""
A covered cyber incident in critical infrastructure of the United States (CIRCIA): not in force.

## What it asks
- Report a covered incident within 72 hours of reasonably believing that it occurred.
- Report a ransom payment within 24 hours of making it.

## Who must
Covered entities in critical infrastructure, as the final rule will have them.

## Source
Cyber Incident Reporting for Critical Infrastructure Act of 2022.

## Verified
Not in force as far as is known: the final rule was aimed at May 2026 and was likely to slip further; what happened
after mid-2026 is not verified. Its clocks run for nobody.
"""

from tocsin.respond.clocks.targets import HOUR_SECONDS, Elapsed
from tocsin.respond.obligation import Example, Obligation, Verification, duty

obligation = Obligation(
    id="circia",
    name="CIRCIA",
    citation="Cyber Incident Reporting for Critical Infrastructure Act of 2022",
    verification=Verification.MEDIUM,
    is_in_force=False,
    clocks=(
        duty(
            "circia-incident",
            "the covered incident is reported",
            ("reasonable_belief",),
            Elapsed(72 * HOUR_SECONDS),
            regime="circia",
            recipient="CISA",
        ),
        duty(
            "circia-ransom",
            "the ransom payment is reported",
            ("ransom_paid",),
            Elapsed(24 * HOUR_SECONDS),
            regime="circia",
            recipient="CISA",
        ),
    ),
    examples=(
        Example(
            says="what it would ask",
            triggers=(("reasonable_belief", "2027-05-03T10:00:00Z"), ("ransom_paid", "2027-05-03T12:00:00Z")),
            due={"circia-incident": "2027-05-06T10:00:00Z", "circia-ransom": "2027-05-04T12:00:00Z"},
        ),
    ),
)
