"""
What a compiler gives of a contract: its interface and its creation code. Calls are encoded and answers decoded with it.

Interfaces are trusted (the operator's own, or of a package held against its digest); what is decoded with them is not.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import msgspec
from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError, EncodingError
from eth_hash.auto import keccak

from tocsin.model.errors import MalformedInput

SELECTOR_BYTES = 4
ADDRESS_DIGITS = 40
ERROR_SELECTOR = keccak(b"Error(string)")[:SELECTOR_BYTES]
PANIC_SELECTOR = keccak(b"Panic(uint256)")[:SELECTOR_BYTES]
"""How a failed `require` and a failed `assert` come back (Solidity documentation, "Error handling")."""


class Parameter(msgspec.Struct, frozen=True):
    """One input or output, as the contract ABI specification has it."""

    type: str
    name: str = ""
    indexed: bool = False
    components: tuple["Parameter", ...] = ()

    @property
    def canonical(self) -> str:
        """The type with tuples written out: `(address,uint256)[]`."""
        if not self.type.startswith("tuple"):
            return self.type
        return f"({','.join(each.canonical for each in self.components)}){self.type.removeprefix('tuple')}"


class Entry(msgspec.Struct, frozen=True):
    """One function, event, error or constructor."""

    type: str
    name: str = ""
    inputs: tuple[Parameter, ...] = ()
    outputs: tuple[Parameter, ...] = ()

    @property
    def signature(self) -> str:
        """Such as `transfer(address,uint256)`."""
        return f"{self.name}({','.join(types(self.inputs))})"


@dataclass(frozen=True, slots=True)
class Link:
    """A place in the creation code where the address of a library goes."""

    library: str
    start: int
    """In bytes."""


@dataclass(frozen=True, slots=True)
class Log:
    """One event a contract emitted."""

    address: str
    topics: tuple[bytes, ...]
    data: bytes


@dataclass(frozen=True, kw_only=True)
class Artefact:
    """A contract's interface and creation code."""

    name: str
    entries: tuple[Entry, ...]
    bytecode: str = ""
    """Hexadecimal digits without 0x; where libraries are to be linked it is not hexadecimal yet."""
    links: tuple[Link, ...] = ()

    @cached_property
    def _functions(self) -> Mapping[str, Entry]:
        """By name, where only one has it, and by signature."""
        return _by_name(entry for entry in self.entries if entry.type == "function")

    @cached_property
    def _selectors(self) -> Mapping[bytes, str]:
        functions = (entry for entry in self.entries if entry.type == "function")
        return {keccak(entry.signature.encode())[:SELECTOR_BYTES]: entry.name for entry in functions}

    @cached_property
    def _events(self) -> Mapping[bytes, Entry]:
        return {keccak(entry.signature.encode()): entry for entry in self.entries if entry.type == "event"}

    @cached_property
    def _errors(self) -> Mapping[bytes, Entry]:
        return {
            keccak(entry.signature.encode())[:SELECTOR_BYTES]: entry for entry in self.entries if entry.type == "error"
        }

    def creation(self, *values: Any) -> bytes:
        """Creation code with constructor arguments. Raises `MalformedInput` where a library is not linked."""
        made = next((entry.inputs for entry in self.entries if entry.type == "constructor"), ())
        if self.links:
            raise MalformedInput(f"{self.name}: link {', '.join({link.library for link in self.links})} first")
        try:
            return bytes.fromhex(self.bytecode) + _encoded(made, values, f"{self.name} constructor")
        except ValueError as error:
            raise MalformedInput(f"{self.name}: its creation code is not hexadecimal") from error

    def encode(self, function: str, *values: Any) -> bytes:
        """Call data for a function, by name or, where names are shared, by signature."""
        entry = self._function(function)
        selector = keccak(entry.signature.encode())[:SELECTOR_BYTES]
        return selector + _encoded(entry.inputs, values, f"{self.name}.{entry.signature}")

    def called(self, data: bytes) -> str:
        """The name of the function that call data is for; empty where it has none."""
        return self._selectors.get(data[:SELECTOR_BYTES], "")

    def decode(self, function: str, answer: bytes) -> Any:
        """What a function returned: the value, or a tuple of several. Raises `MalformedInput`."""
        entry = self._function(function)
        found = _decoded(types(entry.outputs), answer, f"{self.name}.{entry.signature}")
        return found[0] if len(found) == 1 else found

    def events(self, name: str, logs: Iterable[Log]) -> list[dict[str, Any]]:
        """The events of this name among the logs, each as its parameters by name."""
        found = []
        for log in logs:
            entry = self._events.get(log.topics[0]) if log.topics else None
            if entry is not None and entry.name == name:
                found.append(_event(entry, log))
        return found

    def reason(self, data: bytes) -> str:
        """Why a call reverted, in words, from what it returned; its hexadecimal digits where that says nothing."""
        try:
            said = self._said(data[:SELECTOR_BYTES], data[SELECTOR_BYTES:])
        except MalformedInput:
            said = None
        return said or (f"0x{data.hex()[:200]}" if data else "no reason given")

    def _said(self, selector: bytes, rest: bytes) -> str | None:
        if selector == ERROR_SELECTOR:
            return str(_decoded(("string",), rest, "revert reason")[0])
        if selector == PANIC_SELECTOR:
            return f"panic {_decoded(('uint256',), rest, 'panic code')[0]:#04x}"
        if (entry := self._errors.get(selector)) is None:
            return None
        values = _decoded(types(entry.inputs), rest, entry.signature)
        return f"{entry.name}({', '.join(map(_shown, values))})"

    def linked(self, libraries: Mapping[str, str]) -> "Artefact":
        """The artefact with the addresses of these libraries in place; those it does not name stay open."""
        code = self.bytecode
        for link in (link for link in self.links if link.library in libraries):
            at = 2 * link.start
            code = code[:at] + libraries[link.library].removeprefix("0x").lower() + code[at + ADDRESS_DIGITS :]
        return replace(self, bytecode=code, links=tuple(each for each in self.links if each.library not in libraries))

    def _function(self, name: str) -> Entry:
        try:
            return self._functions[name]
        except KeyError:
            raise MalformedInput(
                f"{self.name} has no single function {name!r}; it has {', '.join(sorted(self._functions))}"
            ) from None


def types(parameters: Iterable[Parameter]) -> tuple[str, ...]:
    """Their canonical types."""
    return tuple(each.canonical for each in parameters)


def _by_name(functions: Iterable[Entry]) -> dict[str, Entry]:
    found: dict[str, Entry] = {}
    shared = set()
    for entry in functions:
        found[entry.signature] = entry
        if found.setdefault(entry.name, entry) is not entry:
            shared.add(entry.name)
    return {name: entry for name, entry in found.items() if name not in shared}


def _encoded(parameters: Sequence[Parameter], values: Sequence[Any], what: str) -> bytes:
    if len(parameters) != len(values):
        raise MalformedInput(f"{what} takes {len(parameters)} values, not {len(values)}")
    try:
        return encode(types(parameters), values)
    except (EncodingError, TypeError, ValueError) as error:
        raise MalformedInput(f"{what}: {error}") from error


def _decoded(kinds: Sequence[str], data: bytes, what: str) -> tuple[Any, ...]:
    try:
        return tuple(decode(kinds, data))
    except (DecodingError, UnicodeDecodeError, OverflowError) as error:
        raise MalformedInput(f"{what}: cannot be decoded: {error}") from error


def _event(entry: Entry, log: Log) -> dict[str, Any]:
    """Indexed values of dynamic types are their hash, as the chain has them."""
    topics = iter(log.topics[1:])
    rest = iter(_decoded(types(each for each in entry.inputs if not each.indexed), log.data, entry.signature))
    return {each.name: _topic(each, next(topics)) if each.indexed else next(rest) for each in entry.inputs}


def _topic(parameter: Parameter, topic: bytes) -> Any:
    is_value = re.fullmatch(r"address|bool|u?int\d+|bytes\d+", parameter.type)
    return _decoded((parameter.type,), topic, parameter.name)[0] if is_value else topic


def _shown(value: Any) -> str:
    return f"0x{value.hex()}" if isinstance(value, bytes) else str(value)
