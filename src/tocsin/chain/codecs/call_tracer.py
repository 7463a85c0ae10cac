"""geth's callTracer frames (`debug_traceBlockBy*`, `debug_traceTransaction`) to frames."""

import msgspec

from tocsin.chain.codecs.call_trees import CALLS, CREATIONS, Frames
from tocsin.model.errors import MalformedInput


class FrameLog(msgspec.Struct, gc=False):
    """A log inside a frame (`withLog`); what its place is said in is text or a number, and older nodes say none."""

    address: str
    topics: list[str]
    data: str = "0x"
    position: str | int | None = None
    index: str | int | None = None


class Frame(msgspec.Struct, rename="camel"):
    """One frame with the frames it made."""

    type: str
    from_: str = msgspec.field(name="from")
    to: str | None = None
    value: str | None = None
    gas: str | None = None
    gas_used: str | None = None
    input: str | None = None
    output: str | None = None
    error: str | None = None
    calls: list["Frame"] | None = None
    logs: list[FrameLog] | None = None


class Traced(msgspec.Struct, rename="camel"):
    """One transaction's entry in a block trace."""

    result: Frame | None = None
    tx_hash: str | None = None
    error: str | None = None


KINDS = CALLS | CREATIONS | {"selfdestruct"}


def append(frames: Frames, root: Frame, transaction: int) -> None:
    """Add a transaction's tree to the frames, parents first, however deep."""
    waiting: list[tuple[Frame, list[int]]] = [(root, [])]
    while waiting:
        frame, path = waiting.pop()
        _row(frames, frame, path, transaction)
        if frame.calls:
            waiting.extend((child, [*path, number]) for number, child in reversed(list(enumerate(frame.calls))))


def _row(frames: Frames, frame: Frame, path: list[int], transaction: int) -> None:
    kind = frame.type.lower()
    if kind not in KINDS:
        raise MalformedInput(f"frame type: {frame.type[:40]!r} is none of {', '.join(sorted(KINDS))}")
    failed_creation = kind in CREATIONS and frame.error is not None
    frames.transactions.append(transaction)
    frames.paths.append(path)
    frames.errors.append(frame.error)
    frames.call_types.append(kind)
    frames.from_addresses.append(frame.from_)
    frames.to_addresses.append(None if failed_creation else frame.to or None)
    frames.values.append(frame.value)
    frames.gas.append(frame.gas)
    frames.gas_used.append(frame.gas_used)
    frames.inputs.append(frame.input)
    frames.outputs.append(frame.output)
