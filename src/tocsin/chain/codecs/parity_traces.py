"""Parity-style traces (`trace_block`, `trace_replayBlockTransactions`) to frames."""

from collections.abc import Sequence

import msgspec

from tocsin.chain.codecs.call_trees import CALLS, CREATIONS, Frames
from tocsin.chain.codecs.state_diffs import ParityAccount
from tocsin.model.errors import MalformedInput


class Action(msgspec.Struct, gc=False, rename="camel"):
    """What a frame was asked to do. Which fields are there depends on the trace's type."""

    from_: str | None = msgspec.field(name="from", default=None)
    to: str | None = None
    call_type: str | None = None
    creation_method: str | None = None
    input: str | None = None
    init: str | None = None
    value: str | None = None
    gas: str | None = None
    address: str | None = None
    refund_address: str | None = None
    balance: str | None = None


class Result(msgspec.Struct, gc=False, rename="camel"):
    """What a frame gave back."""

    gas_used: str | None = None
    output: str | None = None
    address: str | None = None
    code: str | None = None


class Trace(msgspec.Struct, gc=False, rename="camel"):
    """One frame."""

    action: Action
    type: str
    trace_address: list[int] = []
    result: Result | None = None
    error: str | None = None
    transaction_hash: str | None = None
    transaction_position: int | None = None
    block_hash: str | None = None
    block_number: int | None = None


class Replayed(msgspec.Struct, gc=False, rename="camel"):
    """One transaction's entry in `trace_replayBlockTransactions`; Erigon's last one, without a hash, is the block's."""

    transaction_hash: str | None = None
    trace: list[Trace] | None = None
    state_diff: dict[str, ParityAccount] | None = None


REWARD = "reward"
NO_RESULT = Result()


def extend(frames: Frames, traces: Sequence[Trace], transactions: Sequence[int]) -> None:
    """
    Add traces, without rewards, as frames of these transactions.

    Nearly all traces are plain calls: they are written column by column, and the others put right afterwards.
    """
    start = len(frames.paths)
    actions = [trace.action for trace in traces]
    results = [trace.result or NO_RESULT for trace in traces]
    frames.transactions.extend(transactions)
    frames.paths.extend([trace.trace_address for trace in traces])
    frames.errors.extend([trace.error for trace in traces])
    frames.call_types.extend([(action.call_type or "call").lower() for action in actions])
    frames.from_addresses.extend([action.from_ for action in actions])
    frames.to_addresses.extend([action.to or None for action in actions])
    frames.values.extend([action.value for action in actions])
    frames.gas.extend([action.gas for action in actions])
    frames.gas_used.extend([result.gas_used for result in results])
    frames.inputs.extend([action.input for action in actions])
    frames.outputs.extend([result.output for result in results])
    if unknown := set(frames.call_types[start:]) - CALLS:
        raise MalformedInput(f"call type: {min(unknown)[:40]!r} is none of {', '.join(sorted(CALLS))}")
    for row, trace in enumerate(traces, start):
        if trace.type != "call":
            _put_right(frames, row, trace)


def _put_right(frames: Frames, row: int, trace: Trace) -> None:
    write = _WRITERS.get(trace.type)
    if write is None:
        raise MalformedInput(f"trace type: {trace.type[:40]!r} is none of call, {', '.join(sorted(_WRITERS))}")
    write(frames, row, trace.action, trace.result or NO_RESULT)


def _create(frames: Frames, row: int, action: Action, result: Result) -> None:
    kind = (action.creation_method or "create").lower()
    frames.call_types[row] = kind if kind in CREATIONS else "create"
    frames.to_addresses[row] = result.address or None
    frames.inputs[row] = action.init or action.input
    frames.outputs[row] = result.code


def _selfdestruct(frames: Frames, row: int, action: Action, _: Result) -> None:
    frames.call_types[row] = "selfdestruct"
    frames.from_addresses[row] = action.address
    frames.to_addresses[row] = action.refund_address or None
    frames.values[row] = action.balance


_WRITERS = {"create": _create, "suicide": _selfdestruct, "selfdestruct": _selfdestruct}


def without_rewards(traces: Sequence[Trace]) -> list[Trace]:
    """The traces of transactions: a reward is no call."""
    return [trace for trace in traces if trace.type != REWARD]
