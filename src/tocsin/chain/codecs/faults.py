"""
Where in a pasted trace the first value stands that is not what its member holds, as a path in JSON.

Columns are decoded at once, so their errors cannot say whose value it was. This asks value by value, and only when
decoding has failed already: it says where, and never whether.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from tocsin.chain.codecs import answers, frame_logs
from tocsin.chain.codecs.call_tracer import KINDS, Frame
from tocsin.chain.codecs.parity_traces import Trace
from tocsin.chain.codecs.receipts import TOPICS_LIMIT
from tocsin.chain.recording import Recording
from tocsin.model.errors import MalformedInput

_ADDRESS, _QUANTITY, _BYTES, _TOPIC = (
    (re.compile(r"0x[0-9a-fA-F]{40}"), "no address: 0x and 40 hexadecimal digits"),
    (re.compile(r"0x[0-9a-fA-F]*"), "no number: 0x and hexadecimal digits"),
    (re.compile(r"0x(?:[0-9a-fA-F]{2})*"), "no bytes: 0x and two hexadecimal digits each"),
    (re.compile(r"0x[0-9a-fA-F]{64}"), "no topic: 0x and 64 hexadecimal digits"),
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
    """In the order of execution, however deep. The logs of what failed are not read."""
    waiting = [(root, at, False)]
    while waiting:
        frame, place, undone = waiting.pop()
        undone = undone or frame.error is not None
        if frame.type.lower() not in KINDS:
            yield f"`{place}.type`: {frame.type[:_SHOWN]!r} is none of {', '.join(sorted(KINDS))}"
        yield from _of_values(frame, _FRAME, place)
        if not undone:
            yield from _of_logs(frame, place)
        children = [(child, f"{place}.calls[{number}]", undone) for number, child in enumerate(frame.calls or ())]
        waiting.extend(reversed(children))


def _of_logs(frame: Frame, at: str) -> Iterator[str]:
    before = 0
    for number, log in enumerate(frame.logs or ()):
        place = f"{at}.logs[{number}]"
        if len(log.topics) > TOPICS_LIMIT:
            yield f"`{place}.topics`: {len(log.topics)} topics; a log has at most {TOPICS_LIMIT}"
        topics = [(f"topics[{nth}]", topic, _TOPIC) for nth, topic in enumerate(log.topics)]
        for member, value, rule in (("address", log.address, _ADDRESS), *topics, ("data", log.data, _BYTES)):
            yield from _unlike(value, rule, f"{place}.{member}")
        try:
            frame_logs.index(log)
            before = frame_logs.position(log, before, len(frame.calls or ()))
        except MalformedInput as error:
            yield f"`{place}`: {error}"


def _of_traces(traces: Sequence[Trace], at: str) -> Iterator[str]:
    for number, trace in enumerate(traces):
        yield from _of_values(trace.action, _ACTION, f"{at}[{number}].action")
        if trace.result is not None:
            yield from _of_values(trace.result, _RESULT, f"{at}[{number}].result")


def _of_values(holder: object, members: dict[str, tuple[str, Any]], at: str) -> Iterator[str]:
    for member, (attribute, rule) in members.items():
        if value := getattr(holder, attribute):
            yield from _unlike(value, rule, f"{at}.{member}")


def _unlike(value: str, rule: tuple[re.Pattern[str], str], at: str) -> Iterator[str]:
    pattern, says = rule
    if not pattern.fullmatch(value):
        shown = value if len(value) <= _SHOWN else value[:_SHOWN] + "…"
        yield f"`{at}`: {shown!r} is {says}"
