"""
What tocsin itself knows of its endpoints and of its own work, as a recording keeps it beside the nodes' answers.

Keys begin with `tocsin:`; no node was asked these.
"""

from collections.abc import Iterator, Sequence

import msgspec

from tocsin.chain.beacon import answers
from tocsin.chain.beacon.rows import LONGEST_TEXT, Row
from tocsin.chain.recording import Recording

PREFIX = "tocsin:"
ENDPOINTS, HEALTH = f"{PREFIX}endpoints", f"{PREFIX}health"


class Seen(msgspec.Struct, gc=False):
    """One endpoint, when a block was looked at."""

    name: str
    client: str
    head_number: int
    head_hash: str | None = None


class Undone(msgspec.Struct, gc=False):
    """One thing that is not done as it should be."""

    kind: str
    subject: str
    age_seconds: int
    times: int
    first_block: int | None = None
    last_block: int | None = None


def kept(seen: Sequence[Seen], undone: Sequence[Undone]) -> dict[str, bytes]:
    """Both as a recording keeps them."""
    return {ENDPOINTS: msgspec.json.encode(seen), HEALTH: msgspec.json.encode(undone)}


def status(recording: Recording) -> Iterator[Row]:
    """`node_status`: one row an endpoint."""
    for each in _read(list[Seen], recording, ENDPOINTS):
        yield {
            "observer": each.name[:LONGEST_TEXT],
            "layer": "execution",
            "client": each.client[:LONGEST_TEXT] or None,
            "head_number": each.head_number,
            "head_hash": each.head_hash,
        }


def health(recording: Recording) -> Iterator[Row]:
    """`self_health`."""
    for each in _read(list[Undone], recording, HEALTH):
        yield {
            "kind": each.kind[:LONGEST_TEXT],
            "subject": each.subject[:LONGEST_TEXT],
            "first_block": each.first_block,
            "last_block": each.last_block,
            "age_seconds": each.age_seconds,
            "times": each.times,
        }


def _read(type_: type[list[answers.T]], recording: Recording, key: str) -> list[answers.T]:
    return answers.decode(type_, recording.answers[key], f"{recording.name}: {key}")
