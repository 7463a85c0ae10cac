"""Event hashes and function selectors, computed from the signature they stand for."""

from functools import cache

from eth_hash.auto import keccak


@cache
def topic(signature: str) -> bytes:
    """The 32-byte topic0 of an event, from its canonical signature: `Transfer(address,address,uint256)`."""
    return keccak(signature.encode())


@cache
def selector(signature: str) -> bytes:
    """The 4-byte selector of a function, from its canonical signature: `transfer(address,uint256)`."""
    return keccak(signature.encode())[:4]
