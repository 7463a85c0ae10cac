"""Ids that sort by when they were made (RFC 9562, UUID version 7)."""

import uuid

RANDOM_BYTES = 10


def identifier(now: float, random: bytes) -> str:
    """A UUID of version 7, of seconds since 1970 and `RANDOM_BYTES` random bytes, in its usual text form."""
    milliseconds = int(now * 1_000) & 0xFFFF_FFFF_FFFF
    dice = int.from_bytes(random[:RANDOM_BYTES])
    high, low = dice >> 68, dice & (1 << 62) - 1
    return str(uuid.UUID(int=milliseconds << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low))
