"""Every dataset and every kind of source there is, found by a strict walk, once."""

from functools import cache

import tocsin.chain.datasets
import tocsin.chain.sources
from tocsin.chain.source import Source
from tocsin.model.extension import load
from tocsin.tables.dataset import Dataset, Derived, Tables


@cache
def datasets() -> dict[str, Dataset]:
    """The datasets by id."""
    return load(tocsin.chain.datasets, Dataset)


@cache
def sources() -> dict[str, Source]:
    """The kinds of source by id."""
    return load(tocsin.chain.sources, Source)


def derived(raw: Tables) -> Derived:
    """These raw tables and all that can be derived from them."""
    return Derived(raw, datasets())
