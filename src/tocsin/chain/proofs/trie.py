"""The Merkle Patricia trie (Ethereum yellow paper, appendix D): the root over a list, and proofs against a root."""

from collections.abc import Sequence

from eth_hash.auto import keccak

from tocsin.chain.proofs import rlp
from tocsin.model.errors import InconsistentInput, MalformedInput

EMPTY_ROOT = keccak(rlp.encode(b""))
Pairs = Sequence[tuple[bytes, bytes]]
"""Keys, one nibble a byte, with their values."""


def list_root(values: Sequence[bytes]) -> bytes:
    """The root over a list, such as the receipts of a block: the keys are the encoded indices."""
    pairs = sorted((_nibbles(rlp.encode(rlp.number(index))), value) for index, value in enumerate(values))
    return keccak(rlp.encode(_node(pairs, 0))) if pairs else EMPTY_ROOT


def proven(root: bytes, key: bytes, nodes: Sequence[bytes]) -> bytes | None:
    """
    The value at a key, as the proof shows it; None where the proof shows that there is none.

    Raises `InconsistentInput` where the nodes do not lead from the root to the key, `MalformedInput`.
    """
    if root == EMPTY_ROOT:
        return None
    path, reference = _nibbles(key), root
    left = iter(nodes)
    while True:
        encoded = next(left, None)
        if encoded is None or keccak(encoded) != reference:
            raise InconsistentInput("the proof does not lead from the root to the key")
        node: rlp.Value = rlp.decode(encoded)
        while True:  # nodes shorter than a hash stand inside the one above
            step, path = _step(node, path)
            if step is None or (isinstance(step, bytes) and not path and _is_end(node)):
                return step or None
            if isinstance(step, bytes):
                break
            node = step
        if not step:
            return None
        reference = step


def _is_end(node: rlp.Value) -> bool:
    """A leaf, or a branch in which the key ends: what was read is the value."""
    return len(node) == 17 or (isinstance(node[0], bytes) and bool(node[0]) and node[0][0] & 0x20 != 0)


def _step(node: rlp.Value, path: bytes) -> tuple["rlp.Value | None", bytes]:
    """What the node says of the path: a value, a reference, a node, or None for nothing; and what is left of it."""
    if isinstance(node, bytes) or len(node) not in (2, 17):
        raise MalformedInput("a node of a proof is neither a branch nor a path")
    if len(node) == 17:
        return (node[path[0]], path[1:] or b"") if path else (node[16], b"")
    if not isinstance(node[0], bytes) or not node[0]:
        raise MalformedInput("a node of a proof has no path")
    part, is_leaf = _unpacked(node[0])
    if is_leaf:
        return (node[1], b"") if part == path else (None, path)
    return (node[1], path[len(part) :]) if path.startswith(part) else (None, path)


def _node(pairs: Pairs, depth: int) -> rlp.Value:
    """The node over these keys, which have their first `depth` nibbles in common."""
    if len(pairs) == 1:
        return [_packed(pairs[0][0][depth:], is_leaf=True), pairs[0][1]]
    first, last = pairs[0][0], pairs[-1][0]
    common = depth
    while common < min(len(first), len(last)) and first[common] == last[common]:
        common += 1
    if common > depth:
        return [_packed(first[depth:common], is_leaf=False), _reference(_node(pairs, common))]
    value = pairs[0][1] if len(first) == depth else b""
    below = [[pair for pair in pairs if len(pair[0]) > depth and pair[0][depth] == nibble] for nibble in range(16)]
    return [*(_reference(_node(part, depth + 1)) if part else b"" for part in below), value]


def _reference(node: rlp.Value) -> rlp.Value:
    encoded = rlp.encode(node)
    return keccak(encoded) if len(encoded) >= 32 else node


def _nibbles(key: bytes) -> bytes:
    return bytes(nibble for byte in key for nibble in (byte >> 4, byte & 15))


def _packed(nibbles: bytes, *, is_leaf: bool) -> bytes:
    odd = len(nibbles) & 1
    flagged = bytes([2 * is_leaf + odd, *([] if odd else [0]), *nibbles])
    return bytes(flagged[i] << 4 | flagged[i + 1] for i in range(0, len(flagged), 2))


def _unpacked(packed: bytes) -> tuple[bytes, bool]:
    nibbles = _nibbles(packed)
    return nibbles[1:] if nibbles[0] & 1 else nibbles[2:], nibbles[0] >= 2
