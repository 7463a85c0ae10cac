"""
One look at the network: the answers of one recording, decoded, with what only several of them tell together.

Answers of different nodes are kept apart by the observer their keys name.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from tocsin.chain.beacon import answers, events, keys, node_answers
from tocsin.chain.beacon.keys import Key
from tocsin.chain.beacon.roots import root_of
from tocsin.chain.recording import Recording
from tocsin.model.errors import InconsistentInput

T = TypeVar("T")


@dataclass(frozen=True)
class Look:
    """The beacon answers of one recording."""

    recording: Recording
    keys: tuple[Key, ...]
    number: int | None = None
    """Of the execution block that the recording is of, where it is of one."""
    hash: str | None = None

    @classmethod
    def at(cls, recording: Recording, number: int | None, hash_: str | None) -> "Look":
        """What a recording holds of beacon nodes; answers that are null are absent."""
        found = tuple(key for key in keys.of(recording.answers) if recording.answers[key.text].strip() != b"null")
        return cls(recording, found, number, hash_)

    def has(self, *kinds: str) -> bool:
        """Whether any answer is of one of these kinds."""
        return any(key.kind in kinds for key in self.keys)

    def read(self, type_: type[T], *kinds: str) -> Iterator[tuple[Key, T]]:
        """The answers of these kinds, with their keys. Raises `MalformedInput`."""
        for key in self.keys:
            if key.kind in kinds:
                yield key, answers.decode(type_, self.recording.answers[key.text], self.where(key))

    def where(self, key: Key) -> str:
        """The recording and the answer, for messages."""
        return f"{self.recording.name}: {key.text}"

    @cached_property
    def headers(self) -> Sequence[tuple[str, answers.HeaderEntry]]:
        """Headers by observer, each once. Raises `InconsistentInput` for one that does not hash to its root."""
        several = [(key, entry) for key, found in self.read(answers.Headers, "headers") for entry in found.data]
        single = [(key, found.data) for key, found in self.read(answers.OneHeader, "header")]
        kept: dict[tuple[str, str], answers.HeaderEntry] = {}
        for key, entry in (*several, *single):
            said, is_ = entry.root.lower(), "0x" + root_of(entry.header.message, self.where(key)).hex()
            if said != is_:
                raise InconsistentInput(
                    f"{self.where(key)}: the header of slot {entry.header.message.slot} hashes to {is_}, "
                    f"not to {said[:66]}; ask another node"
                )
            kept[key.observer, said] = entry
        return [(observer, entry) for (observer, _), entry in kept.items()]

    @cached_property
    def blocks(self) -> Sequence[tuple[str, answers.BeaconBlock]]:
        """Blocks by observer."""
        return [(key.observer, found.data.message) for key, found in self.read(answers.OneBlock, "block")]

    @cached_property
    def events(self) -> Sequence[tuple[str, events.Event]]:
        """Events by observer, in the order they came."""
        return [
            (key.observer, event)
            for key in self.keys
            if key.kind == "events"
            for _, event in events.of_recording(self.recording.answers[key.text], self.where(key))
        ]

    def head_slot(self, observer: str) -> int | None:
        """The highest slot that a node names."""
        slots = (
            *(
                found.data.head_slot
                for key, found in self.read(node_answers.Syncing, "syncing")
                if key.observer == observer
            ),
            *(entry.header.message.slot for who, entry in self.headers if who == observer),
            *(block.slot for who, block in self.blocks if who == observer),
            *(event.slot for who, event in self.events if who == observer and isinstance(event, events.Head)),
        )
        return max(slots, default=None)

    @cached_property
    def place(self) -> dict[str, Any]:
        """Where its rows stand: the recording's block or, where it has none, that of the highest beacon block."""
        number, hash_ = self.number, self.hash
        if number is None:
            highest = max((block for _, block in self.blocks), key=lambda block: block.slot, default=None)
            payload = (
                None if highest is None else highest.body.execution_payload or highest.body.execution_payload_header
            )
            number, hash_ = (None, None) if payload is None else (payload.block_number, payload.block_hash)
        return {"chain_id": self.recording.chain_id, "block_number": number, "block_hash": hash_}
