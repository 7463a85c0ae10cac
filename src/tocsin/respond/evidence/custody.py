"""
Custody: who did what with a piece of evidence, when, why, and its digest before and after.

Each is an entry of the stream `evidence:ID` of the journal, so that none can be changed, left out or put elsewhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tocsin.model.actor import Actor
from tocsin.respond.evidence.item import Item
from tocsin.respond.journal import Draft

PREFIX = "evidence:"
"""How the stream of a piece of evidence begins; its id follows."""


class Act(StrEnum):
    """What is done with evidence (reference: incident response, 9.1)."""

    COLLECTED = "collected"
    VERIFIED = "verified"
    ACCESSED = "accessed"
    COPIED = "copied"
    TRANSFERRED = "transferred"
    EXPORTED = "exported"
    SEALED = "sealed"
    RELEASED = "released"
    DESTROYED = "destroyed"
    HELD = "legal_hold_set"
    LET_GO = "legal_hold_lifted"
    FINALITY = "finality_noted"
    """What the chain said later of the block that was captured."""


def stream(evidence: str) -> str:
    """The stream of a piece of evidence."""
    return PREFIX + evidence


def evidence_of(stream: str) -> str:
    """The id of the piece whose stream it is; empty for another stream."""
    return stream.removeprefix(PREFIX) if stream.startswith(PREFIX) else ""


@dataclass(frozen=True, slots=True)
class Doing:
    """Who does something, when (seconds since 1970), and why."""

    actor: Actor
    at: float
    why: str


def collected(item: Item, doing: Doing) -> Draft:
    """It was taken into custody: everything that is known of it."""
    known: Mapping[str, Any] = {
        "sha256": item.sha256,
        "size": item.size,
        "type": item.type.value,
        "name": item.name,
        "media": item.media,
        "source": item.source,
        "method": item.method,
        "tool": item.tool,
        "copy": item.copy.value,
        "parent": item.parent,
        "incident": item.incident,
    }
    return act(item.id, Act.COLLECTED, doing, after=item.sha256, more=known)


def act(
    evidence: str, kind: Act, doing: Doing, *, before: str = "", after: str = "", more: Mapping[str, Any] | None = None
) -> Draft:
    """What somebody did with it; `before` and `after` are digests that were worked out, empty where there are none."""
    data = {**(more or {}), "why": doing.why, "before": before, "after": after}
    return Draft(stream=stream(evidence), kind=kind.value, actor=doing.actor, occurred_at=doing.at, data=data)
