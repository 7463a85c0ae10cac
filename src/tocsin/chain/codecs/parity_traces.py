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


def append(frames: Frames, trace: Trace, transaction: int) -> None:
    """Add one trace to the frames, as the frame of a transaction. Rewards are left to the caller."""
    handler = _HANDLERS.get(trace.type)
    if handler is None:
        raise MalformedInput(f"trace type: {trace.type[:40]!r} is none of {', '.join(sorted(_HANDLERS))}")
    frames.transactions.append(transaction)
    frames.paths.append(trace.trace_address)
    frames.errors.append(trace.error)
    handler(frames, trace.action, trace.result or NO_RESULT)


def _call(frames: Frames, action: Action, result: Result) -> None:
    kind = (action.call_type or "call").lower()
    if kind not in CALLS:
        raise MalformedInput(f"call type: {kind[:40]!r} is none of {', '.join(sorted(CALLS))}")
    _row(
        frames,
        kind,
        (action.from_, action.to),
        (action.value, action.gas, result.gas_used),
        (action.input, result.output),
    )


def _create(frames: Frames, action: Action, result: Result) -> None:
    kind = (action.creation_method or "create").lower()
    kind = kind if kind in CREATIONS else "create"
    sizes = (action.value, action.gas, result.gas_used)
    _row(frames, kind, (action.from_, result.address), sizes, (action.init or action.input, result.code))


def _selfdestruct(frames: Frames, action: Action, _: Result) -> None:
    _row(frames, "selfdestruct", (action.address, action.refund_address), (action.balance, None, None), (None, None))


_HANDLERS = {"call": _call, "create": _create, "suicide": _selfdestruct, "selfdestruct": _selfdestruct}

Text = str | None


def _row(
    frames: Frames, kind: str, ends: tuple[Text, Text], sizes: tuple[Text, Text, Text], data: tuple[Text, Text]
) -> None:
    frames.call_types.append(kind)
    frames.from_addresses.append(ends[0])
    frames.to_addresses.append(ends[1] or None)
    frames.values.append(sizes[0])
    frames.gas.append(sizes[1])
    frames.gas_used.append(sizes[2])
    frames.inputs.append(data[0])
    frames.outputs.append(data[1])


def without_rewards(traces: Sequence[Trace]) -> list[Trace]:
    """The traces of transactions: a reward is no call."""
    return [trace for trace in traces if trace.type != REWARD]
