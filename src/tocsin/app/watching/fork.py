"""Where a reorg deeper than the kept headers forked: the newest block known from before that is still the node's."""

from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.app.reader import ChainReader
from tocsin.chain.header import Header
from tocsin.edge.store.values import Checkpoint
from tocsin.model.errors import EndpointUnavailable


@dataclass(frozen=True, slots=True)
class Fork:
    """What is still common, and what is not."""

    common: Header | None
    """The newest block that is; None when none that is known is."""
    orphans: tuple[bytes, ...]
    """Hashes of what was known above it, lowest first."""
    replaced_by: bytes | None
    """The node's block where the lowest of these orphans stood."""


async def find_fork(reader: ChainReader, known: Sequence[Checkpoint]) -> Fork:
    """
    Halve the known blocks, lowest first, until the fork is found: below a common block all are common.

    Raises `RemoteError` when the node does not say what it has at one of the heights.
    """
    low, high = 0, len(known)
    common, replaced_by = None, None
    while low < high:
        middle = (low + high) // 2
        theirs = await _at(reader, known[middle].number)
        if theirs.hash == known[middle].hash:
            low, common = middle + 1, theirs
        else:
            high, replaced_by = middle, theirs.hash
    return Fork(common, tuple(one.hash for one in known[low:] if one.hash), replaced_by)


async def _at(reader: ChainReader, number: int) -> Header:
    if (header := await reader.header(number)) is None:
        raise EndpointUnavailable(
            f"chain {reader.chain_id}: no endpoint has block {number}, although their head is above it; "
            "use a node that keeps all headers"
        )
    return header
