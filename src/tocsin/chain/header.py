"""A block header as the live path needs it: where the block stands and what it stands on."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """One block's place in the chain. Hashes are 32 raw bytes."""

    number: int
    hash: bytes
    parent_hash: bytes
    timestamp: int
    """Seconds since 1970, by the block's author."""
