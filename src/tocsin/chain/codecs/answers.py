"""
One recording's answers as typed values: the only place where JSON from outside becomes objects.

Every decoder raises `MalformedInput` that names the recording, the method, and where in the JSON it is wrong.
"""

from functools import cache
from typing import Any, Generic, TypeVar

import msgspec

from tocsin.chain import deep_json
from tocsin.chain.codecs.blocks import Header
from tocsin.chain.codecs.call_tracer import Frame, Traced
from tocsin.chain.codecs.parity_traces import Replayed, Trace
from tocsin.chain.codecs.receipts import Log, Receipt
from tocsin.chain.codecs.state_diffs import PrestateEntry
from tocsin.chain.recording import TRANSACTION_METHOD, Recording
from tocsin.model.errors import MalformedInput

T = TypeVar("T")

HEADERS = ("eth_getBlockByHash", "eth_getBlockByNumber")
RECEIPTS = ("eth_getBlockReceipts",)
LOGS = ("eth_getLogs",)
TRACES = ("trace_block",)
REPLAYS = ("trace_replayBlockTransactions",)
CALL_TRACERS = ("debug_traceBlockByHash:callTracer", "debug_traceBlockByNumber:callTracer")
PRESTATES = (
    "debug_traceBlockByHash:prestateTracer:diffMode",
    "debug_traceBlockByNumber:prestateTracer:diffMode",
)


class Kind(Generic[T]):
    """A shape of answer: the methods that give it and the type it decodes to."""

    def __init__(self, methods: tuple[str, ...], type_: Any) -> None:
        self.methods = methods
        self._type = type_

    def read(self, recording: Recording) -> T | None:
        """This answer of a recording, by the first of the methods that is there; None when absent or null."""
        method = next((name for name in self.methods if name in recording.answers), None)
        if method is None:
            return None
        return _decode(_decoder(self._type), recording, method)  # type: ignore[no-any-return] # one decoder a type

    def among(self, recording: Recording) -> bool:
        """Whether the recording has such an answer."""
        return any(method in recording.answers for method in self.methods)


HEADER: Kind[Header] = Kind(HEADERS, Header | None)
RECEIPT_LIST: Kind[list[Receipt]] = Kind(RECEIPTS, list[Receipt] | None)
LOG_LIST: Kind[list[Log]] = Kind(LOGS, list[Log] | None)
TRACE_LIST: Kind[list[Trace]] = Kind(TRACES, list[Trace] | None)
REPLAY_LIST: Kind[list[Replayed]] = Kind(REPLAYS, list[Replayed] | None)
CALL_TRACE_LIST: Kind[list[Traced]] = Kind(CALL_TRACERS, list[Traced] | None)
PRESTATE_LIST: Kind[list[PrestateEntry]] = Kind(PRESTATES, list[PrestateEntry] | None)
SINGLE_FRAME: Kind[Frame] = Kind((TRANSACTION_METHOD,), Frame | None)


@cache
def _decoder(type_: Any) -> "msgspec.json.Decoder[Any]":
    return msgspec.json.Decoder(type_)


def _decode(decoder: "msgspec.json.Decoder[Any]", recording: Recording, method: str) -> Any:
    try:
        return deep_json.decode(decoder, recording.answers[method])
    except RecursionError as error:
        raise MalformedInput(f"{recording.name}: {method}: nested deeper than any call tree can be") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MalformedInput(f"{recording.name}: {method}: {error}") from error
