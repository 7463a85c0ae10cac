"""A message: what is told to one person or group on one channel, before a channel gives it its form."""

from dataclasses import dataclass
from enum import StrEnum

from tocsin.model.priority import Priority


class MessageKind(StrEnum):
    """Why somebody is told."""

    PAGE = "page"
    """Somebody must act, and say that he does."""
    ACKNOWLEDGED = "acknowledged"
    """Somebody has it: silences a page where the channel can."""
    UPDATE = "update"
    """How things stand."""
    RESOLVED = "resolved"
    """There is nothing to do any more: takes a page back where the channel can."""
    TEST = "test"
    """Whether the channel works. Counts nowhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is told. All text is plain and may come from attackers: a channel escapes it for its form."""

    key: str
    """The same for every attempt: a receiver drops repeats by it."""
    subject: str
    """What it is about, the same for all messages of one incident or alert: groups them where the channel can."""
    kind: MessageKind
    title: str
    text: str
    priority: Priority
    tlp: str
    """How confidential it is: red, amber+strict, amber, green, clear."""
    facts: tuple[tuple[str, str], ...] = ()
    """What stands below the text: name and value."""
    link: str = ""
    """Where to read on."""
    acknowledge_link: str = ""
    """Where a page is answered; signed, and good once."""
    may_be_repeat: bool = False
    """Whether an attempt before this one may have arrived."""
    is_exercise: bool = False
