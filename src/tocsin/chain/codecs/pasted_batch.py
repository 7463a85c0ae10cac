"""
A JSON-RPC batch as it was pasted: a list of answers, each in its envelope, for as many questions asked at once.

Each answer is a paste of its own, whatever the others are: one that says no does not spoil them.
"""

from typing import TypeVar

import msgspec

from tocsin.chain import deep_json
from tocsin.model.errors import MalformedInput

ENTRIES_LIMIT = 1_000
"""Answers in one batch: as many as geth takes questions, unless it is told otherwise (`rpc.batch-request-limit`)."""

_MARK = "jsonrpc"
"""The member by which an envelope is told from an entry of a block trace, which has a `result` too."""

T = TypeVar("T")
_LIST: "msgspec.json.Decoder[list[msgspec.Raw]]" = msgspec.json.Decoder(list[msgspec.Raw])
_OBJECT: "msgspec.json.Decoder[dict[str, msgspec.Raw]]" = msgspec.json.Decoder(dict[str, msgspec.Raw])


def entries(data: bytes, name: str) -> list[msgspec.Raw] | None:
    """
    The answers of a batch, told by the first of them; None for anything else.

    Raises `MalformedInput` for more of them than a batch has.
    """
    if data.lstrip()[:1] != b"[" or _MARK.encode() not in data:  # the latter for speed: a block trace is long
        return None
    found = _decoded(_LIST, data)
    if not found or _MARK not in (_decoded(_OBJECT, found[0]) or {}):
        return None
    if len(found) > ENTRIES_LIMIT:
        raise MalformedInput(f"{name}: {len(found)} JSON-RPC answers in one list; at most {ENTRIES_LIMIT} are read")
    return found


def members(data: bytes, name: str, root: str) -> dict[str, msgspec.Raw]:
    """The members of one answer. Raises `MalformedInput` for what is no answer."""
    found = _decoded(_OBJECT, data)
    if found is None or _MARK not in found:
        raise MalformedInput(f"{name}: `{root}` is no JSON-RPC answer, as the first of the list is: it lacks {_MARK}")
    return found


def _decoded(decoder: "msgspec.json.Decoder[T]", data: bytes | msgspec.Raw) -> T | None:
    """What the decoder reads; None where it cannot: whoever reads it next says why."""
    try:
        return deep_json.decode(decoder, data)
    except (RecursionError, msgspec.DecodeError, UnicodeDecodeError):
        return None
