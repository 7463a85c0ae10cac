"""Addresses of accounts as people write them: checked when they are read, told apart by their letters when shown."""

import re

from eth_hash.auto import keccak

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_UPPER_FROM = 8
"""A letter stands in upper case where the digit of the hash at its place is at least this (EIP-55)."""


def is_address(text: str) -> bool:
    """Whether it is 0x and 40 hexadecimal digits."""
    return _ADDRESS.fullmatch(text) is not None


def checksummed(address: str) -> str:
    """The address with the upper and lower case letters that EIP-55 asks for."""
    digits = address[2:].lower()
    hashed = keccak(digits.encode()).hex()
    letters = (
        each.upper() if int(mark, 16) >= _UPPER_FROM else each for each, mark in zip(digits, hashed, strict=False)
    )
    return "0x" + "".join(letters)


def is_mistyped(address: str) -> bool:
    """Whether upper and lower case are mixed in another way than EIP-55 has it: a digit is wrong, or was swapped."""
    digits = address[2:]
    return digits not in (digits.lower(), digits.upper()) and address != checksummed(address)
