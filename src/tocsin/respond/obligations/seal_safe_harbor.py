"""
A whitehat has control of funds of a protocol that adopted the SEAL Safe Harbor agreement.

## What it asks
- Return the funds to the protocol's asset-recovery address as soon as practicable.
- Tell the protocol where that takes more than 6 hours.
- Arbitrage bots that took part without knowing: return within 72 hours.

## Who must
The whitehat; the protocol watches that it happens. Named per engagement: only a declared trigger starts the clocks.

## Source
SEAL Whitehat Safe Harbor agreement.

## Verified
High: the text of the agreement. Hours are counted as they pass.
"""

from tocsin.respond.clocks.definition import trigger
from tocsin.respond.clocks.targets import HOUR_SECONDS, Elapsed, NoUndueDelay
from tocsin.respond.clocks.triggers import SUBMITTED
from tocsin.respond.obligation import Example, Obligation, Verification, duty

PROTOCOL = "the protocol"

obligation = Obligation(
    id="seal-safe-harbor",
    name="SEAL Whitehat Safe Harbor",
    citation="SEAL Whitehat Safe Harbor agreement",
    verification=Verification.HIGH,
    clocks=(
        duty(
            "seal-return",
            "the whitehat has returned the funds",
            ("control_obtained",),
            NoUndueDelay(),
            regime="seal-safe-harbor",
            recipient=PROTOCOL,
            note="as soon as practicable: no number of hours is named",
        ),
        duty(
            "seal-return-notice",
            "the funds are returned, or the protocol is told that it takes longer",
            ("control_obtained",),
            Elapsed(6 * HOUR_SECONDS),
            regime="seal-safe-harbor",
            recipient=PROTOCOL,
            also_done_by=(trigger(SUBMITTED, "seal-return"),),
        ),
        duty(
            "seal-return-bots",
            "the arbitrage bot's operator has returned the funds",
            ("control_obtained_by_bot",),
            Elapsed(72 * HOUR_SECONDS),
            regime="seal-safe-harbor",
            recipient=PROTOCOL,
        ),
    ),
    examples=(
        Example(
            says="a whitehat has control",
            triggers=(("control_obtained", "2026-07-30T20:00:00Z"),),
            due={"seal-return": None, "seal-return-notice": "2026-07-31T02:00:00Z"},
        ),
        Example(
            says="a bot has control",
            triggers=(("control_obtained_by_bot", "2026-07-30T20:00:00Z"),),
            due={"seal-return-bots": "2026-08-02T20:00:00Z"},
        ),
        Example(
            says="what is returned need not be announced",
            triggers=(
                ("control_obtained", "2026-07-30T20:00:00Z"),
                ("submitted:seal-return", "2026-07-30T22:00:00Z"),
            ),
            due={},
        ),
    ),
)
