"""A monitor's signature with the names and indexed arguments that a contract's ABI gives it."""

from collections.abc import Mapping, Sequence
from typing import Any

from tocsin.detect.rules.declaration import Declaration, declaration
from tocsin.detect.rules.document import Mark
from tocsin.model.errors import RuleError

DEEPEST = 8
"""Structs inside one another."""


def declared(signature: str, spec: Sequence[Mapping[str, Any]] | None, *, is_event: bool) -> str | None:
    """
    The declaration in an ABI that has this signature; the signature itself where there is no ABI.

    None where the ABI has not got it. Raises `RuleError` where the signature is none.
    """
    wanted = _read(signature, is_event=is_event)
    if spec is None:
        return wanted.canonical
    for entry in spec:
        if entry.get("type") == ("event" if is_event else "function") and entry.get("name") == wanted.name:
            written = f"{wanted.name}({', '.join(_argument(each) for each in entry.get('inputs') or ())})"
            if _read(written, is_event=is_event).canonical == wanted.canonical:
                return written
    return None


def _read(text: str, *, is_event: bool) -> Declaration:
    return declaration(text, is_event=is_event, mark=Mark("monitor", 1), field="signature")


def _argument(given: Any) -> str:
    if not isinstance(given, dict):
        raise RuleError("a contract_spec has an argument that is no JSON object")
    words = [_type(given, 0), "indexed" if given.get("indexed") else "", str(given.get("name") or "")]
    return " ".join(word for word in words if word)


def _type(given: Mapping[str, Any], depth: int) -> str:
    kind = str(given.get("type") or "")
    if not kind.startswith("tuple"):
        return kind
    components = given.get("components")
    if depth > DEEPEST or not isinstance(components, list) or not all(isinstance(each, dict) for each in components):
        raise RuleError("a contract_spec has a struct without its components, or too deep")
    return f"({','.join(_type(each, depth + 1) for each in components)}){kind.removeprefix('tuple')}"
