"""What must be said of evidence that comes in, and within which bounds."""

import re
from dataclasses import dataclass, replace

from tocsin.model.errors import Unacceptable
from tocsin.respond.evidence.item import Copy, Item, Type

LONGEST = 500
"""Characters of a name, a source, a method."""
LONGEST_REASON = 2_000
_MEDIA = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,100}/[A-Za-z0-9!#$&^_.+-]{1,100}")
ANY_MEDIA = "application/octet-stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What is told of bytes by whoever gives them."""

    name: str
    why: str
    type: Type = Type.FILE
    media: str = ANY_MEDIA
    source: str = ""
    """Where they come from: a machine, a person, a node."""
    method: str = ""
    """How they were got."""
    tool: str = ""
    """With which program, and its version."""
    copy: Copy = Copy.ORIGINAL
    parent: str | None = None
    incident: str | None = None
    retain_until: float | None = None

    def item(self, identity: str, sha256: str, size: int, *, at: float, by: str) -> Item:
        """The piece that it becomes."""
        return Item(
            id=identity,
            sha256=sha256,
            size=size,
            type=self.type,
            name=self.name,
            media=self.media,
            source=self.source,
            method=self.method,
            tool=self.tool,
            copy=self.copy,
            parent=self.parent,
            incident=self.incident,
            retain_until=self.retain_until,
            added_at=at,
            added_by=by,
        )


def sound(given: Given) -> Given:
    """The same within bounds. Raises `Unacceptable`, which names what is wrong."""
    if not given.name.strip():
        raise Unacceptable("name: say what it is called")
    if not given.why.strip():
        raise Unacceptable("why: say for what purpose; it stands in the custody record for ever")
    if (given.copy is Copy.ORIGINAL) != (given.parent is None):
        raise Unacceptable("parent: a copy or a derived piece names what it is made from, and an original nothing")
    for field, most in (("name", LONGEST), ("source", LONGEST), ("method", LONGEST), ("tool", LONGEST)):
        if len(getattr(given, field)) > most:
            raise Unacceptable(f"{field}: longer than {most} characters")
    media = given.media if _MEDIA.fullmatch(given.media) else ANY_MEDIA
    return replace(given, name=_one_line(given.name), media=media.lower(), why=given.why.strip()[:LONGEST_REASON])


def _one_line(name: str) -> str:
    """The last part of a path, without what acts instead of being shown."""
    last = re.split(r"[/\\]", name.strip().rstrip("/\\"))[-1]
    return "".join(c if c.isprintable() else "_" for c in last) or "unnamed"
