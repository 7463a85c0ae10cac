"""
Questions a detector may ask and the answers it gets back, as values.

Detectors never do IO. A looked-up detector names its questions; the engine hands them to whoever can
answer (a node, a cache, a recording) and gives the answers back. A question nobody could answer is
absent from the answers, which is not the same as an answer of zero.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

CALL = "eth_call"
CALL_FROM = "eth_call:from"
"""A call by somebody: the method before the colon, with the caller before what is called."""
CODE_HASH = "eth_getCode:hash"
"""No method of a node's: whoever asks hashes what the method before the colon answers."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """One JSON-RPC question about the state after a block: method and parameters, all plain text."""

    method: str
    parameters: tuple[Any, ...]
    chain_id: int

    @property
    def asks(self) -> str:
        """The method a node is asked."""
        return self.method.partition(":")[0]

    @property
    def as_sent(self) -> tuple[Any, ...]:
        """The parameters as a node takes them: what is called, and with what, is one object."""
        if self.asks != CALL:
            return self.parameters
        *sender, address, data, block = self.parameters
        return ({**({"from": sender[0]} if sender else {}), "to": address, "data": data}, block)


Answers: TypeAlias = Mapping[Lookup, str]
"""Answers by question, as the node's result text (0x...)."""

_WORD_DIGITS = len("0x") + 64


def number(lookup: Lookup | None, answers: Answers) -> int | None:
    """The number that was answered, the first word of what a call returned; None where nobody answered with one."""
    answer = None if lookup is None else answers.get(lookup)
    try:
        return None if answer is None else max(0, int(answer[:_WORD_DIGITS], 16))
    except ValueError:
        return None


def code(address: str, *, block_number: int, chain_id: int) -> Lookup:
    """The code at an address after a block; 0x for an externally owned account."""
    return Lookup("eth_getCode", (address, hex(block_number)), chain_id)


def code_hash(address: str, *, block_number: int, chain_id: int) -> Lookup:
    """
    Keccak-256 of the code at an address after a block, with the address itself in it set to zero.

    So the same code has the same hash wherever it is deployed, and a recording need not hold others' code.
    """
    return Lookup(CODE_HASH, (address, hex(block_number)), chain_id)


def transaction_count(address: str, *, block_number: int, chain_id: int) -> Lookup:
    """How many transactions an account had sent after a block."""
    return Lookup("eth_getTransactionCount", (address, hex(block_number)), chain_id)


def balance(address: str, *, block_number: int, chain_id: int) -> Lookup:
    """The native balance, in wei, of an account after a block."""
    return Lookup("eth_getBalance", (address, hex(block_number)), chain_id)


def storage(address: str, slot: str, *, block_number: int, chain_id: int) -> Lookup:
    """The 32 bytes at a storage slot after a block."""
    return Lookup("eth_getStorageAt", (address, slot, hex(block_number)), chain_id)


def call(address: str, data: str, *, block_number: int, chain_id: int) -> Lookup:
    """What a view function returns after a block; `data` is selector and arguments."""
    return Lookup(CALL, (address, data, hex(block_number)), chain_id)


def call_from(sender: str, address: str, data: str, *, block_number: int, chain_id: int) -> Lookup:
    """What a function returns to this caller after a block; nobody answers where it would revert. Nothing is sent."""
    return Lookup(CALL_FROM, (sender, address, data, hex(block_number)), chain_id)
