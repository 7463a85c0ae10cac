"""
Where in a pasted trace the first value stands that is not what its member holds, as a path in JSON.

Columns are decoded at once, so their errors cannot say whose value it was. This asks value by value, and only when
decoding has failed already: it says where, and never whether.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from tocsin.chain.codecs import answers
from tocsin.chain.codecs.call_tracer import KINDS, Frame
from tocsin.chain.codecs.parity_traces import Trace
from tocsin.chain.recording import Recording

_ADDRESS, _QUANTITY, _BYTES = (
    (re.compile(r"0x[0-9a-fA-F]{40}"), "no address: 0x and 40 hexadecimal digits"),
    (re.compile(r"0x[0-9a-fA-F]*"), "no number: 0x and hexadecimal digits"),
    (re.compile(r"0x(?:[0-9a-fA-F]{2})*"), "no bytes: 0x and two hexadecimal digits each"),
)
_FRAME = {
    "from": ("from_", _ADDRESS),
    "to": ("to", _ADDRESS),
    "value": ("value", _QUANTITY),
    "gas": ("gas", _QUANTITY),
    "gasUsed": ("gas_used", _QUANTITY),
    "input": ("input", _BYTES),
    "output": ("output", _BYTES),
}
_ACTION = {
    "from": ("from_", _ADDRESS),
    "to": ("to", _ADDRESS),
    "value": ("value", _QUANTITY),
    "gas": ("gas", _QUANTITY),
    "input": ("input", _BYTES),
    "init": ("init", _BYTES),
    "address": ("address", _ADDRESS),
    "refundAddress": ("refund_address", _ADDRESS),
    "balance": ("balance", _QUANTITY),
}
_RESULT = {
    "gasUsed": ("gas_used", _QUANTITY),
    "output": ("output", _BYTES),
    "address": ("address", _ADDRESS),
    "code": ("code", _BYTES),
}
_SHOWN = 50
"""Characters of a value that are shown."""


def fault(recording: Recording) -> str | None:
    """The first value of a pasted trace that cannot be read, with its path; None where none is found."""
    return next(_faults(recording), None) if recording.pasted else None


def _faults(recording: Recording) -> Iterator[str]:
    at = recording.pasted
    if (frame := answers.SINGLE_FRAME.read(recording)) is not None:
        yield from _of_frames(frame, at)
    for number, traced in enumerate(answers.CALL_TRACE_LIST.read(recording) or ()):
        if traced.result is not None:
            yield from _of_frames(traced.result, f"{at}[{number}].result")
    yield from _of_traces(answers.TRACE_LIST.read(recording) or (), at)
    for number, replayed in enumerate(answers.REPLAY_LIST.read(recording) or ()):
        yield from _of_traces(replayed.trace or (), f"{at}[{number}].trace")


def _of_frames(root: Frame, at: str) -> Iterator[str]:
    """In the order of execution, however deep."""
    waiting = [(root, at)]
    while waiting:
        frame, place = waiting.pop()
        if frame.type.lower() not in KINDS:
            yield f"`{place}.type`: {frame.type[:_SHOWN]!r} is none of {', '.join(sorted(KINDS))}"
        yield from _of_values(frame, _FRAME, place)
        children = [(child, f"{place}.calls[{number}]") for number, child in enumerate(frame.calls or ())]
        waiting.extend(reversed(children))


def _of_traces(traces: Sequence[Trace], at: str) -> Iterator[str]:
    for number, trace in enumerate(traces):
        yield from _of_values(trace.action, _ACTION, f"{at}[{number}].action")
        if trace.result is not None:
            yield from _of_values(trace.result, _RESULT, f"{at}[{number}].result")


def _of_values(holder: object, members: dict[str, tuple[str, Any]], at: str) -> Iterator[str]:
    for member, (attribute, (pattern, says)) in members.items():
        value = getattr(holder, attribute)
        if value and not pattern.fullmatch(value):
            shown = value if len(value) <= _SHOWN else value[:_SHOWN] + "…"
            yield f"`{at}.{member}`: {shown!r} is {says}"
