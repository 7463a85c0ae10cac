"""
Telling somebody on a channel: render, send, judge. What e-mail, chats and pagers have in common.

The error of a refusal or a failure says which channel it was and why, without any of its secrets.
"""

import difflib
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Protocol

from tocsin.app.settings import Settings
from tocsin.app.telling.file import ChannelFile, Configured, read_channel_file
from tocsin.app.unbroken import unbroken
from tocsin.edge import clock
from tocsin.edge.sending.sender import Sender
from tocsin.edge.store import channel_threads
from tocsin.edge.store.opening import Store
from tocsin.model.errors import ChannelBusy, ChannelRefused, NotFound, StoreError
from tocsin.respond.channels.channel import Place, Receipt
from tocsin.respond.channels.sending import Answer, Sending
from tocsin.respond.channels.tlp import over_clearance
from tocsin.respond.message import Message

__all__ = ["Receipt", "Stored", "Teller", "Threads", "teller_of"]


class Send(Protocol):
    """What sends."""

    def __call__(self, sending: Sending, *, seconds: float, allow_private: bool) -> Awaitable[Answer]: ...


class Threads(Protocol):
    """What remembers which thread the messages of a subject are in."""

    def thread(self, channel: str, address: str, subject: str) -> str:
        """What the first receipt called it; empty where there is none yet."""
        ...

    def keep(self, channel: str, address: str, subject: str, thread: str) -> None:
        """Remember it, if there is none yet."""
        ...


class Remembered:
    """Threads for as long as this process runs."""

    def __init__(self) -> None:
        self._threads: dict[tuple[str, str, str], str] = {}

    def thread(self, channel: str, address: str, subject: str) -> str:
        """See `Threads`."""
        return self._threads.get((channel, address, subject), "")

    def keep(self, channel: str, address: str, subject: str, thread: str) -> None:
        """See `Threads`."""
        self._threads.setdefault((channel, address, subject), thread)


class Stored:
    """Threads in the store. Without it a message begins a new thread: it is not held back for that."""

    def __init__(self, store: Store, now: Callable[[], float]) -> None:
        self._engine = store.engine
        self._now = now

    def thread(self, channel: str, address: str, subject: str) -> str:
        """See `Threads`."""
        with suppress(StoreError):
            return channel_threads.thread(self._engine, channel, address, subject)
        return ""

    def keep(self, channel: str, address: str, subject: str, thread: str) -> None:
        """See `Threads`."""
        with suppress(StoreError):
            channel_threads.keep(self._engine, channel, address, subject, thread=thread, now=self._now())


class Teller:
    """Tells messages on the channels that are set up."""

    def __init__(self, file: ChannelFile, send: Send, now: Callable[[], float], threads: Threads) -> None:
        self.file = file
        self._send = send
        self._now = now
        self._threads = threads

    @property
    def channels(self) -> Mapping[str, Configured]:
        """The channels by name; none where nobody set any up."""
        return self.file.channels

    async def tell(self, channel: str, address: str, message: Message) -> Receipt:
        """
        Tell it, once. Raises `ChannelBusy` to be tried again, `ChannelRefused` for what will never be taken.

        A message that is more confidential than the channel may carry is refused.
        """
        configured = self.configured(channel)
        try:
            return await self._told(configured, address, message)
        except ChannelBusy as error:
            raise ChannelBusy(
                _named(configured, error),
                retry_after_seconds=error.retry_after_seconds,
                may_have_taken=error.may_have_taken,
            ) from None
        except ChannelRefused as error:
            raise ChannelRefused(_named(configured, error)) from None

    def configured(self, name: str) -> Configured:
        """The channel of this name. Raises `ChannelRefused` that names the nearest."""
        try:
            return self.known(name)
        except NotFound as error:
            raise ChannelRefused(str(error)) from None

    def known(self, name: str) -> Configured:
        """The channel of this name, for whoever asks for it. Raises `NotFound` that names the nearest."""
        if name in self.channels:
            return self.channels[name]
        if not self.channels:
            raise NotFound("no channel is set up: name a file of channels as [estate] channels in tocsin.toml")
        near = difflib.get_close_matches(name, self.channels, n=1, cutoff=0)
        known = ", ".join(self.channels)
        raise NotFound(f"there is no channel {name[:80]!r}; did you mean {near[0]!r}? Channels: {known}")

    def refusal(self, channel: str, address: str, message: Message) -> str:
        """Why the message would be refused before it is sent; empty where it would not."""
        configured = self.configured(channel)
        wrong = configured.channel.misaddressed(address)
        return wrong or over_clearance(message.tlp, configured.shared.most_confidential)

    async def _told(self, configured: Configured, address: str, message: Message) -> Receipt:
        if problem := self.refusal(configured.name, address, message):
            raise ChannelRefused(problem)
        of_subject = (configured.name, address, message.subject)
        has_threads = configured.channel.has_threads
        thread = await unbroken(self._threads.thread, *of_subject) if has_threads else ""
        place = Place(address=address, now=self._now(), thread=thread)
        sending = configured.channel.sending(message, configured.settings, place)
        shared = configured.shared
        answer = await self._send(sending, seconds=shared.seconds, allow_private=shared.allow_private)
        receipt = configured.channel.judge(answer)
        if receipt.thread and not thread:
            await unbroken(self._threads.keep, *of_subject, receipt.thread)
        return receipt


def _named(configured: Configured, error: Exception) -> str:
    return f"channel {configured.name}: {configured.without_secrets(str(error))}"


def teller_of(settings: Settings, environment: Mapping[str, str], threads: Threads | None = None) -> Teller:
    """
    The teller on the channels that the settings name. Raises `EstateError`.

    With `Stored` threads, messages of one subject stay in one thread when tocsin is started anew.
    """
    file = read_channel_file(settings.estate.channels, environment)
    return Teller(file, Sender().send, clock.now, threads or Remembered())
