"""Knowing published code without keeping it."""

from eth_hash.auto import keccak

from tocsin.model.errors import MalformedInput
from tocsin.model.lookups import CODE_HASH, Lookup


def settled(lookup: Lookup, answer: str) -> str:
    """The answer to a question, from what the node said: hashed where a hash is asked. Raises `MalformedInput`."""
    return code_hash(str(lookup.parameters[0]), answer) if lookup.method == CODE_HASH else answer


def code_hash(address: str, code: str) -> str:
    """Keccak-256 of code as a node gives it, with its own address in it set to zero. Raises `MalformedInput`."""
    own = address.lower().removeprefix("0x")
    try:
        return "0x" + keccak(bytes.fromhex(code.lower().removeprefix("0x").replace(own, "0" * len(own)))).hex()
    except ValueError as error:
        raise MalformedInput(f"the code of {address} is not hexadecimal") from error
