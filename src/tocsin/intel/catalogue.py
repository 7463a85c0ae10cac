"""Every feed there is, found by a strict walk, once; and which of them reads a file."""

from collections.abc import Mapping
from functools import cache

import polars as pl

import tocsin.intel.feeds
from tocsin.intel.feed import Feed
from tocsin.model.errors import MalformedInput
from tocsin.model.extension import load

HEAD_BYTES = 1024


@cache
def feeds() -> dict[str, Feed]:
    """The feeds by id."""
    return load(tocsin.intel.feeds, Feed)


def read(content: bytes, name: str) -> Mapping[str, pl.DataFrame]:
    """The rows a file of this name holds, by reference table. Raises `MalformedInput`."""
    plain = name.rpartition("/")[2].lower().removesuffix(".gz")
    for feed in feeds().values():
        if feed.recognises(plain, content[:HEAD_BYTES]):
            return feed.read(content, name)
    raise MalformedInput(f"{name}: nothing that is known here; formats: {', '.join(feeds())} (docs/reference/feeds)")
