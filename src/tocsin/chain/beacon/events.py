"""
Server-sent events of a beacon node: from the bytes of a stream to typed events, without IO.

`Stream` takes chunks as they come, however they are cut, and gives whole events. A line or an event that is longer than
any honest one raises `MalformedInput`: the stream is of something else.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import msgspec

from tocsin.chain.beacon import answers
from tocsin.model.errors import MalformedInput

TOPICS = (
    "head",
    "block",
    "chain_reorg",
    "finalized_checkpoint",
    "attester_slashing",
    "proposer_slashing",
    "voluntary_exit",
)
"""What is subscribed to (reference: detection, section 4.39)."""
MOST_EVENT_BYTES = 8 << 20
"""An attester slashing names up to every validator of a slot, twice: some hundred kilobytes."""


class Head(msgspec.Struct, gc=False):
    """The node has a new head; also `block`, a block it has taken in."""

    slot: int
    block: str


class Reorg(msgspec.Struct, gc=False):
    """The node went over to another branch."""

    slot: int
    depth: int
    old_head_block: str
    new_head_block: str
    epoch: int


class Finalised(msgspec.Struct, gc=False):
    """A new checkpoint is final."""

    block: str
    epoch: int


Event: TypeAlias = Head | Reorg | Finalised | answers.AttesterSlashing | answers.ProposerSlashing | answers.SignedExit

TYPES: Mapping[str, type[Any]] = {
    "head": Head,
    "block": Head,
    "chain_reorg": Reorg,
    "finalized_checkpoint": Finalised,
    "attester_slashing": answers.AttesterSlashing,
    "proposer_slashing": answers.ProposerSlashing,
    "voluntary_exit": answers.SignedExit,
}


class Kept(msgspec.Struct, gc=False):
    """An event as a recording keeps it."""

    event: str
    data: msgspec.Raw


def of_recording(data: bytes, where: str) -> Iterator[tuple[str, Event]]:
    """The events kept under one key, with their topics; topics that are not read are left out."""
    for kept in answers.decode(list[Kept], data, where):
        if kept.event in TYPES:
            yield kept.event, answers.decode(TYPES[kept.event], bytes(kept.data), f"{where}: {kept.event}")


@dataclass(frozen=True, slots=True)
class Message:
    """One server-sent event, its data unread."""

    topic: str
    data: bytes


@dataclass(slots=True)
class Stream:
    """The state of reading one stream (WHATWG, server-sent events)."""

    name: str
    """For messages: where the stream comes from."""
    _rest: bytearray = field(default_factory=bytearray)
    _topic: str = ""
    _data: list[bytes] = field(default_factory=list)
    _size: int = 0

    def feed(self, chunk: bytes) -> Iterator[Message]:
        """The events that end in this chunk. Raises `MalformedInput` for what cannot be an event."""
        self._rest += chunk
        if b"\n" not in chunk and b"\r" not in chunk and not self._rest.endswith(b"\r"):
            self._refuse_long(len(self._rest))
            return
        *lines, rest = _lines(bytes(self._rest))
        self._rest = bytearray(rest)
        for line in lines:
            self._size += 0 if line.startswith(b":") else len(line)
            yield from self._line(line)
        self._refuse_long(len(rest))

    def _refuse_long(self, unread: int) -> None:
        if self._size + unread > MOST_EVENT_BYTES:
            raise MalformedInput(
                f"{self.name}: an event of more than {MOST_EVENT_BYTES} bytes; no beacon node sends it"
            )

    def _line(self, line: bytes) -> Iterator[Message]:
        if not line:
            yield from self._end()
            return
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"event":
            self._topic = value.decode("utf-8", "replace")
        elif name == b"data":
            self._data.append(value)

    def _end(self) -> Iterator[Message]:
        """An empty line: the event is whole. One without data is none."""
        if self._data:
            yield Message(self._topic or "message", b"\n".join(self._data))
        self._topic, self._data, self._size = "", [], 0


def _lines(data: bytes) -> list[bytes]:
    """Lines that end in CR LF, LF or CR. A last CR may be half of a CR LF, and stays with the rest."""
    kept = b""
    if data.endswith(b"\r"):
        data, kept = data[:-1], b"\r"
    lines = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    lines[-1] += kept
    return lines


def read(message: Message, where: str) -> Event | None:
    """The event; None where its topic is not read. Raises `MalformedInput`."""
    kind = TYPES.get(message.topic)
    return None if kind is None else answers.decode(kind, message.data, f"{where}: {message.topic}")
