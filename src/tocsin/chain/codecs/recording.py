"""Recordings as JSON: one object with `chain_id`, perhaps `transaction_hash` and `lookups`, and answers by method."""

import gzip
import io
import zlib
from collections.abc import Mapping
from typing import Annotated, TypeVar

import msgspec

from tocsin.chain import deep_json
from tocsin.chain.codecs import beacon, pasted, pasted_batch
from tocsin.chain.recording import TRANSACTION_METHOD, Recording
from tocsin.model.errors import MalformedInput
from tocsin.model.lookups import Answers, Lookup

T = TypeVar("T")

METHOD_PREFIXES = ("eth_", "trace_", "debug_", *beacon.METHOD_PREFIXES)
"""What a method begins with; other keys are notes of whoever made the recording."""
SIZE_LIMIT = 2 << 30
"""Bytes a recording may have when unpacked; the largest real blocks with all traces are some hundred megabytes."""
_GZIP_MAGIC = b"\x1f\x8b"
_CHUNK = 1 << 20

_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])


class _Asked(msgspec.Struct):
    """One state question and its answer."""

    method: str
    parameters: list[str]
    result: str


_CHAIN_ID: "msgspec.json.Decoder[int]" = msgspec.json.Decoder(Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)])
_HASH: "msgspec.json.Decoder[str]" = msgspec.json.Decoder(Annotated[str, msgspec.Meta(pattern=r"^0x[0-9a-fA-F]{64}\Z")])
_LOOKUPS = msgspec.json.Decoder(list[_Asked])
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def parse(data: bytes, name: str, chain_id: int | None = None) -> Recording:
    """
    Read the one recording of these bytes, as `parse_all`.

    Raises `MalformedInput` that names the recording and what is wrong.
    """
    found = parse_all(data, name, chain_id)
    if len(found) > 1:
        raise MalformedInput(f"{name}: {len(found)} JSON-RPC answers, where one recording is read; paste one of them")
    (one,) = found
    if isinstance(one, MalformedInput):
        raise one
    return one


def parse_all(data: bytes, name: str, chain_id: int | None = None) -> list[Recording | MalformedInput]:
    """
    Read recordings from their bytes, gzip-compressed or not; answers stay unparsed.

    So is a trace as a node gave it (`pasted`), and there may be several in one JSON-RPC batch: of those that are none,
    what is wrong with each. `chain_id` serves what does not name its own. Raises `MalformedInput` that names the
    recording and what is wrong, where there is nothing else.
    """
    whole = unpacked(data, name).removeprefix(_BYTE_ORDER_MARK)
    entries = pasted_batch.entries(whole, name)
    if entries is None:
        return [_one(whole, name, chain_id)]
    return [_entry(bytes(entry), number, name, chain_id) for number, entry in enumerate(entries)]


def _entry(data: bytes, number: int, name: str, chain_id: int | None) -> Recording | MalformedInput:
    """One answer of a JSON-RPC batch, or why it cannot be read."""
    own, root = f"{name}[{number}]", f"$[{number}]"
    try:
        return _pasted(data, pasted_batch.members(data, own, root), own, chain_id, root)
    except MalformedInput as error:
        return error


def _one(whole: bytes, name: str, chain_id: int | None) -> Recording:
    members = _decoded(_OBJECT, whole, name) if whole.lstrip()[:1] == b"{" else {}
    answers = {key: bytes(value) for key, value in members.items() if key.startswith(METHOD_PREFIXES)}
    if not answers:
        return _pasted(whole, members, name, chain_id)
    chain = _chain(members, name, chain_id)
    return Recording(
        chain_id=chain,
        name=name,
        answers=answers,
        transaction_hash=_transaction_hash(members, name),
        lookups=_lookups(members, name, chain),
    )


def _pasted(
    data: bytes, members: Mapping[str, msgspec.Raw], name: str, chain_id: int | None, root: str = "$"
) -> Recording:
    """A trace as a node gave it. Without a chain of its own it needs one; its transaction's hash may stay unknown."""
    found = pasted.recognise(data, name, root)
    beside = {} if found.transaction_hash is None else {"transaction_hash": found.transaction_hash}
    return Recording(
        chain_id=_chain(members, f"{name}: {found.shape.says}", chain_id),
        name=name,
        answers={found.shape.method: found.answer},
        transaction_hash=_transaction_hash(beside, name) if found.shape.method == TRANSACTION_METHOD else None,
        pasted=found.at,
    )


def _decoded(decoder: "msgspec.json.Decoder[dict[str, msgspec.Raw]]", data: bytes, name: str) -> dict[str, msgspec.Raw]:
    try:
        return deep_json.decode(decoder, data)
    except RecursionError as error:
        raise MalformedInput(f"{name}: not a recording: nested deeper than any call tree can be") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MalformedInput(f"{name}: not a recording, and no trace as a node gives it: {error}") from error


def unpacked(data: bytes, name: str) -> bytes:
    """The bytes without gzip around them; `MalformedInput` when cut off, damaged or larger than a recording may be."""
    if not data.startswith(_GZIP_MAGIC):
        return data
    try:
        with gzip.open(io.BytesIO(data)) as stream:
            return _bounded(stream, name)
    except (EOFError, OSError, zlib.error) as error:
        raise MalformedInput(f"{name}: the gzip data is damaged or cut off: {error}") from error


def _bounded(stream: gzip.GzipFile, name: str) -> bytes:
    parts, size = [], 0
    while chunk := stream.read(_CHUNK):
        size += len(chunk)
        if size > SIZE_LIMIT:
            raise MalformedInput(f"{name}: unpacks to more than {SIZE_LIMIT} bytes; that is no recording")
        parts.append(chunk)
    return b"".join(parts)


def _chain(members: Mapping[str, msgspec.Raw], name: str, default: int | None) -> int:
    if "chain_id" not in members:
        if default is None:
            raise MalformedInput(f"{name}: it does not say which chain it is of: give --chain-id N, or add chain_id")
        return default
    return _member(_CHAIN_ID, members, "chain_id", name)


def _transaction_hash(members: Mapping[str, msgspec.Raw], name: str) -> bytes | None:
    if "transaction_hash" not in members:
        return None
    return bytes.fromhex(_member(_HASH, members, "transaction_hash", name)[2:])


def _lookups(members: Mapping[str, msgspec.Raw], name: str, chain_id: int) -> Answers:
    if "lookups" not in members:
        return {}
    asked = _member(_LOOKUPS, members, "lookups", name)
    return {Lookup(each.method, tuple(each.parameters), chain_id): each.result for each in asked}


def _member(decoder: "msgspec.json.Decoder[T]", members: Mapping[str, msgspec.Raw], key: str, name: str) -> T:
    try:
        return decoder.decode(members[key])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedInput(f"{name}: {key}: {error}") from error


def render(recording: Recording) -> bytes:
    """The JSON of a recording, as `parse` reads it; answers byte for byte as they came."""
    members: dict[str, object] = {"chain_id": recording.chain_id}
    if recording.transaction_hash is not None:
        members["transaction_hash"] = "0x" + recording.transaction_hash.hex()
    if recording.lookups:
        members["lookups"] = [
            _Asked(asked.method, list(asked.parameters), result) for asked, result in recording.lookups.items()
        ]
    members.update({method: msgspec.Raw(answer) for method, answer in recording.answers.items()})
    return msgspec.json.encode(members)
