"""Checkpoints of the journal: how long it was and its root, signed (C2SP tlog-checkpoint)."""

import base64
from dataclasses import dataclass

from tocsin.model.errors import MalformedInput
from tocsin.respond.evidence import note
from tocsin.respond.evidence.note import Sign, VerifyingKey


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The journal at one moment."""

    size: int
    root: bytes
    """Of the first `size` entries, 32 bytes."""


def text(checkpoint: Checkpoint, origin: str) -> str:
    """What is signed: three lines, the name of the log, its size, its root."""
    return f"{origin}\n{checkpoint.size}\n{base64.b64encode(checkpoint.root).decode()}\n"


def sealed(checkpoint: Checkpoint, key: VerifyingKey, sign: Sign) -> str:
    """The signed note of a checkpoint."""
    return note.signed(text(checkpoint, key.name), key, sign)


def opened(signed: str, key: VerifyingKey) -> Checkpoint:
    """The checkpoint in a note that this key signed. Raises `MalformedInput`, `InconsistentInput`."""
    said = note.opened(signed, key)
    lines = said.split("\n")
    if len(lines) != 4 or lines[0] != key.name or not lines[1].isascii() or not lines[1].isdigit():
        raise MalformedInput("not a checkpoint of this journal: name, size and root are to be there, a line each")
    found = Checkpoint(int(lines[1]), note.decoded(lines[2], "the root"))
    if text(found, key.name) != said or len(found.root) != 32:
        raise MalformedInput("not a checkpoint: its size or its root is not as it is usually written")
    return found
