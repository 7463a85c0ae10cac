"""What detection is told of the estate: labels of what is protected, and of the accounts of its people."""

import re
from collections.abc import Iterator
from typing import Any

from tocsin.intel import rows
from tocsin.respond.estate.estate import AssetKind, Estate
from tocsin.respond.estate.links import KINDS
from tocsin.respond.estate.reading import parse
from tocsin.tables.dataset import Tables

WATCHED, OWN, BRIDGE = "watched", "own", "bridge"
"""Kinds of labels (`intel/kinds.py`)."""
_TABLE = re.compile(rb"^\s*\[\[(%s)\]\]" % b"|".join(kind.encode() for kind in KINDS), re.MULTILINE)


def is_estate(content: bytes, name: str) -> bool:
    """Whether a file is an estate: TOML with one of its tables."""
    return name.lower().endswith(".toml") and _TABLE.search(content) is not None


def labels_in(content: bytes, name: str) -> Tables:
    """The labels of the estate in a file. Raises `MalformedInput` and `EstateError`."""
    return labels_of(parse(rows.text(content, name), name), name)


def labels_of(estate: Estate, source: str) -> Tables:
    """What is on a chain is watched, a bridge is known as one too, and what people sign with is the organisation's."""
    return rows.labels(_labels(estate, source))


def _labels(estate: Estate, source: str) -> Iterator[dict[str, Any]]:
    for asset in estate.assets.values():
        if asset.place is not None:
            chain_id, address = asset.place
            for kind in (WATCHED, BRIDGE) if asset.kind is AssetKind.BRIDGE else (WATCHED,):
                yield _label(chain_id, address, kind, asset.name, source)
    for person in estate.people.values():
        for address in person.addresses:
            yield _label(None, address, OWN, person.name, source)


def _label(chain_id: int | None, address: str, kind: str, name: str, source: str) -> dict[str, Any]:
    raw = bytes.fromhex(address[2:])
    return {"chain_id": chain_id, "address": raw, "kind": kind, "name": name, "source": source}
