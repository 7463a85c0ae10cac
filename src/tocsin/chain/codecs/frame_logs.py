"""
The logs that callTracer writes into its frames when it is asked `withLog`, in the order in which they were written.

Within a frame, the `position` of a log is the number of calls that the frame had made before it: logs and calls
interleave. What a frame that failed has written was undone with it, and so was what its calls have written.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from tocsin.chain.codecs import answers
from tocsin.chain.codecs import hexadecimal as hx
from tocsin.chain.codecs.call_tracer import Frame, FrameLog
from tocsin.chain.codecs.receipts import Log
from tocsin.chain.recording import Recording
from tocsin.model.errors import MalformedInput

INDEX_LIMIT = 2**32
"""What a log's index is below: it is a column of 32 bits."""


def there(roots: Iterable[Frame]) -> bool:
    """
    Whether these trees were traced with their logs.

    Most nodes leave `logs` out of a frame that wrote none, so one frame that has it says so for all.
    """
    waiting = list(roots)
    while waiting:
        frame = waiting.pop()
        if frame.logs is not None:
            return True
        waiting.extend(frame.calls or ())
    return False


def seem_there(recording: Recording) -> bool:
    """Whether its frames seem to hold its logs: a guess at a glance, by which recordings are decoded together."""
    if answers.RECEIPT_LIST.among(recording) or answers.LOG_LIST.among(recording):
        return False
    methods = (*answers.CALL_TRACE_LIST.methods, *answers.SINGLE_FRAME.methods)
    return any(b'"logs"' in recording.answers.get(method, b"") for method in methods)


def written(root: Frame) -> Iterator[FrameLog]:
    """The logs of a transaction that took effect, in order, however deep. Raises `MalformedInput`."""
    left: list[Frame | FrameLog] = [root]
    while left:
        each = left.pop()
        if isinstance(each, FrameLog):
            yield each
        elif each.error is None:
            left.extend(reversed(_inside(each)))


def _inside(frame: Frame) -> Sequence[Frame | FrameLog]:
    calls = frame.calls or []
    inside: list[Frame | FrameLog] = []
    before = 0
    for log in frame.logs or ():
        place = position(log, before, len(calls))
        inside += calls[before:place]
        inside.append(log)
        before = place
    return [*inside, *calls[before:]]


def position(log: FrameLog, before: int, calls: int) -> int:
    """
    How many of its frame's calls came before this log; all of them where an older node does not say.

    `before` is the position of the log before it. Raises `MalformedInput` for one that there cannot be.
    """
    if log.position is None:
        return calls
    place = _number(log.position, "log position")
    if not before <= place <= calls:
        least = f", and the log before it stands at {before}" if before else ""
        raise MalformedInput(f"log position: {_shown(log.position)} in a frame of {calls} calls{least}")
    return place


def index(log: FrameLog) -> int | None:
    """What the node says of the log's place in the block. Raises `MalformedInput`."""
    if log.index is None:
        return None
    place = _number(log.index, "log index")
    if place >= INDEX_LIMIT:
        raise MalformedInput(f"log index: {_shown(log.index)} does not fit in 32 bits")
    return place


def _number(value: int | str, name: str) -> int:
    """A number as text or, as some nodes write it, a number."""
    number = hx.quantities([value], name)[0] if isinstance(value, str) else value
    if number is None or number < 0:
        raise MalformedInput(f"{name}: {_shown(value)} is no position")
    return number


def _shown(value: int | str) -> str:
    return repr(value[: hx.SHOWN_CHARACTERS]) if isinstance(value, str) else str(value)


def as_logs(found: Sequence[FrameLog]) -> list[Log]:
    """
    The logs of one answer, with their index.

    It is the node's where every log has one and they rise, as they do over a block; some nodes begin anew at each
    transaction, and others say none. Then it is the log's place in the answer. Raises `MalformedInput`.
    """
    return [
        Log(address=log.address, topics=log.topics, data=log.data, log_index=hex(number))
        for log, number in zip(found, _indices(found), strict=True)
    ]


def _indices(found: Sequence[FrameLog]) -> Sequence[int]:
    said = [number for number in map(index, found) if number is not None]
    if len(said) == len(found) and all(one < other for one, other in pairwise(said)):
        return said
    return range(len(found))
