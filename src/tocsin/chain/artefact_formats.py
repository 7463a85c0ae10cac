"""
The files in which compiled contracts are published.

* JSON as Hardhat, Truffle, Foundry and solc write it: the code under `bytecode` or `evm.bytecode.object`, as text or
  with its link references beside it.
* Typechain factories: JavaScript with the interface as an object literal and the code as a string.
"""

import re
from typing import Any

import msgspec

from tocsin.chain.artefact import Artefact, Entry, Link
from tocsin.model.errors import MalformedInput

_INTERFACE = re.compile(r"const _abi = (\[.*?\n\]);", re.DOTALL)
_CODE = re.compile(r'_bytecode = "(0x[0-9a-fA-F]*)"')
_KEY = re.compile(r"(?m)^(\s*)([A-Za-z_]+):")
_TRAILING_COMMA = re.compile(r",(\s*[\]}])")


def from_json(name: str, content: bytes) -> Artefact:
    """The contract in a JSON artefact. Raises `MalformedInput`."""
    try:
        found = msgspec.json.decode(content)
        code, links = _code(found)
        return Artefact(name=name, entries=_entries(found["abi"]), bytecode=code.removeprefix("0x"), links=links)
    except (msgspec.DecodeError, KeyError, TypeError, AttributeError) as error:
        raise MalformedInput(
            f"{name}: not an artefact as Hardhat, Truffle, Foundry or solc write it: {error}"
        ) from error


def from_typechain(name: str, content: bytes) -> Artefact:
    """The contract in a typechain factory. Raises `MalformedInput`."""
    text = content.decode(errors="replace")
    interface, code = _INTERFACE.search(text), _CODE.search(text)
    if interface is None or code is None:
        raise MalformedInput(f"{name}: not a typechain factory: no `_abi` or no `_bytecode` in it")
    literal = _TRAILING_COMMA.sub(r"\1", _KEY.sub(r'\1"\2":', interface.group(1)))
    try:
        entries = _entries(msgspec.json.decode(literal))
    except (msgspec.DecodeError, TypeError) as error:
        raise MalformedInput(f"{name}: the interface in this typechain factory cannot be read: {error}") from error
    return Artefact(name=name, entries=entries, bytecode=code.group(1).removeprefix("0x"))


def _entries(interface: Any) -> tuple[Entry, ...]:
    try:
        return msgspec.convert(interface, tuple[Entry, ...])
    except msgspec.ValidationError as error:
        raise TypeError(str(error)) from error


def _code(found: Any) -> tuple[str, tuple[Link, ...]]:
    code = found.get("bytecode") or found.get("evm", {}).get("bytecode") or ""
    references = found.get("linkReferences") or {}
    if isinstance(code, dict):
        code, references = code["object"], code.get("linkReferences") or references
    links = tuple(
        Link(library, reference["start"])
        for libraries in references.values()
        for library, places in libraries.items()
        for reference in places
    )
    return code, links
