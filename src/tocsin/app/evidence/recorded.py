"""A recording as a witness: a capture of a recorded attack asks it as it would ask a node."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import msgspec

from tocsin.chain import deep_json
from tocsin.chain.recording import Recording
from tocsin.chain.rpc import methods
from tocsin.chain.rpc.json_rpc import Outcome, Request
from tocsin.model.errors import DataMissing, MethodUnknown

_ANY: "msgspec.json.Decoder[Any]" = msgspec.json.Decoder()


@dataclass(frozen=True)
class RecordedWitness:
    """Answers what the recording of one block holds; everything else it does not have."""

    recording: Recording

    async def ask(self, requests: Sequence[Request]) -> Mapping[str, Sequence[Outcome]]:
        """By node, of which there is one, the outcome of each request."""
        return {f"recording {self.recording.name}"[:100]: [self._answer(request) for request in requests]}

    def _answer(self, request: Request) -> Outcome:
        tracer = request.params[1].get("tracer") if request.method == "debug_traceTransaction" else None
        give = _GIVEN.get(request.method if tracer is None else f"{request.method} {tracer}")
        found = None if give is None else give(self, request.params)
        if give is None or found is MISSING:
            return MethodUnknown(f"{request.method} is not in the recording")
        if found is None:
            return DataMissing(f"{request.method}: the recording is of another block or transaction")
        return msgspec.json.encode(found)

    @cached_property
    def answers(self) -> Mapping[str, Any]:
        """What was recorded, read."""
        return {key: deep_json.decode(_ANY, raw) for key, raw in self.recording.answers.items()}

    def block(self, params: Sequence[Any]) -> Any:
        """The block of a hash."""
        found = self.answers.get(methods.BLOCK, MISSING)
        return found if found is MISSING or found["hash"].lower() == params[0].lower() else None

    def receipts(self, params: Sequence[Any]) -> Any:
        """The receipts of the block of a hash, or at a height."""
        found = self.answers.get(methods.RECEIPTS, MISSING)
        block = self.answers.get(methods.BLOCK, {})
        by_hash = isinstance(params[0], dict)
        same = block.get("hash") == params[0]["blockHash"] if by_hash else block.get("number") == params[0]
        return found if found is MISSING or same else None

    def one(self, key: str, name: str, inner: str = "") -> Callable[[Sequence[Any]], Any]:
        """Finds the entry of a transaction in an answer about the whole block."""

        def find(params: Sequence[Any]) -> Any:
            if key not in self.answers:
                return MISSING
            whole = self.answers[key]["transactions"] if key == methods.BLOCK else self.answers[key]
            return next((each.get(inner, each) for each in whole if each.get(name) == params[0]), None)

        return find

    def traces(self, params: Sequence[Any]) -> Any:
        """The calls of a transaction, as trace_transaction has them."""
        if methods.TRACE_BLOCK not in self.answers:
            return MISSING
        return [each for each in self.answers[methods.TRACE_BLOCK] if each.get("transactionHash") == params[0]] or None


MISSING = object()
"""Nothing of the kind was recorded."""
_GIVEN: Mapping[str, Callable[[RecordedWitness, Sequence[Any]], Any]] = {
    "eth_getBlockByHash": RecordedWitness.block,
    "eth_getBlockReceipts": RecordedWitness.receipts,
    "eth_getTransactionByHash": lambda recorded, params: recorded.one(methods.BLOCK, "hash")(params),
    "eth_getTransactionReceipt": lambda recorded, params: recorded.one(methods.RECEIPTS, "transactionHash")(params),
    "trace_transaction": RecordedWitness.traces,
    "trace_replayTransaction": lambda recorded, params: recorded.one(methods.TRACE_REPLAY, "transactionHash")(params),
    "debug_traceTransaction callTracer": lambda recorded, params: recorded.one(methods.CALL_TRACER, "txHash", "result")(
        params
    ),
    "debug_traceTransaction prestateTracer": lambda recorded, params: recorded.one(
        methods.PRESTATE_DIFF, "txHash", "result"
    )(params),
}
