"""One-time codes (RFC 6238: six digits, 30 seconds, HMAC-SHA-1, as every authenticator has them), each good once."""

import base64
import hmac

import pyotp

STEP_SECONDS = 30
DRIFT_STEPS = 1
"""A code of the step before or after is taken: clocks differ (RFC 6238, 5.2: at most one step for the delay)."""
SECRET_BYTES = 20
"""RFC 4226, 4: 160 bits."""


def new_secret(random: bytes) -> str:
    """A secret of `SECRET_BYTES` random bytes, as authenticators take it."""
    return base64.b32encode(random).decode()


def link(secret: str, user: str) -> str:
    """What the QR code of an authenticator says."""
    return pyotp.TOTP(secret, interval=STEP_SECONDS).provisioning_uri(name=user, issuer_name="tocsin")


def step_of(secret: str, code: str, *, now: float, after: int) -> int | None:
    """The step whose code this is, among those behind the step `after`, which was used; None when it is of none."""
    codes = pyotp.TOTP(secret, interval=STEP_SECONDS)
    given = "".join(code.split())
    here = int(now) // STEP_SECONDS
    steps = range(here - DRIFT_STEPS, here + DRIFT_STEPS + 1)
    right = [step for step in steps if _is_same(codes.at(step * STEP_SECONDS), given) and step > after]
    return right[0] if right else None


def _is_same(right: str, given: str) -> bool:
    return hmac.compare_digest(right.encode(), given.encode())
