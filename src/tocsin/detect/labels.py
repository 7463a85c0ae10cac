"""
What accounts are known to be: by the organisation, by public lists, by others.

A label explains or raises; that an address has none says nothing about it.
"""

from functools import lru_cache

import polars as pl

from tocsin.detect.detector import Read
from tocsin.intel.reference import LABELS, ByIdentity
from tocsin.tables.dataset import Tables

LABELS_READ = Read(columns=("address", "kind", "name"))
"""What a detector that asks about labels reads."""


class Labels:
    """A label table, to ask about addresses."""

    __slots__ = ("_kinds", "_names", "_of_kind")

    def __init__(self, frame: pl.DataFrame) -> None:
        self._kinds: dict[tuple[int | None, str], set[bytes]] = {}
        self._of_kind: dict[tuple[str, int], frozenset[bytes]] = {}
        self._names: dict[tuple[int | None, bytes], dict[str, str]] = {}
        columns = (frame[name].to_list() for name in ("chain_id", "address", "kind", "name"))
        for chain, address, kind, name in zip(*columns, strict=True):
            self._kinds.setdefault((chain, kind), set()).add(address)
            self._names.setdefault((chain, address), {})[kind] = name

    @classmethod
    def of(cls, tables: Tables) -> "Labels":
        """The labels beside these tables."""
        return _shared(ByIdentity(tables[LABELS]))

    def of_kind(self, kind: str, chain_id: int) -> frozenset[bytes]:
        """The addresses with this label on a chain."""
        if (kind, chain_id) not in self._of_kind:
            here, everywhere = (self._kinds.get((chain, kind), ()) for chain in (chain_id, None))
            self._of_kind[kind, chain_id] = frozenset((*here, *everywhere))
        return self._of_kind[kind, chain_id]

    def kinds(self, chain_id: int, address: bytes) -> frozenset[str]:
        """What an address is known to be."""
        return frozenset((*self._names.get((chain_id, address), ()), *self._names.get((None, address), ())))

    def name(self, chain_id: int, address: bytes) -> str:
        """What others call it; empty for nothing. Untrusted text."""
        found = self._names.get((chain_id, address)) or self._names.get((None, address)) or {}
        return next((name for name in found.values() if name), "")


@lru_cache(maxsize=4)
def _shared(key: ByIdentity) -> Labels:
    return Labels(key.frame)
