"""
The Merkle tree of RFC 6962 and RFC 9162, section 2.1: what proves that a record is in a log, and that a log only grew.

The leaves are the entries of the journal in the order of their positions. Hashes are 32 raw bytes (SHA-256).
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tocsin.respond.journal import LEAF_PREFIX

NODE_PREFIX = b"\x01"
"""What is hashed before the two halves of a node (RFC 6962, section 2.1), so that no node can pass for a leaf."""
NOTHING = hashlib.sha256(b"").digest()
"""The root of a tree without leaves."""
Hashes = Sequence[bytes]


def leaf_hash(data: bytes) -> bytes:
    """The hash of the bytes of a leaf."""
    return hashlib.sha256(LEAF_PREFIX + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a node over its two halves."""
    return hashlib.sha256(NODE_PREFIX + left + right).digest()


class Tree:
    """A tree over leaf hashes that are at hand; every node that never changes again is worked out once."""

    def __init__(self, leaves: Iterable[bytes]) -> None:
        self._levels = [list(leaves)]
        while len(self._levels[-1]) > 1:
            below = self._levels[-1]
            self._levels.append([node_hash(below[i], below[i + 1]) for i in range(0, len(below) - 1, 2)])

    @property
    def size(self) -> int:
        """How many leaves there are."""
        return len(self._levels[0])

    def root(self, size: int | None = None) -> bytes:
        """The root of the first `size` leaves, of all by default. Raises `IndexError` for more than there are."""
        size = self.size if size is None else size
        self._within(0, size, self.size)
        return self._over(0, size) if size else NOTHING

    def inclusion(self, index: int, size: int | None = None) -> tuple[bytes, ...]:
        """The proof that the leaf of this index is among the first `size` (RFC 9162, 2.1.3.1). Raises `IndexError`."""
        size = self.size if size is None else size
        self._within(index + 1, size, self.size)
        return tuple(self._path(index, 0, size))

    def consistency(self, first: int, second: int | None = None) -> tuple[bytes, ...]:
        """The proof that the first `second` leaves begin with the first `first` (2.1.4.1). Raises `IndexError`."""
        second = self.size if second is None else second
        self._within(first, second, self.size)
        return tuple(self._shared(first, 0, second, is_whole=True)) if 0 < first < second else ()

    @staticmethod
    def _within(low: int, middle: int, high: int) -> None:
        if not 0 <= low <= middle <= high:
            raise IndexError(f"{low} of {middle} leaves, but the tree has {high}")

    def _over(self, start: int, stop: int) -> bytes:
        """The hash over these leaves, of which `start` is where such a subtree begins."""
        count = stop - start
        if count & (count - 1) == 0:
            level = count.bit_length() - 1
            return self._levels[level][start >> level]
        middle = start + split(count)
        return node_hash(self._over(start, middle), self._over(middle, stop))

    def _path(self, index: int, start: int, stop: int) -> list[bytes]:
        if stop - start == 1:
            return []
        middle = start + split(stop - start)
        if index < middle:
            return [*self._path(index, start, middle), self._over(middle, stop)]
        return [*self._path(index, middle, stop), self._over(start, middle)]

    def _shared(self, first: int, start: int, stop: int, *, is_whole: bool) -> list[bytes]:
        """`is_whole` while the subtree is one whose hash whoever verifies knows already."""
        if first == stop:
            return [] if is_whole else [self._over(start, stop)]
        middle = start + split(stop - start)
        if first <= middle:
            return [*self._shared(first, start, middle, is_whole=is_whole), self._over(middle, stop)]
        return [*self._shared(first, middle, stop, is_whole=False), self._over(start, middle)]


def split(count: int) -> int:
    """The largest power of two smaller than `count`: so many leaves are in the left half."""
    return 1 << (count - 1).bit_length() - 1


def includes(root: bytes, size: int, index: int, leaf: bytes, proof: Hashes) -> bool:
    """Whether the proof shows that this leaf hash is the one of this index (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    at, last, found = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            found = node_hash(sibling, found)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and found == root


def extends(first: int, first_root: bytes, second: int, second_root: bytes, proof: Hashes) -> bool:
    """Whether the proof shows that the larger tree begins with the smaller one (RFC 9162, 2.1.4.2)."""
    if first in (second, 0):
        return not proof and (first_root == second_root if first == second else first_root == NOTHING)
    path = (first_root, *proof) if first & (first - 1) == 0 else tuple(proof)
    if first > second or not path:
        return False
    at, last = first - 1, second - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    was = now = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            was, now = node_hash(sibling, was), node_hash(sibling, now)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            now = node_hash(now, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and was == first_root and now == second_root


@dataclass(frozen=True, slots=True)
class Frontier:
    """As much of a tree as growing needs: the hashes of its whole subtrees, largest first, at most 64."""

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def grown(self, leaves: Iterable[bytes]) -> "Frontier":
        """The tree with these leaf hashes behind it."""
        size, hashes = self.size, list(self.hashes)
        for leaf in leaves:
            hashes.append(leaf)
            carry = size
            while carry & 1:
                right = hashes.pop()
                hashes.append(node_hash(hashes.pop(), right))
                carry >>= 1
            size += 1
        return Frontier(size, tuple(hashes))

    @property
    def root(self) -> bytes:
        """The root of the tree."""
        if not self.hashes:
            return NOTHING
        found = self.hashes[-1]
        for left in reversed(self.hashes[:-1]):
            found = node_hash(left, found)
        return found
