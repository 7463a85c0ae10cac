"""The channel contract: one way in which people are told, from a message to bytes, and from an answer to a receipt."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from tocsin.model.errors import ChannelError, ChannelRefused
from tocsin.model.extension import Extension
from tocsin.respond.channels.sending import Answer, Sending
from tocsin.respond.channels.wording import cleaned
from tocsin.respond.message import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a message goes, and when."""

    address: str
    now: float
    """Seconds since 1970: for what is dated or signed."""
    thread: str = ""
    """What the receipt of an earlier message of the same subject at this address called its thread."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The channel took the message."""

    provider_id: str = ""
    """What it calls the message, to ask it about; empty where it does not say."""
    is_delivered: bool = False
    """Whether it is known to be where it was to go; otherwise it is only on its way."""
    thread: str = ""
    """What later messages of the same subject are to name, where the channel has threads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressForm:
    """What an address must look like on this channel."""

    says: str
    pattern: str
    """A regular expression for the whole of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """The largest thing the service takes."""

    says: str
    most: int
    measure: Callable[[Any], int]
    """How large a sending is, in the unit the service counts in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Renders:
    """A message, and exactly what is sent for it."""

    says: str
    message: Message
    settings: Any
    place: Place
    sends: Sending


@dataclass(frozen=True, slots=True, kw_only=True)
class Judges:
    """An answer, and what it means: a receipt, or an error with these attributes."""

    says: str
    answer: Answer
    gives: Receipt | type[ChannelError]
    retry_after_seconds: float = 0.0
    may_have_taken: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel(Extension):
    """One kind of channel. Pure: what it wants sent is a value, what came back is one too."""

    HEADINGS: ClassVar = ("What it needs", "What it shows", "Receipts", "Blind spots")

    settings: type[Any]
    """A dataclass of settings, each declared with `tocsin.model.setting.setting`."""
    address: AddressForm
    render: Callable[[Message, Any, Place], Sending]
    """What to send for a message whose text has been cleaned: only what acts in this form is left to escape."""
    judge: Callable[[Any], Receipt]
    """What an answer means. Raises `ChannelBusy` or `ChannelRefused`."""
    wrong: Callable[[Any], str] = lambda _settings: ""
    """Why settings that are each right cannot be meant together; empty where they can."""
    has_threads: bool = False
    """Whether receipts name a thread that later messages of the subject are to go into."""
    follows_up: bool = False
    """Whether who was paged here is told, too, that somebody has it, and that it is over."""
    limit: Limit | None = None
    harms: tuple[bytes, ...] = ()
    """What must never stand in a sending, whoever wrote the message."""
    examples: tuple[Renders | Judges, ...]

    def sending(self, message: Message, settings: Any, place: Place) -> Sending:
        """What to send. Raises `ChannelRefused` for an address that is none here, or a message that cannot fit."""
        if problem := self.misaddressed(place.address):
            raise ChannelRefused(problem)
        return self.render(cleaned(message), settings, place)

    def misaddressed(self, address: str) -> str:
        """Why this is no address on this channel; empty where it is one."""
        if re.fullmatch(self.address.pattern, address, re.ASCII):
            return ""
        return f"{address[:80]!r} is no address on a channel of kind {self.id}: {self.address.says}"
