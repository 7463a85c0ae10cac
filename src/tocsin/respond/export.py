"""The export contract: one module in `exports/` is one form in which other programs take an incident."""

import hashlib
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, ClassVar

import tocsin.respond.exports
from tocsin.model.extension import Extension, load
from tocsin.respond.reports.material import Material


@dataclass(frozen=True, slots=True, kw_only=True)
class Export(Extension):
    """An incident as bytes of a published format. What does not fit the format is left out, and the page says what."""

    HEADINGS: ClassVar = ("What it holds", "What it leaves out", "Source")

    title: str
    media_type: str
    ending: str
    """Of the file's name."""
    write: Callable[[Material], bytes]
    """The same of the same material."""


@cache
def exports() -> Mapping[str, Export]:
    """Every export by its id."""
    return load(tocsin.respond.exports, Export)


def as_json(value: Mapping[str, Any]) -> bytes:
    """A mapping as a JSON file."""
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode()


def stable_id(*parts: str) -> str:
    """
    A UUID that is always the same for the same parts.

    It has the form of version 4, which is what formats ask for, and is made of SHA-256 in place of dice: whoever takes
    an incident in twice sees that it is the same.
    """
    digest = hashlib.sha256("\0".join(("tocsin", *parts)).encode()).digest()
    return str(uuid.UUID(bytes=digest[:16], version=4))


def timestamp(at: float) -> str:
    """A time as RFC 3339 with milliseconds, in UTC."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
