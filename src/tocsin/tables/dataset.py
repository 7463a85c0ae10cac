"""The dataset contract: one columnar table a chain or a machine yields, raw or derived from others."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

import polars as pl

from tocsin.model.errors import ExtensionError
from tocsin.model.extension import Extension
from tocsin.tables.columns import Column, schema

Tables: TypeAlias = Mapping[str, pl.DataFrame]
"""Frames by dataset id. An absent key is absent data; an empty frame is data that says nothing happened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset(Extension):
    """A table with its columns, their units, and how it is derived if it is."""

    HEADINGS: ClassVar = ("What a row is", "Where it comes from", "Blind spots")
    SEPARATOR: ClassVar = "_"

    columns: Mapping[str, Column]
    needs: tuple[tuple[str, ...], ...] = ()
    """Alternatives, best first, of the datasets it is derived from. Raw datasets need none."""
    derive: Callable[[Tables], pl.DataFrame] | None = None
    """From the first alternative that is wholly there (and nothing else) to this dataset's frame."""
    asked_of: str = ""
    """Who is asked for it, where that is not the chain: consensus, validators, nodes, peers, or this installation."""

    @property
    def schema(self) -> pl.Schema:
        """The Polars schema of its columns."""
        return schema(self.columns)

    @property
    def empty(self) -> pl.DataFrame:
        """Its frame without rows."""
        return pl.DataFrame(schema=self.schema)

    def source(self, present: frozenset[str]) -> tuple[str, ...] | None:
        """The first alternative whose datasets are all present, if any is."""
        return next((names for names in self.needs if present.issuperset(names)), None)


class Derived(Mapping[str, pl.DataFrame]):
    """
    Raw tables and whatever can be derived from them, each derived once, when first asked for.

    `in` and iteration speak of everything that is there or can be derived.
    """

    def __init__(self, raw: Tables, datasets: Mapping[str, Dataset]) -> None:
        self._frames = dict(raw)
        self._datasets = datasets
        self._present = _closure(frozenset(raw), datasets)

    def __getitem__(self, name: str) -> pl.DataFrame:
        if name not in self._frames:
            self._frames[name] = self._derive(name)
        return self._frames[name]

    def __contains__(self, name: object) -> bool:
        return name in self._present

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._present))

    def __len__(self) -> int:
        return len(self._present)

    def _derive(self, name: str) -> pl.DataFrame:
        if name not in self._present:
            raise KeyError(name)
        dataset = self._datasets[name]
        needed = dataset.source(self._present)
        if needed is None or dataset.derive is None:
            raise ExtensionError(f"dataset {name}: present but not derivable; give it `needs` and `derive`")
        return dataset.derive({need: self[need] for need in needed})


def _closure(present: frozenset[str], datasets: Mapping[str, Dataset]) -> frozenset[str]:
    """Everything that can be derived from what is present, directly or through others."""
    while more := {
        dataset.id
        for dataset in datasets.values()
        if dataset.id not in present and dataset.derive is not None and dataset.source(present)
    }:
        present = present | more
    return present
