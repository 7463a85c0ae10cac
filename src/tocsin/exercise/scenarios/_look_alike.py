"""Searching a key whose address looks like another's. No scenario itself."""

from coincurve import PrivateKey, PublicKey
from eth_hash.auto import keccak

ADDRESS_BYTES = 20
SEED_SHIFT = 2
"""Bits, so that the search stays well below the order of the curve."""


def look_alike(address: str, seed: str, digits: int = 2) -> int:
    """
    A private key whose address shares the first and last `digits` hexadecimal digits with this one.

    Keys are tried one after the other from one that follows from the seed; two digits at both ends take some 65 000.
    """
    wanted = address.removeprefix("0x").lower()
    first, last = wanted[:digits], wanted[-digits:]
    key = int.from_bytes(keccak(seed.encode()), "big") >> SEED_SHIFT
    one, point = PrivateKey.from_int(1).public_key, PrivateKey.from_int(key).public_key
    while not _matches(point, first, last):
        key, point = key + 1, PublicKey.combine_keys([point, one])
    return key


def _matches(point: PublicKey, first: str, last: str) -> bool:
    found = keccak(point.format(compressed=False)[1:])[-ADDRESS_BYTES:].hex()
    return found.startswith(first) and found.endswith(last)
