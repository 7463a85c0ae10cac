"""
JSON-RPC 2.0 questions to bytes, and bytes to answers matched by id.

An answer is the raw JSON of its result, or the error that stands in its place. What an error means is read from its
code alone; its text is somebody else's and is only shown.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import msgspec

from tocsin.chain import deep_json
from tocsin.model.errors import (
    AnswerTooLarge,
    CallReverted,
    DataMissing,
    EndpointRefused,
    EndpointUnavailable,
    InconsistentInput,
    MalformedInput,
    MethodUnknown,
    RateLimited,
    RemoteError,
)

SHOWN_CHARACTERS = 200
"""How much of an endpoint's words an error repeats."""
QUANTITY_CHARACTERS = 2 + 64

_REFUSALS: Mapping[int, type[EndpointRefused]] = {
    -32601: MethodUnknown,  # JSON-RPC 2.0
    -32004: MethodUnknown,  # EIP-1474, method not supported
    4200: MethodUnknown,  # EIP-1193
    -32001: DataMissing,  # EIP-1474, resource not found
    -32002: DataMissing,  # EIP-1474, resource unavailable
    4444: DataMissing,  # EIP-4444, pruned history
    -32005: RateLimited,  # EIP-1474, limit exceeded
    -32029: RateLimited,
    429: RateLimited,  # HTTP's number, as some providers repeat it inside a batch
    3: CallReverted,  # geth
    -32015: CallReverted,  # Parity and its heirs
}
"""What an error code means; every other code is a plain refusal."""

Outcome: TypeAlias = bytes | RemoteError
"""The raw JSON of a result, or why there is none."""


@dataclass(frozen=True, slots=True)
class Request:
    """One question."""

    method: str
    params: tuple[Any, ...] = ()


class _Error(msgspec.Struct, gc=False):
    code: int
    message: str = ""


class _Response(msgspec.Struct, gc=False):
    id: int | str | float | None = None
    result: msgspec.Raw = msgspec.Raw(b"")
    error: _Error | None = None


class Notification(msgspec.Struct, gc=False):
    """What a subscription pushes."""

    class Params(msgspec.Struct, gc=False):
        """Which subscription, and what it says."""

        subscription: str
        result: msgspec.Raw

    method: str
    params: Params


_decoder: "msgspec.json.Decoder[list[_Response] | _Response]" = msgspec.json.Decoder(list[_Response] | _Response)
_notification = msgspec.json.Decoder(Notification)


def encode(requests: Sequence[Request], first_id: int) -> bytes:
    """The bytes that ask these questions, with ids from `first_id`; a batch when there are several."""
    asked = [
        {"jsonrpc": "2.0", "id": number, "method": request.method, "params": request.params}
        for number, request in enumerate(requests, first_id)
    ]
    return msgspec.json.encode(asked[0] if len(asked) == 1 else asked)


def parse(data: bytes, requests: Sequence[Request], first_id: int, name: str) -> list[Outcome]:
    """
    The outcome of each request, in their order, whatever order the answers came in.

    A question that a batch leaves unanswered is `EndpointUnavailable`. Raises `MalformedInput` for bytes that are no
    answer, `InconsistentInput` for answers to other questions, `RateLimited` or `AnswerTooLarge` for a batch that is
    refused as a whole.
    """
    found = responses(data, name)
    if isinstance(found, _Response) and found.error is not None and (found.id is None or len(requests) > 1):
        raise _refused_whole(refusal(found.error.code, found.error.message, name), len(requests))
    answers = found if isinstance(found, list) else [found]
    return match(answers, requests, first_id, name)


def _refused_whole(error: EndpointRefused, count: int) -> EndpointRefused:
    """Many endpoints take no batches, or only short ones, and each says so in its own way."""
    return error if count == 1 or isinstance(error, RateLimited) else AnswerTooLarge(f"{error} ({count} at once)")


def responses(data: bytes, name: str) -> "list[_Response] | _Response":
    """What stands in the bytes of an answer. Raises `MalformedInput`."""
    try:
        return deep_json.decode(_decoder, data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedInput(
            f"{name}: the answer is not JSON-RPC ({type(error).__name__}); is the URL right?"
        ) from None


def notification(data: bytes, name: str) -> Notification:
    """The push in these bytes. Raises `MalformedInput`."""
    try:
        return _notification.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedInput(f"{name}: a push is not JSON-RPC ({type(error).__name__})") from None


def match(answers: "Sequence[_Response]", requests: Sequence[Request], first_id: int, name: str) -> list[Outcome]:
    """Put answers in the order of their questions. Raises `InconsistentInput` for strange and repeated ids."""
    by_id: dict[Any, _Response] = {answer.id: answer for answer in answers}
    ids = range(first_id, first_id + len(requests))
    if len(by_id) != len(answers) or not by_id.keys() <= set(ids):
        raise InconsistentInput(f"{name}: the answer holds ids that were not asked, or one twice")
    return [
        _outcome(by_id.get(number), f"{name}: {request.method}") for number, request in zip(ids, requests, strict=True)
    ]


def _outcome(response: _Response | None, where: str) -> Outcome:
    if response is None:
        return EndpointUnavailable(f"{where}: left unanswered in a batch")
    if response.error is not None:
        return refusal(response.error.code, response.error.message, where)
    if not response.result:
        raise MalformedInput(f"{where}: the answer has neither a result nor an error")
    return bytes(response.result)


def refusal(code: int, message: str, where: str) -> EndpointRefused:
    """The error that an error code stands for."""
    return _REFUSALS.get(code, EndpointRefused)(f"{where}: refused with code {code}: {_shown(message)}")


def _shown(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text[:SHOWN_CHARACTERS])


def text(raw: bytes, name: str) -> str:
    """A result that is text. Raises `MalformedInput`."""
    try:
        return msgspec.json.decode(raw, type=str)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise MalformedInput(
            f"{name}: {_shown(raw[:SHOWN_CHARACTERS].decode('ascii', 'replace'))} is not text"
        ) from None


def quantity(raw: bytes, name: str) -> int:
    """A result that is a 0x quantity. Raises `MalformedInput`."""
    given = text(raw, name)
    if not given.startswith("0x") or not given[2:].isalnum() or len(given) > QUANTITY_CHARACTERS:
        raise MalformedInput(f"{name}: {_shown(given)!r} is not a 0x quantity")
    try:
        return int(given, 16)
    except ValueError:
        raise MalformedInput(f"{name}: {_shown(given)!r} is not a 0x quantity") from None
