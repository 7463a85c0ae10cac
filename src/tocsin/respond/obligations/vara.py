"""
A material event at a virtual-asset service provider in Dubai (VARA): shown as unconfirmed.

## What it asks
- Notify the authority within 72 hours of detecting a material event.

## Who must
Virtual-asset service providers that the Virtual Assets Regulatory Authority licenses.

## Source
VARA, Technology and Information Rulebook.

## Verified
Medium: summaries by third parties only; the clause is not confirmed. Hours are counted as they pass.
"""

from tocsin.respond.clocks.targets import HOUR_SECONDS, Elapsed
from tocsin.respond.obligation import Example, Obligation, Verification, duty

obligation = Obligation(
    id="vara",
    name="VARA, Technology and Information Rulebook",
    citation="VARA, Technology and Information Rulebook",
    verification=Verification.MEDIUM,
    clocks=(
        duty(
            "vara-notify",
            "the authority is notified of the material event",
            ("detected",),
            Elapsed(72 * HOUR_SECONDS),
            regime="vara",
            recipient="Virtual Assets Regulatory Authority",
            note="unconfirmed: the clause has not been seen",
        ),
    ),
    examples=(
        Example(
            says="72 hours from the detection",
            triggers=(("detected", "2026-04-30T12:00:00Z"),),
            due={"vara-notify": "2026-05-03T12:00:00Z"},
        ),
    ),
)
