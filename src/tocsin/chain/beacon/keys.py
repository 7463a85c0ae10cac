"""
The keys under which a recording keeps a beacon node's answers: `beacon:` and the path that was asked.

`beacon:/eth/v1/node/syncing` is what one node answered; where several were asked, `beacon@NAME:` says which. What
stands in braces in the Beacon API's description may be written as it is there or filled in:
`.../headers/{block_id}` and `.../headers/123` are the same kind of answer.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

PREFIX = "beacon"
PREFIXES = (f"{PREFIX}:", f"{PREFIX}@")
_KEY = re.compile(r"beacon(?:@(?P<observer>[A-Za-z0-9._-]{1,64}))?:(?P<path>/[^\s?]{1,200})(?:\?\S{0,200})?\Z")

TEMPLATES: Mapping[str, tuple[str, ...]] = {
    "headers": ("/eth/v1/beacon/headers",),
    "header": ("/eth/v1/beacon/headers/{block_id}",),
    "block": ("/eth/v2/beacon/blocks/{block_id}", "/eth/v1/beacon/blinded_blocks/{block_id}"),
    "finality": ("/eth/v1/beacon/states/{state_id}/finality_checkpoints",),
    "validators": ("/eth/v1/beacon/states/{state_id}/validators",),
    "liveness": ("/eth/v1/validator/liveness/{epoch}",),
    "duties": ("/eth/v1/validator/duties/proposer/{epoch}",),
    "inclusion": ("/lighthouse/validator_inclusion/{epoch}/global",),
    "syncing": ("/eth/v1/node/syncing",),
    "peers": ("/eth/v1/node/peers",),
    "peer_count": ("/eth/v1/node/peer_count",),
    "version": ("/eth/v1/node/version",),
    "events": ("/eth/v1/events",),
}
"""By kind of answer: the paths that give it, as the Beacon API writes them (the inclusion is Lighthouse's own)."""


@dataclass(frozen=True, slots=True)
class Key:
    """One answer's key, read."""

    text: str
    """As it stands in the recording."""
    kind: str
    observer: str
    """Which node was asked; empty where there is only one."""
    number: int | None
    """The slot or epoch that the path names, where it names one by number."""


def read(text: str) -> Key | None:
    """The key's meaning; None where it is no beacon node's, or of a kind that is not read."""
    matched = _KEY.match(text)
    if matched is None:
        return None
    path = matched["path"].rstrip("/").split("/")
    for kind, templates in _PARTS.items():
        for parts in templates:
            if len(parts) == len(path) and all(_fits(part, given) for part, given in zip(parts, path, strict=True)):
                return Key(text, kind, matched["observer"] or "", _number(parts, path))
    return None


def of(methods: Iterable[str]) -> tuple[Key, ...]:
    """The beacon answers among these methods, in the order of their names."""
    found = (read(text) for text in sorted(methods) if text.startswith(PREFIXES))
    return tuple(key for key in found if key is not None)


_PARTS = {kind: tuple(tuple(template.split("/")) for template in templates) for kind, templates in TEMPLATES.items()}


def _fits(part: str, given: str) -> bool:
    return bool(given) if part.startswith("{") else part == given


def _number(parts: tuple[str, ...], path: list[str]) -> int | None:
    named = (given for part, given in zip(parts, path, strict=True) if part.startswith("{"))
    digits = next(named, "")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 20 else None
