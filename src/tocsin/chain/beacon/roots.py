"""The root of a beacon block: the Merkle root of its header (consensus specifications, SSZ `hash_tree_root`)."""

import hashlib

from tocsin.chain.beacon.answers import Header
from tocsin.model.errors import MalformedInput

ROOT_BYTES = 32
_NOTHING = bytes(ROOT_BYTES)


def root_of(header: Header, where: str) -> bytes:
    """The root of the block with this header. Raises `MalformedInput` where a field is none of a header's."""
    fields = [
        _number(header.slot, where),
        _number(header.proposer_index, where),
        *(_root(text, where) for text in (header.parent_root, header.state_root, header.body_root)),
    ]
    layer = fields + [_NOTHING] * (8 - len(fields))
    while len(layer) > 1:
        layer = [hashlib.sha256(layer[i] + layer[i + 1]).digest() for i in range(0, len(layer), 2)]
    return layer[0]


def _number(value: int, where: str) -> bytes:
    if not 0 <= value < 2**64:
        raise MalformedInput(f"{where}: {value} is no number of 64 bits")
    return value.to_bytes(8, "little").ljust(ROOT_BYTES, b"\0")


def _root(text: str, where: str) -> bytes:
    try:
        root = bytes.fromhex(text[2:]) if text[:2] == "0x" else b""
    except ValueError:
        root = b""
    if len(root) != ROOT_BYTES:
        raise MalformedInput(f"{where}: {text[:80]!r} is not 0x and 32 bytes")
    return root
